// SPDX-License-Identifier: Apache-2.0
// What a template lets its parameters be.
#pragma once

#include <optional>
#include <string>

#include "base/where.h"
#include "value/value.h"

namespace verba {

/// A value that a parameter does not take.
struct NotTaken {
  std::string message;  ///< "the parameter 'Size' does not take 'huge' (AllowedValues: small, large)"; of a secret
                        ///< without what it is
  std::string hint;     ///< what the template says of it itself: ConstraintDescription; else ""
  Where where;          ///< of the value, or of the one in a list
};

/// The first that `declared`, the parameter's part of the template, has against `given`: its Type, AllowedValues,
/// AllowedPattern, lengths and limits, as "Parameters section" of the CloudFormation User Guide has them. Of lists each
/// part counts. Left to AWS is what is not known yet, what only an account tells (types of AWS and of Systems Manager),
/// and a pattern that RE2 cannot read, or reads in another way than Java. `is_hidden`: the template is a secret.
std::optional<NotTaken> not_taken(const std::string& name, const Value& declared, const Value& given, bool is_hidden);

}  // namespace verba
