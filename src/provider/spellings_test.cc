// SPDX-License-Identifier: Apache-2.0
#include "provider/spellings.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/base64.h"
#include "provider/words.h"

namespace verba {
namespace {

bool has(std::string_view secret, std::string_view spelling) {
  const auto spellings = spellings_of(secret);
  return std::ranges::find(spellings, spelling) != spellings.end();
}

TEST(Spellings, AreThoseOfTheUsualTools) {
  EXPECT_TRUE(has("p@ss w\"rd", "p@ss w\"rd"));
  EXPECT_TRUE(has("p@ss w\"rd", "cEBzcyB3InJk"));
  EXPECT_TRUE(has("p@ss w\"rd", "p%40ss%20w%22rd"));
  EXPECT_TRUE(has("p@ss w\"rd", "p%40ss+w%22rd"));
  EXPECT_TRUE(has("p@ss w\"rd", "p@ss w\\\"rd"));
  EXPECT_TRUE(has("p@ss w\"rd", "704073732077227264"));
  EXPECT_TRUE(has("gr\u00fcn \U0001F511", "gr\\u00fcn \\ud83d\\udd11"));
  EXPECT_TRUE(has("it's", "it'\\''s"));
  EXPECT_TRUE(has("\xfb\xff\xfe~~~", "-__-fn5-"));
}

TEST(Spellings, FindTheSecretInWhatWasEncodedAroundIt) {
  // base64 of "a", "ab" and nothing before "plain-horse", and "z" behind it
  EXPECT_TRUE(has("plain-horse", "BsYWluLWhvcnNl"));
  EXPECT_TRUE(has("plain-horse", "wbGFpbi1ob3JzZ"));
  EXPECT_TRUE(has("plain-horse", "cGxhaW4taG9yc2"));
}

TEST(Spellings, FindAShortSecretInWhatWasEncodedAroundIt) {
  for (const std::string_view secret : {"zQ9o", "zQ9ok", "zQ9okk", "\xff\x01~ "}) {
    for (const std::string_view before : {"", "u", "us", "use", "user:", "\xff\xff", "\x80"}) {
      for (const std::string_view after : {"", "\n", "@host", "\xff", "\x10\x20"}) {
        const std::string whole = to_base64(fmt::format("{}{}{}", before, secret, after));
        const auto all = spellings_of(secret);
        const bool found = std::ranges::any_of(
            all, [&](const std::string& each) { return each.size() >= 6 && whole.find(each) != std::string::npos; });
        EXPECT_TRUE(found) << before << "|" << secret << "|" << after << " " << whole;
      }
    }
  }
}

TEST(Spellings, AreThoseOfMoreCarefulLibraries) {
  for (const std::string_view form : {"a\\/b", "a\\u002fb", "a\\u002Fb"}) EXPECT_TRUE(has("a/b", form)) << form;
  EXPECT_TRUE(has("<a&b>'", "\\u003ca\\u0026b\\u003e'"));
  EXPECT_TRUE(has("<a&b>'", "\\u003Ca\\u0026b\\u003E\\u0027"));
  EXPECT_TRUE(has("\"a+b\"/\u00fc", "\\u0022a\\u002Bb\\u0022/\\u00FC"));
  EXPECT_TRUE(has("a/b c", "a%252Fb%2520c"));
  EXPECT_TRUE(has("a/b c", "a%252fb%2520c"));
}

TEST(Spellings, TakeEachLine) {
  EXPECT_TRUE(has("one\r\ntwo", "one"));
  EXPECT_TRUE(has("one\r\ntwo", "two"));
}

TEST(WordTree, FindsTheLongestAndJoinsWhatOverlaps) {
  WordTree tree;
  EXPECT_TRUE(tree.empty());
  for (const char* word : {"abc", "abcdef", "efg", "x"}) tree.add(word);
  const WordTree::Found found = tree.find("-abcdefg-x-abcde");
  ASSERT_EQ(found.spans.size(), 3u);
  EXPECT_EQ(found.spans[0].begin, 1u);
  EXPECT_EQ(found.spans[0].end, 8u);
  EXPECT_EQ(found.spans[1].begin, 9u);
  EXPECT_EQ(found.spans[2].end, 14u);
  EXPECT_EQ(found.open_from, 11u);
  EXPECT_TRUE(tree.occurs_in("..efg"));
  EXPECT_FALSE(tree.occurs_in("ab ef"));
}

}  // namespace
}  // namespace verba
