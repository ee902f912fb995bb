// SPDX-License-Identifier: Apache-2.0
#include "provider/mask.h"

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

TEST(SecretWords, MasksShortOnesInEncodedTexts) {
  SecretWords words;
  words.add(secret("zQ9okk"));
  EXPECT_EQ(words.mask("Basic dXNlcjp6UTlva2s="), "Basic dXNlcj***=");
  EXPECT_EQ(words.mask("dXNlcjp6UTlva2o="), "dXNlcjp6UTlva2o=") << "another password";
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

TEST(LineMasker, FindsASecretOfSeveralLinesHoweverItComes) {
  SecretWords words;
  words.add(secret("ab\ncd\nef\n"));  // its lines are too short to be masked one by one
  const std::string text = "x ab\ncd\nef y\nab\ncd\nxx\n";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    LineMasker masker(words);
    std::string out = masker.take(text.substr(0, cut));
    out += masker.take(text.substr(cut));
    EXPECT_EQ(out + masker.rest(), "x *** y\nab\ncd\nxx\n") << cut;
  }
}

// What a screen drops between the letters of a secret.
const std::string unseen[] = {
    "\r",         "\b",   std::string(1, '\0'), "\x7f",         "\x1b[31m",    "\x1b[m\x1b[K", "\x1b(B",
    "\x1b]0;t\a", "\xff", "\xc2\x85",           "\xe2\x80\xae", "\r\x1b[0m\b", "\xe2\x82"};

TEST(SecretWords, FindsWordsThatAScreenPutsTogether) {
  SecretWords words;
  words.add(secret("zqSr10PLANT"));
  for (const std::string& noise : unseen) {
    EXPECT_EQ(words.mask("a zqS" + noise + "r10PLANT b"), "a *** b") << noise;
    EXPECT_TRUE(words.occur_in("zqS" + noise + "r10PLANT")) << noise;
  }
  EXPECT_EQ(words.mask("zqS\nr10PLANT"), "***") << "messages are shown on one line";
  EXPECT_EQ(words.mask("zqS\x1b[31mr10 \x1b[0m é"), "zqS\x1b[31mr10 \x1b[0m é") << "the rest stays as it is";
}

TEST(SecretWords, FindsWordsWhoseControlCharactersAScreenDrops) {
  SecretWords words;
  words.add(secret("tab\tand\x01 bell\a"));
  EXPECT_EQ(words.mask("<tab\tand\x01 bell\a>"), "<***>");
  EXPECT_EQ(words.mask("<tab and bell>"), "<***>");
}

TEST(LineMasker, FindsWordsThatAScreenPutsTogetherHoweverTheyCome) {
  SecretWords words;
  words.add(secret("zqSr10PLANT"));
  for (const std::string& noise : unseen) {
    const std::string text = "x\ny zqS" + noise + "r10PLANT z\nzqS\nr10PLANT\n";
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      LineMasker masker(words);
      std::string out = masker.take(text.substr(0, cut));
      out += masker.take(text.substr(cut));
      EXPECT_EQ(out + masker.rest(), "x\ny *** z\nzqS\nr10PLANT\n") << noise << cut;
    }
  }
}

TEST(LineMasker, DoesNotHoldNoiseWithoutEnd) {
  SecretWords words;
  words.add(secret("zqSr10PLANT"));
  LineMasker masker(words);
  std::string out = masker.take("zqS");
  for (int i = 0; i < 100; ++i) out += masker.take(std::string(40'000, '\0'));
  EXPECT_EQ(out + masker.take("r10PLANT\n"), "***\n");
  out = masker.take("zqS");
  for (int i = 0; i < 100; ++i) out += masker.take(std::string(40'000, '\r'));
  out += masker.take("x\n");
  EXPECT_TRUE(out.starts_with("zqS")) << out.substr(0, 100);
}

TEST(LineMasker, ShowsNoPartOfWordsThatOverlapWithoutEnd) {
  SecretWords words;
  words.add(secret("aaaaaaaa"));
  LineMasker masker(words);
  std::string out;
  for (int i = 0; i < 100; ++i) out += masker.take(std::string(4'000, 'a'));
  out += masker.take("\nend\n") + masker.rest();
  EXPECT_EQ(out.find('a'), std::string::npos) << out.substr(0, 200);
  EXPECT_TRUE(out.ends_with("\nend\n"));
}

TEST(SecretWords, HidesMapsWithASecretInAKey) {
  SecretWords words;
  words.add(secret("hidden!"));
  Map inner;
  inner.set("has hidden! in it", "x");
  Map outer;
  outer.set("a", Value(inner));
  outer.set("b", "y");
  Value value(outer);
  words.taint(value);
  EXPECT_TRUE(value.find("a")->secret);
  EXPECT_FALSE(value.find("b")->secret);
  EXPECT_FALSE(value.secret);
}

}  // namespace
}  // namespace verba
