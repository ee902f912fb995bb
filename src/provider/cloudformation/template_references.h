// SPDX-License-Identifier: Apache-2.0
// What the parts of a template name of one another.
#pragma once

#include <string>
#include <vector>

#include "base/where.h"
#include "value/value.h"

namespace verba {

/// Something that is named in a template, and is not in it.
struct Dangling {
  std::string message;
  std::string hint;
  Where where;           ///< in the text of the template
  bool is_sure = false;  ///< false: in a part that may not be there, by a condition
};

/// In the order of the template: conditions that a resource, an output, Fn::If or another condition names; parameters
/// and resources of Ref, Fn::GetAtt, Fn::Sub and DependsOn. Where a transform makes parts of the template, nobody can
/// tell what is there then, and nothing is told: of one by AWS::Serverless conditions are, of one by
/// AWS::LanguageExtensions what is not in a loop. Modules have what they make under their own name.
std::vector<Dangling> dangling_in(const Value& tree);

}  // namespace verba
