// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "provider/inputs.h"

namespace verba {
namespace {

constexpr std::size_t most_tags = 50;
constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_value = 256;

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// In letters of either size.
bool is_of_aws(std::string_view name) {
  return std::ranges::equal(name.substr(0, 4), std::string_view("aws:"), {}, to_lower);
}

/// "" when nothing is wrong.
std::string fault_of_name(std::string_view name) {
  if (name.empty() || is_of_aws(name)) return fmt::format("'{}' cannot be the name of a tag", name);
  const std::size_t length = characters_of(name);
  return length > longest_name ? fmt::format("the name of a tag has {} characters: '{}'", length, name) : "";
}

/// Letters of all languages are usual.
bool is_usual(std::string_view text) {
  constexpr std::string_view signs = " +-=._:/@";
  return std::ranges::all_of(text, [&](char c) {
    const bool is_letter = (to_lower(c) >= 'a' && to_lower(c) <= 'z') || static_cast<unsigned char>(c) >= 0x80;
    return is_letter || (c >= '0' && c <= '9') || signs.find(c) != std::string_view::npos;
  });
}

void check_tag(const std::string& name, Where named, const Value& value, Diagnostics& diagnostics) {
  if (const std::string fault = fault_of_name(name); !fault.empty()) {
    return diagnostics.error("cloudformation.tags", fault, named,
                             "it has 1 to 128 characters, and 'aws:' before it is AWS's own");
  }
  if (const Value* secret = find_secret(value)) {
    return diagnostics.error("cloudformation.tags", fmt::format("the tag '{}' may not be a secret: it is shown", name),
                             secret->where ? secret->where : named,
                             "secrets have their place in 'parameters', with NoEcho");
  }
  const std::string text = value.is_string() ? value.string() : "";
  if (const std::size_t length = characters_of(text); length > longest_value) {
    diagnostics.error(
        "cloudformation.tags",
        fmt::format("the tag '{}' has {} characters, and at most {} can be sent", name, length, longest_value),
        value.where ? value.where : named, "say less in it");
  } else if (!is_usual(name) || !is_usual(text)) {
    diagnostics.warning("cloudformation.tags",
                        fmt::format("the tag '{}' has characters that some services refuse", name), named,
                        "all take letters, digits, blanks and + - = . _ : / @");
  }
}

}  // namespace

void check_tags(const Value& tags, Diagnostics& diagnostics) {
  if (tags.map().size() > most_tags) {
    diagnostics.error("cloudformation.tags",
                      fmt::format("there are {} tags, and a stack has {} at most", tags.map().size(), most_tags),
                      tags.where, "take some away");
  }
  for (const auto& [key, value] : tags.map()) check_tag(key.name, key.where, value, diagnostics);
}

}  // namespace verba
