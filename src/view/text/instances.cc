// SPDX-License-Identifier: Apache-2.0
#include "view/text/instances.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "view/text/change_text.h"
#include "view/text/shared_value.h"
#include "view/text/width.h"

namespace verba {
namespace {

/// Up to so many are told one by one; and up to so many that have values of their own.
constexpr std::size_t kToldApart = 5;
constexpr std::size_t kOwnValuesToldApart = 10;

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// With "[*]" wherever the key stands as a word of its own: the 1 of "port 8010" is not the key "1".
std::string without_key(std::string_view text, std::string_view key) {
  std::string out;
  for (;;) {
    const std::size_t found = key.empty() ? std::string_view::npos : text.find(key);
    if (found == std::string_view::npos) return out.append(text);
    const std::size_t end = found + key.size();
    const bool before = found > 0 ? is_word(text[found - 1]) : !out.empty() && is_word(out.back());
    const bool whole = !before && (end == text.size() || !is_word(text[end]));
    out.append(text.substr(0, found)).append(whole ? kAnyKey : key);
    text.remove_prefix(end);
  }
}

/// Depth is bounded by the YAML reader.
void take_key_out(Value& value, std::string_view key) {
  if (value.is_string()) {
    value.string() = without_key(value.string(), key);
  } else if (value.is_list()) {
    for (Value& item : value.list()) take_key_out(item, key);
  } else if (value.is_map()) {
    for (auto& entry : value.map()) take_key_out(entry.second, key);
  }
}

/// What the steps of an entry have in common.
enum class Likeness : std::uint8_t {
  none,
  all_over,     ///< but for its address
  but_for_key,  ///< each has its own key somewhere
  in_shape,     ///< the same fields, with values of their own
};
constexpr std::array<Likeness, 3> all_likenesses{Likeness::all_over, Likeness::but_for_key, Likeness::in_shape};

/// The step as any of its fellows.
Step as_any(const Step& step, Likeness likeness) {
  const auto [task, key] = instance_name(step.address);
  Step any = step;
  any.address = std::string(task).append(kAnyKey);
  if (step.account == key) any.account = kAnyKey;
  if (likeness == Likeness::all_over) return any;
  any.account = without_key(any.account, key);
  any.reason = without_key(any.reason, key);
  for (std::string& left : any.stays) left = without_key(left, key);
  for (FieldChange& change : any.changes) {
    change.field = without_key(change.field, key);
    if (likeness == Likeness::in_shape) continue;
    if (change.before) take_key_out(*change.before, key);
    if (change.after) take_key_out(*change.after, key);
  }
  return any;
}

/// Steps with the same sign have that in common.
std::string sign_of(const Step& step, Likeness likeness) {
  const Step any = as_any(step, likeness);
  std::string out = fmt::format("{}\n{}\n{}\n{}\n{}\n", static_cast<int>(likeness), any.address, to_string(any.action),
                                any.account, any.reason);
  const auto add = [&](const std::optional<Value>& value) {
    out += !value ? "-" : likeness == Likeness::in_shape ? shape_of(*value) : value_text(*value);
    out += '\n';
  };
  for (const std::string& left : any.stays) out += left + '\n';
  for (const FieldChange& change : any.changes) {
    out += change.field + '\n';
    add(change.before);
    add(change.after);
  }
  return out;
}

/// The closest likeness that more than a few have.
std::vector<std::string> signs_of(const std::vector<Step>& steps, std::vector<Likeness>& likenesses) {
  std::unordered_map<std::string_view, std::size_t> instances;
  for (const Step& step : steps) ++instances[instance_name(step.address).task];
  likenesses.assign(steps.size(), Likeness::none);
  std::vector<std::string> signs(steps.size());
  for (const Likeness likeness : all_likenesses) {
    std::unordered_map<std::string, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const auto [task, key] = instance_name(steps[i].address);
      if (key.empty() || instances[task] <= kToldApart || likenesses[i] != Likeness::none) continue;
      alike[sign_of(steps[i], likeness)].push_back(i);
    }
    for (const auto& [sign, together] : alike) {
      if (together.size() <= (likeness == Likeness::in_shape ? kOwnValuesToldApart : kToldApart)) continue;
      for (const std::size_t i : together) {
        signs[i] = sign;
        likenesses[i] = likeness;
      }
    }
  }
  return signs;
}

std::optional<Value> shared_value(const std::vector<Step>& all, std::size_t change,
                                  std::optional<Value> FieldChange::*which) {
  std::vector<const Value*> values;
  for (const Step& each : all) {
    const std::optional<Value>& value = each.changes[change].*which;
    if (value) values.push_back(&*value);
  }
  return values.empty() ? std::nullopt : std::optional(shared_value(values));
}

/// One step in place of all.
Step in_common(const std::vector<Step>& steps, const std::vector<std::size_t>& together, Likeness likeness) {
  if (likeness != Likeness::in_shape) return as_any(steps[together.front()], likeness);
  std::vector<Step> all;
  all.reserve(together.size());
  for (const std::size_t i : together) all.push_back(as_any(steps[i], likeness));
  Step any = all.front();
  for (std::size_t i = 0; i < any.changes.size(); ++i) {
    any.changes[i].before = shared_value(all, i, &FieldChange::before);
    any.changes[i].after = shared_value(all, i, &FieldChange::after);
  }
  return any;
}

}  // namespace

InstanceName instance_name(std::string_view address) {
  const std::size_t bracket = address.find('[');
  if (bracket == std::string_view::npos || !address.ends_with(']')) return {address, {}};
  return {address.substr(0, bracket), address.substr(bracket + 1, address.size() - bracket - 2)};
}

std::vector<std::vector<std::size_t>> told_together(const std::vector<std::string>& signs) {
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_sign;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    if (!signs[i].empty()) by_sign[signs[i]].push_back(i);
  }
  std::vector<std::vector<std::size_t>> all;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const auto group = by_sign.find(signs[i]);
    if (group == by_sign.end() || group->second.size() <= kToldApart) {
      all.push_back({i});
    } else if (group->second.front() == i) {
      all.push_back(group->second);
    }
  }
  return all;
}

std::vector<Entry> entries_of(const std::vector<Step>& steps) {
  std::vector<Likeness> likenesses;
  std::vector<Entry> entries;
  for (std::vector<std::size_t>& together : told_together(signs_of(steps, likenesses))) {
    Entry& entry = entries.emplace_back();
    const Likeness likeness = likenesses[together.front()];
    if (together.size() > 1) entry.alike = std::make_unique<Step>(in_common(steps, together, likeness));
    entry.values_differ = likeness == Likeness::in_shape;
    entry.steps = std::move(together);
  }
  return entries;
}

std::string span_text(std::string_view first, std::string_view last, std::size_t count, std::size_t all) {
  const std::string from = printable(first);
  const std::string to = printable(last);
  if (count >= all) return fmt::format("{} instances: {} to {}", count, from, to);
  return fmt::format("{} of {} instances, from {} to {}", count, all, from, to);
}

}  // namespace verba
