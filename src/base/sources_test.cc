// SPDX-License-Identifier: Apache-2.0
#include "base/sources.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

TEST(Sources, CountsLinesAndColumnsFromOne) {
  Sources sources;
  const SourceId id = sources.add("web.yaml", "a\nbc\n\nd");
  EXPECT_EQ(sources.place({id, 0, 1}), "web.yaml:1:1");
  EXPECT_EQ(sources.place({id, 1, 1}), "web.yaml:1:2");  // the line end belongs to its line
  EXPECT_EQ(sources.place({id, 2, 3}), "web.yaml:2:1");
  EXPECT_EQ(sources.place({id, 3, 4}), "web.yaml:2:2");
  EXPECT_EQ(sources.place({id, 5, 5}), "web.yaml:3:1");
  EXPECT_EQ(sources.place({id, 6, 7}), "web.yaml:4:1");
  EXPECT_EQ(sources.place({id, 7, 7}), "web.yaml:4:2");
}

TEST(Sources, CountsColumnsInCharacters) {
  Sources sources;
  const SourceId id = sources.add("a", "é日x");
  EXPECT_EQ(sources.position({id, 2, 5}).column, 2U);
  EXPECT_EQ(sources.position({id, 5, 6}).column, 3U);
  EXPECT_EQ(sources.position({id, 3, 3}).column, 2U);  // inside a character is that character
}

TEST(Sources, GivesLinesWithoutTheirEnds) {
  Sources sources;
  const SourceId id = sources.add("a", "one\r\ntwo\nthree");
  EXPECT_EQ(sources.line(id, 1), "one");
  EXPECT_EQ(sources.line(id, 2), "two");
  EXPECT_EQ(sources.line(id, 3), "three");
  EXPECT_EQ(sources.line(id, 0), "");
  EXPECT_EQ(sources.line(id, 4), "");
}

TEST(Sources, KnowsSeveralTextsApartAndKeepsThemInPlace) {
  Sources sources;
  const SourceId first = sources.add("first", "1");
  const std::string_view text = sources.text(first);
  for (int i = 0; i < 1000; ++i) sources.add("more", "x");
  const SourceId last = sources.add("last", "2");
  EXPECT_EQ(text.data(), sources.text(first).data());
  EXPECT_EQ(sources.name(first), "first");
  EXPECT_EQ(sources.name(last), "last");
  EXPECT_EQ(sources.text(last), "2");
}

TEST(Sources, OfNoTextSayNothing) {
  const Sources sources;
  EXPECT_EQ(sources.name(0), "");
  EXPECT_EQ(sources.text(7), "");
  EXPECT_EQ(sources.place({}), "");
  EXPECT_EQ(sources.line(1, 1), "");
}

TEST(Sources, APlaceBeyondTheTextIsItsEnd) {
  Sources sources;
  const SourceId id = sources.add("a", "ab");
  EXPECT_EQ(sources.place({id, 100, 200}), "a:1:3");
}

}  // namespace
}  // namespace verba
