// SPDX-License-Identifier: Apache-2.0
#include "view/text/width.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

TEST(Printable, DropsWhatWouldMoveTheCursor) {
  EXPECT_EQ(printable("a\x1b[2Jb"), "ab");
  EXPECT_EQ(printable("\x1b]0;title\x07text"), "text");
  EXPECT_EQ(printable("\x1b]8;;http://x\x1b\\link"), "link");
  EXPECT_EQ(printable("\x1b[1mbold\x1b(B\x1b[m"), "bold") << "as `tput sgr0` ends it";
  EXPECT_EQ(printable("one\rtwo\bthree\a"), "onetwothree");
  EXPECT_EQ(printable("tab\there"), "tab here");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31mred"),
            "31mred")
      << "C1 control";
  EXPECT_EQ(printable("abc\xe2\x80\xae"
                      "def"),
            "abcdef")
      << "right-to-left override";
}

TEST(Printable, DropsBytesThatAreNoText) {
  EXPECT_EQ(printable("a\xff\xfe"
                      "b"),
            "ab");
  EXPECT_EQ(printable("\x1b"), "");
  EXPECT_EQ(printable("\x1b["), "");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("é"), 1u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u) << "a combining accent takes no room";
  EXPECT_EQ(display_width("漢字"), 4u);
}

TEST(Clipped, LeavesWhatFits) {
  EXPECT_EQ(clipped("abc", 3), "abc");
}

TEST(Clipped, MarksWhatIsMissing) {
  EXPECT_EQ(clipped("abcdef", 4), "abc…");
  EXPECT_EQ(clipped("漢字漢字", 4), "漢…") << "half a character is not shown";
  EXPECT_EQ(clipped("abc", 0), "");
}

TEST(Padded, FillsUpByColumns) {
  EXPECT_EQ(padded("漢", 4), "漢  ");
  EXPECT_EQ(padded("abcd", 2), "abcd");
}

}  // namespace
}  // namespace verba
