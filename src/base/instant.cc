// SPDX-License-Identifier: Apache-2.0
#include "base/instant.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace verba {
namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes exactly `digits` digits off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), is_digit)) {
    return std::nullopt;
  }
  unsigned number = 0;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Milliseconds of an optional ".123456"; finer than that is cut off.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, ".")) return 0;
  std::int64_t ms = 0;
  std::size_t digits = 0;
  for (std::int64_t worth = 100; !text.empty() && is_digit(text.front()); worth /= 10, ++digits) {
    ms += worth * (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return ms;
}

std::optional<std::int64_t> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t offset = *hours * hour + *minutes * minute;
  return west ? -offset : offset;
}

/// The instant of a date's midnight.
std::optional<std::int64_t> take_date(std::string_view& text) {
  using namespace std::chrono;
  const auto year_number = take_number(text, 4);
  if (!year_number || !take(text, "-")) return std::nullopt;
  const auto month_number = take_number(text, 2);
  if (!month_number || !take(text, "-")) return std::nullopt;
  const auto day_number = take_number(text, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date{std::chrono::year(static_cast<int>(*year_number)), std::chrono::month(*month_number),
                            std::chrono::day(*day_number)};
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * verba::day;
}

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
// From long to short, as they must be written.
constexpr std::array<Unit, 5> units{{{"d", day}, {"h", hour}, {"m", minute}, {"s", second}, {"ms", 1}}};

/// The milliseconds of "1.5" units; nothing is rounded up. What is too large becomes one more than the longest. Empty
/// when it is no number.
std::optional<std::int64_t> amount(std::string_view number, std::int64_t unit) {
  constexpr std::int64_t too_long = longest_duration.count() + 1;
  const std::string_view whole = number.substr(0, number.find('.'));
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(whole.data(), whole.data() + whole.size(), count);
  if (failed == std::errc::result_out_of_range) count = too_long;
  if (whole.empty() || failed == std::errc::invalid_argument || end != whole.data() + whole.size()) return std::nullopt;
  std::int64_t ms = count > too_long / unit ? too_long : count * unit;
  if (whole.size() == number.size()) return ms;

  const std::string_view fraction = number.substr(whole.size() + 1);
  if (fraction.empty() || !std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  for (const char digit : fraction.substr(0, 9)) {
    numerator = numerator * 10 + (digit - '0');
    denominator *= 10;
  }
  return ms + numerator * unit / denominator;
}

/// As parse_duration(), but what is too long comes to more than the longest.
std::optional<std::int64_t> milliseconds_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  auto next_unit = units.begin();
  while (!text.empty()) {
    const std::string_view number = text.substr(0, text.find_first_not_of("0123456789."));
    text.remove_prefix(number.size());
    const std::string_view name = text.substr(0, text.find_first_of("0123456789."));
    text.remove_prefix(name.size());
    const auto unit = std::find_if(next_unit, units.end(), [name](const Unit& known) { return known.name == name; });
    if (unit == units.end()) return std::nullopt;
    const auto ms = amount(number, unit->ms);
    if (!ms) return std::nullopt;
    total += *ms;
    next_unit = unit + 1;
  }
  return total;
}

}  // namespace

std::string to_string(Instant at) {
  using namespace std::chrono;
  // RFC 3339 has words for the years 0000 to 9999 only.
  constexpr std::int64_t earliest = -62'167'219'200'000;
  constexpr std::int64_t latest = 253'402'300'799'999;
  const sys_time<milliseconds> time{milliseconds(std::clamp(at.ms, earliest, latest))};
  const auto midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{time - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<Instant> parse_instant(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take(text, "Tt ")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59 || !take(text, ":")) return std::nullopt;
  const auto seconds = take_number(text, 2);
  if (!seconds || *seconds > 60) return std::nullopt;  // 60: a leap second
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return Instant{*date + *hours * hour + *minutes * minute + *seconds * second + *fraction - *offset};
}

std::string to_string(Milliseconds length) {
  const std::int64_t ms = length.count();
  // Unsigned, because the smallest of all numbers has no opposite.
  const std::uint64_t size = ms < 0 ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  const std::string_view sign = ms < 0 ? "-" : "";
  if (size == 0) return "0s";
  if (size < second) return fmt::format("{}{}ms", sign, size);
  if (size < minute) {
    const std::uint64_t tenths = size % second / 100;
    return tenths == 0 ? fmt::format("{}{}s", sign, size / second)
                       : fmt::format("{}{}.{}s", sign, size / second, tenths);
  }
  // Two units are enough for people.
  std::size_t unit = 0;
  while (size < static_cast<std::uint64_t>(units[unit].ms)) ++unit;
  const auto large = static_cast<std::uint64_t>(units[unit].ms);
  const auto small = static_cast<std::uint64_t>(units[unit + 1].ms);
  const std::uint64_t rest = size % large / small;
  return rest == 0 ? fmt::format("{}{}{}", sign, size / large, units[unit].name)
                   : fmt::format("{}{}{}{}{}", sign, size / large, units[unit].name, rest, units[unit + 1].name);
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  const auto ms = milliseconds_of(text);
  if (!ms || *ms > longest_duration.count()) return std::nullopt;
  return Milliseconds(*ms);
}

bool is_too_long(std::string_view text) {
  const auto ms = milliseconds_of(text);
  return ms && *ms > longest_duration.count();
}

}  // namespace verba
