// SPDX-License-Identifier: Apache-2.0
// Points in time and lengths of time.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace verba {

using Milliseconds = std::chrono::milliseconds;

/// UTC, in milliseconds since 1970-01-01. What state stores and events carry.
struct Instant {
  std::int64_t ms = 0;

  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant at, Milliseconds length) { return {at.ms + length.count()}; }
  friend Milliseconds operator-(Instant a, Instant b) { return Milliseconds(a.ms - b.ms); }
};

/// RFC 3339 in UTC with milliseconds: "2026-11-22T09:55:11.250Z".
std::string to_string(Instant);
/// The reverse; accepts any offset and a missing fraction.
std::optional<Instant> parse_instant(std::string_view);

/// "250ms", "1.5s", "2m5s", "3h", "2d": for people.
std::string to_string(Milliseconds);
/// "90s", "1.5s", "30m", "1h30m", "2d", "250ms"; nothing else (a bare number has no unit).
std::optional<Milliseconds> parse_duration(std::string_view);
/// A hundred years: what is added to a time stays one.
inline constexpr Milliseconds longest_duration{std::int64_t{36'500} * 24 * 3600 * 1000};
/// Written as parse_duration() wants it, and refused because it is longer than that.
bool is_too_long(std::string_view);

}  // namespace verba
