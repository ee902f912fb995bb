// SPDX-License-Identifier: Apache-2.0
#include "plan/template_file.h"

#include <fmt/format.h>

#include <optional>

#include "value/json.h"

namespace verba {
namespace {

/// Places inside of strings are found in YAML, so the text is a block in it, from the second line on.
std::string as_block(std::string_view text) {
  std::string block = "|\n";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    block.append("  ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return block;
}

NotFound mistake_of(const Diagnostics& found, const Sources& sources, const std::string& path) {
  for (const Diagnostic& one : found.all()) {
    if (one.severity != Severity::error) continue;
    const std::uint32_t line = one.where ? sources.position(one.where).line : 1;
    return {line > 1 ? fmt::format("{}:{}: {}", path, line - 1, one.message) : fmt::format("{}: {}", path, one.message),
            one.hint};
  }
  return {path + " cannot be filled in", ""};
}

std::variant<Found, NotFound> look_up(const Value& values, std::span<const Segment> path) {
  if (path.front().name != "values" || path.size() < 2) {
    return NotFound{fmt::format("'{}' means nothing in a template", path.front().name),
                    "a template reads values.NAME; give it what it needs in 'values'"};
  }
  const Value* value = values.find(path[1].name);
  if (value == nullptr) {
    return NotFound{fmt::format("there is no value '{}'", path[1].name),
                    fmt::format("add '{}' to 'values'", path[1].name)};
  }
  return Found{*value, 2};
}

}  // namespace

std::variant<Value, NotFound> fill_template(const std::string& path, const std::string& text, const Value& values) {
  Sources sources;
  Diagnostics found;
  Value value(text);
  const std::string block = as_block(text);
  value.where = {sources.add(path, block), 0, static_cast<std::uint32_t>(block.size())};
  parse_expressions(value, sources, found);
  if (found.has_errors()) return mistake_of(found, sources, path);
  Scope scope;
  scope.lookup = [&values](std::span<const Segment> at) { return look_up(values, at); };
  std::optional<Value> filled = evaluate(value, scope, found);
  if (!filled) return mistake_of(found, sources, path);
  filled->where = {};
  if (filled->is_string() || filled->is_unknown()) return std::move(*filled);
  if (filled->is_list() || filled->is_map() || filled->is_null()) {
    return NotFound{fmt::format("{} came to a {}, not to text", path, kind_name(filled->kind())), ""};
  }
  Value as_text(to_json(*filled, SecretsAs::clear));
  as_text.secret = filled->secret;
  return as_text;
}

}  // namespace verba
