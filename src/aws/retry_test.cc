// SPDX-License-Identifier: Apache-2.0
#include "aws/retry.h"

#include <gtest/gtest.h>

#include "aws/transport.h"

namespace verba {
namespace {

AwsTrouble of(int status, const char* code) {
  return trouble_of({.code = code, .message = "", .request_id = "", .status = status});
}

TEST(Retry, KnowsWhatPasses) {
  EXPECT_EQ(of(400, "Throttling"), AwsTrouble::throttled);
  EXPECT_EQ(of(503, "SlowDown"), AwsTrouble::throttled);
  EXPECT_EQ(of(429, ""), AwsTrouble::throttled);
  EXPECT_EQ(of(400, "LimitExceededException"), AwsTrouble::lasting);
  EXPECT_EQ(of(400, "ValidationError"), AwsTrouble::lasting);
  EXPECT_EQ(of(501, ""), AwsTrouble::lasting);
  EXPECT_EQ(of(500, ""), AwsTrouble::passing);
  EXPECT_EQ(of(504, ""), AwsTrouble::passing);
  EXPECT_EQ(of(200, ""), AwsTrouble::passing);
  EXPECT_EQ(of(0, ""), AwsTrouble::passing);
  EXPECT_EQ(of(400, "RequestTimeout"), AwsTrouble::passing);
  EXPECT_EQ(of(403, "RequestTimeTooSkewed"), AwsTrouble::clock);
  EXPECT_EQ(of(403, "ExpiredToken"), AwsTrouble::credentials);
  EXPECT_EQ(trouble_of({.code = "", .message = "", .request_id = "", .stopped = true}), AwsTrouble::lasting);
}

TEST(Retry, WaitsLongerAndLonger) {
  const auto bound = [](int retry, AwsTrouble trouble) { return retry_delay(retry, trouble, 0.99999).count(); };
  EXPECT_EQ(retry_delay(3, AwsTrouble::throttled, 0).count(), 0);
  EXPECT_EQ(bound(1, AwsTrouble::passing), 99);
  EXPECT_EQ(bound(4, AwsTrouble::passing), 799);
  EXPECT_EQ(bound(1, AwsTrouble::throttled), 999);
  EXPECT_EQ(bound(50, AwsTrouble::throttled), 19'999);
}

TEST(Retry, BudgetEndsAndComesBack) {
  RetryBudget budget;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.take(retry_cost));
  EXPECT_FALSE(budget.take(retry_cost));
  for (int i = 0; i < 4; ++i) budget.give_back(0);
  EXPECT_FALSE(budget.take(retry_cost));
  budget.give_back(retry_cost);
  EXPECT_TRUE(budget.take(retry_cost));
}

TEST(HttpDate, IsReadAsServersWriteIt) {
  EXPECT_EQ(parse_http_date("Sat, 28 Nov 2026 09:55:11 GMT"), parse_instant("2026-11-28T09:55:11Z"));
  EXPECT_EQ(parse_http_date("Sat, 28 Nux 2026 09:55:11 GMT"), std::nullopt);
  EXPECT_EQ(parse_http_date("2026-11-28T09:55:11Z"), std::nullopt);
}

}  // namespace
}  // namespace verba
