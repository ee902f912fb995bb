// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace verba {
namespace {

// The values of FIPS 180-4 and RFC 4231.
TEST(Digest, AgreesWithThePublishedValues) {
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(keyed_digest("Jefe", "what do ya want for nothing?").hex(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, TheKeyMatters) {
  EXPECT_NE(keyed_digest("a", "text"), keyed_digest("b", "text"));
  EXPECT_NE(keyed_digest("a", "text"), sha256("text"));
  const Digest with_key = keyed_digest("a", "text");
  EXPECT_EQ(keyed_digest({}, "text"), keyed_digest("", "text"));
  EXPECT_NE(keyed_digest({}, "text"), with_key) << "an empty key must not mean the key of last time";
}

TEST(Digest, MayBeComputedOnManyThreads) {
  const Digest expected = sha256("abc");
  std::vector<int> wrong(4);
  {
    std::vector<std::jthread> threads;
    threads.reserve(wrong.size());
    for (int& mistakes : wrong) {
      threads.emplace_back([&mistakes, &expected] {
        for (int i = 0; i < 1000; ++i) mistakes += sha256("abc") == expected ? 0 : 1;
      });
    }
  }
  for (const int mistakes : wrong) EXPECT_EQ(mistakes, 0);
}

}  // namespace
}  // namespace verba
