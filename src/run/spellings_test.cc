// SPDX-License-Identifier: Apache-2.0
#include "run/spellings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "run/words.h"

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
