// SPDX-License-Identifier: Apache-2.0
// What a scalar means, and what a tag makes of a value. Private to this folder.
#pragma once

#include <optional>
#include <string_view>

#include "value/value.h"

namespace verba {

/// The value of a plain scalar by YAML 1.2's core schema; a string if it is none of null, boolean, integer and real.
/// An integer past 64 bits stays text, so that no digit is lost.
Value resolve_plain(std::string_view text);

/// Would YAML 1.1 readers, which are many, or people take this text for something other than text?
bool looks_typed(std::string_view text);

enum class TagResult {
  done,      ///< `value` is what the tag says
  unknown,   ///< nobody knows the tag
  mismatch,  ///< the value is not of the tag's type
};

/// Applies `tag` (as resolved by libyaml) to `value`: a string for scalars, a list or a map. CloudFormation's short
/// tags make their long form; `where` is the place of all, tag included.
TagResult apply_tag(std::string_view tag, Where where, Value& value);

}  // namespace verba
