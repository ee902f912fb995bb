// SPDX-License-Identifier: Apache-2.0
// YAML 1.2 (core schema, over libyaml's grammar) to Value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "value/value.h"

namespace verba {

/// What a text may cost at the most. Over it: one clear error.
struct YamlLimits {
  std::uint32_t depth = 256;              ///< levels of nesting
  std::uint64_t text_bytes = 64u << 20;   ///< of one text
  std::uint64_t alias_nodes = 1'000'000;  ///< nodes that aliases may add by being expanded
};

/// All documents of the text `source`, in order; JSON is YAML and is read too. Every node carries its place in bytes.
/// Aliases are expanded, merge keys (`<<`) resolved (explicit keys win and stand first), CloudFormation's short tags
/// (`!Ref x` -> {Ref: x}, `!Sub x` -> {"Fn::Sub": x}, `!GetAtt a.b` -> {"Fn::GetAtt": [a, b]}, ...) become their
/// long form; any other unknown tag is an error. Only plain scalars get types: true/false/null/~, integers (0o, 0x
/// too), reals (.inf, .nan, 1e3); `no`, `on`, dates, 1_000 stay strings.
/// Findings go to `diagnostics`: syntax, duplicate key, not UTF-8, limits, key that is no scalar. After a syntax error
/// the documents before it are returned, and those from the next line '---' on. Never throws for bad text, never
/// recurses deeper than `limits.depth`. Linear in the text. Empty documents are null Values.
/// Of a key that is there several times the last value comes out.
/// A number that is none (.nan, .inf, !!int abc) is told, and comes out as a real that is not finite.
std::vector<Value> parse_yaml(const Sources&, SourceId source, Diagnostics& diagnostics, const YamlLimits& = {});

/// Block style YAML of a value, for `-o yaml` and templates; reads back equal. Secrets print as "***".
std::string to_yaml(const Value&);

}  // namespace verba
