// SPDX-License-Identifier: Apache-2.0
#include "view/text/shared_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "view/text/change_text.h"
#include "view/text/width.h"

namespace verba {
namespace {

/// Of a part that differs, so many columns.
constexpr std::size_t kShownColumns = 40;

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '-' || c == '.';
}

std::string span_of(std::string_view first, std::string_view last) {
  return fmt::format("[{} to {}]", clipped(printable(first), kShownColumns), clipped(printable(last), kShownColumns));
}

/// Texts that begin or end alike differ in between, by whole words.
std::string shared_text(std::span<const Value* const> all) {
  const std::string_view first = all.front()->string();
  const std::string_view last = all.back()->string();
  std::size_t before = first.size();
  std::size_t after = first.size();
  for (const Value* each : all) {
    const std::string_view text = each->string();
    before = std::min(before, static_cast<std::size_t>(std::ranges::mismatch(first, text).in1 - first.begin()));
    const auto [end, other] = std::mismatch(first.rbegin(), first.rend(), text.rbegin(), text.rend());
    after = std::min(after, static_cast<std::size_t>(end - first.rbegin()));
  }
  while (before > 0 && is_word(first[before - 1])) --before;
  while (after > 0 && is_word(first[first.size() - after])) --after;
  for (const Value* each : all) after = std::min(after, each->string().size() - before);
  const auto inner = [&](std::string_view text) { return text.substr(before, text.size() - before - after); };
  return std::string(first.substr(0, before)) + span_of(inner(first), inner(last)) +
         std::string(first.substr(first.size() - after));
}

}  // namespace

std::string shape_of(const Value& value) {
  std::string out = value.secret ? "*" : "";
  if (value.is_list()) {
    out += "[";
    for (const Value& item : value.list()) out += shape_of(item) + ",";
    return out + "]";
  }
  if (value.is_map()) {
    out += "{";
    for (const auto& [key, member] : value.map())
      out += fmt::format("{}:{}:{},", key.name.size(), key.name, shape_of(member));
    return out + "}";
  }
  return out + std::to_string(static_cast<int>(value.kind()));
}

Value shared_value(std::span<const Value* const> all) {
  const Value& first = *all.front();
  const bool same = std::ranges::all_of(all, [&](const Value* each) { return *each == first; });
  if (same || first.secret) return first;
  if (first.is_map()) {
    Map members;
    for (std::size_t i = 0; i < first.map().size(); ++i) {
      std::vector<const Value*> each;
      for (const Value* map : all) each.push_back(&(map->map().begin() + static_cast<std::ptrdiff_t>(i))->second);
      members.append((first.map().begin() + static_cast<std::ptrdiff_t>(i))->first, shared_value(each));
    }
    return members;
  }
  if (first.is_list()) {
    List items;
    for (std::size_t i = 0; i < first.list().size(); ++i) {
      std::vector<const Value*> each;
      for (const Value* list : all) each.push_back(&list->list()[i]);
      items.push_back(shared_value(each));
    }
    return items;
  }
  if (first.is_string()) return shared_text(all);
  return span_of(value_text(first), value_text(*all.back()));
}

}  // namespace verba
