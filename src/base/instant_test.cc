// SPDX-License-Identifier: Apache-2.0
#include "base/instant.h"

#include <gtest/gtest.h>

#include <limits>

namespace verba {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Instant, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(to_string(Instant{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_string(Instant{1'795'341'311'250}), "2026-11-22T09:55:11.250Z");
  EXPECT_EQ(to_string(Instant{-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_string(Instant{951'782'400'000}), "2000-02-29T00:00:00.000Z");
}

TEST(Instant, BeyondTheCalendarIsItsEnd) {
  EXPECT_EQ(to_string(Instant{std::numeric_limits<std::int64_t>::max()}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_string(Instant{std::numeric_limits<std::int64_t>::min()}), "0000-01-01T00:00:00.000Z");
}

TEST(Instant, ReadsWhatItWrites) {
  for (const std::int64_t ms : {0LL, -1LL, 1'795'341'311'250LL, 253'402'300'799'999LL, -62'167'219'200'000LL}) {
    const auto read = parse_instant(to_string(Instant{ms}));
    ASSERT_TRUE(read) << ms;
    EXPECT_EQ(read->ms, ms);
  }
}

TEST(Instant, ReadsOffsetsAndFractions) {
  const Instant expected{1'795'341'311'000};
  EXPECT_EQ(parse_instant("2026-11-22T09:55:11Z"), expected);
  EXPECT_EQ(parse_instant("2026-11-22t09:55:11z"), expected);
  EXPECT_EQ(parse_instant("2026-11-22 10:55:11+01:00"), expected);
  EXPECT_EQ(parse_instant("2026-11-22T04:25:11-05:30"), expected);
  EXPECT_EQ(parse_instant("2026-11-22T09:55:11.5Z"), expected + Milliseconds(500));
  EXPECT_EQ(parse_instant("2026-11-22T09:55:11.123456789Z"), expected + Milliseconds(123));
  EXPECT_EQ(parse_instant("2016-12-31T23:59:60Z"), parse_instant("2017-01-01T00:00:00Z"));
}

TEST(Instant, RefusesWhatIsNone) {
  for (const char* text :
       {"", "now", "2026-11-22", "2026-11-22T09:55:11", "2026-11-22T09:55Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T09:60:11Z", "2026-11-22T09:55:61Z",
        "2026-11-22T09:55:11.Z", "2026-11-22T09:55:11+0100", "2026-11-22T09:55:11+24:00", "2026-11-22T09:55:11+01:60",
        "2026-11-22T09:55:11Z ", "+026-11-22T09:55:11Z", "2026-11-22X09:55:11Z"}) {
    EXPECT_FALSE(parse_instant(text)) << text;
  }
}

TEST(Instant, CountsWithLengths) {
  const Instant at{1000};
  EXPECT_EQ((at + Milliseconds(250)).ms, 1250);
  EXPECT_EQ(Instant{1250} - at, Milliseconds(250));
  EXPECT_LT(at, Instant{1001});
}

TEST(Duration, IsWrittenForPeople) {
  EXPECT_EQ(to_string(Milliseconds(0)), "0s");
  EXPECT_EQ(to_string(Milliseconds(250)), "250ms");
  EXPECT_EQ(to_string(Milliseconds(999)), "999ms");
  EXPECT_EQ(to_string(Milliseconds(1500)), "1.5s");
  EXPECT_EQ(to_string(Milliseconds(59'999)), "59.9s");
  EXPECT_EQ(to_string(Milliseconds(minutes(2) + seconds(5))), "2m5s");
  EXPECT_EQ(to_string(Milliseconds(hours(3))), "3h");
  EXPECT_EQ(to_string(Milliseconds(hours(3) + minutes(7) + seconds(59))), "3h7m");
  EXPECT_EQ(to_string(Milliseconds(hours(48))), "2d");
  EXPECT_EQ(to_string(Milliseconds(hours(49))), "2d1h");
  EXPECT_EQ(to_string(Milliseconds(-1500)), "-1.5s");
  EXPECT_EQ(to_string(Milliseconds::min()), "-106751991167d7h");
}

TEST(Duration, ReadsNumbersWithUnits) {
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("1.5s"), Milliseconds(1500));
  EXPECT_EQ(parse_duration("30m"), minutes(30));
  EXPECT_EQ(parse_duration("1h30m"), minutes(90));
  EXPECT_EQ(parse_duration("2d"), hours(48));
  EXPECT_EQ(parse_duration("250ms"), Milliseconds(250));
  EXPECT_EQ(parse_duration("1m250ms"), minutes(1) + Milliseconds(250));
  EXPECT_EQ(parse_duration("0s"), Milliseconds(0));
  EXPECT_EQ(parse_duration("0.1234567890123s"), Milliseconds(123));
}

TEST(Duration, TellsWhatIsTooLongFromWhatIsNone) {
  EXPECT_EQ(parse_duration("36500d"), longest_duration);
  EXPECT_EQ(to_string(longest_duration), "36500d");
  for (const char* text : {"36500d1ms", "36500.1d", "106751d", "9999999999999999999s", "99999999999999h",
                           "1d9999999999999999999999.5ms"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
    EXPECT_TRUE(is_too_long(text)) << text;
  }
  for (const char* text :
       {"", "36500d", "1s", "106751", "106751days", "9999999999999999999", "1m99999999d", "99999999999999h1"}) {
    EXPECT_FALSE(is_too_long(text)) << text;
  }
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "s", "-5s", "+5s", "5 s", " 5s", "5s ", "5S", "5w", "30m1h", "1m1m", "1..5s", "1.s",
                           ".5s", "1.5", "9999999999999999999s", "106751991168d", "106751991167d8h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace verba
