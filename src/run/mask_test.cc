// SPDX-License-Identifier: Apache-2.0
#include "run/mask.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

Value secret(std::string text) {
  Value value(std::move(text));
  value.secret = true;
  return value;
}

TEST(SecretWords, MasksEverySpelling) {
  SecretWords words;
  words.add(secret("p@ss w\"rd"));
  EXPECT_EQ(words.mask("a p@ss w\"rd b"), "a *** b");
  EXPECT_EQ(words.mask("cEBzcyB3InJk"), "***");
  EXPECT_EQ(words.mask("x=p%40ss%20w%22rd&"), "x=***&");
  EXPECT_EQ(words.mask("{\"p@ss w\\\"rd\"}"), "{\"***\"}");
}

TEST(SecretWords, MasksEachLineOfSeveral) {
  SecretWords words;
  words.add(secret("first line\nsecond line\n"));
  EXPECT_EQ(words.mask("> second line <"), "> *** <");
}

TEST(SecretWords, LeavesShortWordsAlone) {
  SecretWords words;
  words.add(secret("abc"));
  EXPECT_TRUE(words.empty());
}

TEST(SecretWords, LooksIntoTreesForWhatIsMarked) {
  SecretWords words;
  Map map;
  map.set("a", secret("hidden!"));
  map.set("b", "open...");
  words.add(Value(map));
  EXPECT_EQ(words.mask("hidden! open..."), "*** open...");
  Value output(Map{});
  output.map().set("x", "has hidden! in it");
  words.taint(output);
  EXPECT_TRUE(output.map().find("x")->secret);
}

TEST(LineMasker, JoinsPiecesBeforeItMasks) {
  SecretWords words;
  words.add(secret("topsecret"));
  LineMasker masker(words);
  EXPECT_EQ(masker.take("one tops"), "");
  EXPECT_EQ(masker.take("ecret\ntwo"), "one ***\n");
  EXPECT_EQ(masker.rest(), "two");
}

TEST(LineMasker, DoesNotTearASecretInAVeryLongLine) {
  SecretWords words;
  words.add(secret("topsecret"));
  LineMasker masker(words);
  std::string out = masker.take(std::string(65'533, 'x') + "topse");
  out += masker.take("cret" + std::string(70'000, 'y'));
  out += masker.rest();
  EXPECT_EQ(out.find("topse"), std::string::npos);
  EXPECT_EQ(out, std::string(65'533, 'x') + "***" + std::string(70'000, 'y'));
}

}  // namespace
}  // namespace verba
