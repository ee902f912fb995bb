// SPDX-License-Identifier: Apache-2.0
#include "plan/diff.h"

#include <fmt/format.h>

#include <algorithm>

#include <dtl/dtl.hpp>

namespace verba {
namespace {

constexpr std::size_t most_changed_lines = 2000;

bool of_several_lines(const std::optional<Value>& value) {
  return value && value->is_string() && value->string().find('\n') != std::string::npos;
}

/// What programs see as different is: 1 and 1.0 are equal in expressions, and other texts to a script.
bool is_same(const Value& a, const Value& b) {
  if (a.kind() != b.kind() || !(a == b)) return false;
  if (a.is_list()) return std::ranges::equal(a.list(), b.list(), is_same);
  if (!a.is_map()) return true;
  return std::ranges::all_of(
      a.map(), [&b](const Map::Entry& entry) { return is_same(entry.second, *b.find(entry.first.name)); });
}

void compare(const std::string& path, const Value& before, const Value& after, std::vector<FieldChange>& out) {
  if (before.is_map() && after.is_map()) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& [key, value] : after.map()) {
      if (const Value* old = before.map().find(key.name)) {
        compare(prefix + key.name, *old, value, out);
      } else {
        out.push_back({prefix + key.name, std::nullopt, value});
      }
    }
    for (const auto& [key, value] : before.map()) {
      if (!after.map().find(key.name)) out.push_back({prefix + key.name, value, std::nullopt});
    }
    return;
  }
  if (!is_same(before, after)) out.push_back({path, before, after});
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

using Lines = std::vector<std::string>;

/// The whole edit script, every line marked.
std::vector<DiffLine> script(const Lines& before, const Lines& after) {
  dtl::Diff<std::string, Lines> diff(before, after);
  diff.onHuge();
  diff.compose();
  std::vector<DiffLine> lines;
  for (const auto& [text, info] : diff.getSes().getSequence()) {
    const auto kind = info.type == dtl::SES_ADD      ? DiffLine::Kind::added
                      : info.type == dtl::SES_DELETE ? DiffLine::Kind::removed
                                                     : DiffLine::Kind::same;
    lines.push_back({kind, text});
  }
  return lines;
}

/// Keeps `context` unchanged lines round each change; what is left out becomes a gap that counts it.
std::vector<DiffLine> with_context(std::vector<DiffLine> all, std::size_t context) {
  std::vector<bool> shown(all.size(), false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind == DiffLine::Kind::same) continue;
    const std::size_t first = i > context ? i - context : 0;
    for (std::size_t k = first; k < std::min(all.size(), i + context + 1); ++k) shown[k] = true;
  }
  std::vector<DiffLine> out;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i;
    while (end < all.size() && !shown[end]) ++end;
    if (end > i)
      out.push_back({DiffLine::Kind::gap, fmt::format("{} unchanged line{}", end - i, end - i == 1 ? "" : "s")});
    for (i = end; i < all.size() && shown[i]; ++i) out.push_back(std::move(all[i]));
  }
  return out;
}

}  // namespace

std::vector<FieldChange> diff_values(const Value& before, const Value& after) {
  std::vector<FieldChange> changes;
  compare("", before, after, changes);
  for (FieldChange& change : changes) change.text = of_several_lines(change.before) || of_several_lines(change.after);
  return changes;
}

std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after, std::size_t context) {
  Lines old_lines = split_lines(before), new_lines = split_lines(after);
  // Common ends are cheap to find and are most of every text; the costly algorithm sees only the middle.
  std::size_t head = 0, tail = 0;
  const std::size_t least = std::min(old_lines.size(), new_lines.size());
  while (head < least && old_lines[head] == new_lines[head]) ++head;
  while (tail < least - head && old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail])
    ++tail;
  const Lines old_middle(old_lines.begin() + static_cast<std::ptrdiff_t>(head),
                         old_lines.end() - static_cast<std::ptrdiff_t>(tail));
  const Lines new_middle(new_lines.begin() + static_cast<std::ptrdiff_t>(head),
                         new_lines.end() - static_cast<std::ptrdiff_t>(tail));
  if (old_middle.size() + new_middle.size() > most_changed_lines) {
    return {{DiffLine::Kind::gap,
             fmt::format("{} lines became {}: too many to show", old_middle.size(), new_middle.size())}};
  }
  std::vector<DiffLine> all;
  for (std::size_t i = 0; i < head; ++i) all.push_back({DiffLine::Kind::same, old_lines[i]});
  for (DiffLine& line : script(old_middle, new_middle)) all.push_back(std::move(line));
  for (std::size_t i = old_lines.size() - tail; i < old_lines.size(); ++i)
    all.push_back({DiffLine::Kind::same, old_lines[i]});
  return with_context(std::move(all), context);
}

}  // namespace verba
