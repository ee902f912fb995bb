// SPDX-License-Identifier: Apache-2.0
// What stands between a stack and those who change or delete it: its policy, its protection, and the stacks that import
// what it exports. None of it is part of a change set.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/account.h"
#include "manifest/resource.h"
#include "os/async.h"
#include "os/process.h"
#include "provider/cloudformation/stack_calls.h"
#include "provider/cloudformation/wanted_stack.h"
#include "provider/exchanger.h"
#include "value/value.h"

namespace verba {

Async<std::optional<AwsFailure>> set_stack_policy(AwsAccount& account, std::string stack, std::string policy,
                                                  Stop& stop);
/// "" when it has none, or nobody may know.
Async<std::string> stack_policy(AwsAccount& account, std::string stack, Stop& stop);

Async<std::optional<AwsFailure>> set_protection(AwsAccount& account, std::string stack, bool is_protected, Stop& stop);
bool is_protected(const Stack&);

/// The names that a stack exports.
std::vector<std::string> exports_of(const Stack&);
/// Those of them that are not exported any more when it becomes what is wanted, as far as that can be worked out.
std::vector<std::string> lost_exports(const Stack&, const std::vector<WantedExport>& wanted);

/// Likewise those whose value becomes another one, where both are known.
std::vector<std::string> changed_exports(const Stack&, const Terms& wanted);

/// Who imports some exports.
struct Importers {
  /// Those that somebody imports, by whom; as they were asked for.
  std::vector<std::pair<std::string, std::vector<std::string>>> all = {};
  std::optional<AwsFailure> failure = {};  ///< there was no answer

  std::string told() const;  ///< "net-vpc is imported by app, web; ..."; "" when nobody does
};
/// Who may not know it is told of none: AWS itself minds them, too, only later.
Async<Importers> importers_of(AwsAccount& account, std::vector<std::string> exports, Stop& stop);

/// See Exchanger::held: of the stack with that id.
Async<Holding> held_exports(AwsAccount& account, std::string id, std::optional<Resource> wanted, Stop& stop);

}  // namespace verba
