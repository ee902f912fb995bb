// SPDX-License-Identifier: Apache-2.0
// The rules of Policy manifests. What they say of a plan: plan/policies.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/manifest.h"

namespace verba {

/// A rule of a checked Policy. Borrows the manifest.
struct Rule {
  std::string_view name;
  const Value* when = nullptr;     ///< null: always
  const Value* verdict = nullptr;  ///< the expression of `deny` or `warn`; or true, or false
  const Value* message = nullptr;  ///< null when there is none
  bool denies = false;
};

/// Those that hold together; the others were told by check_policy().
std::vector<Rule> rules_of(const Manifest& policy);

/// What a condition may come to: true, false, or nothing that is known yet.
bool is_answer(const Value& verdict);
/// "policy.wrong-type": a condition that comes to something else. `doing`: "checking rule ...".
Diagnostic no_answer(const Value& condition, std::string doing);

/// Each rule has one of deny and warn and a name of its own; its expressions read what there is, and give true or false
/// as far as that can be told without a plan.
void check_policy(const Manifest& policy, Diagnostics&);

}  // namespace verba
