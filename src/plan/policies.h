// SPDX-License-Identifier: Apache-2.0
// What the policies in scope say of a plan.
#pragma once

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "plan/plan.h"

namespace verba {

/// Holds every rule of the model's policies against every step of the plan; a rule that reads no `change` against the
/// plan as a whole. What is denied is an error ("policy.denied"), what is warned of a warning ("policy.warned"), each
/// at the place of the rule and with the address of the step. A rule that reads what is known only after apply is a
/// warning
/// ("policy.undecided"), one that cannot be evaluated an error, once. A plan without steps is fine with everyone.
/// Secrets never reach a message.
void check_policies(const Model&, const Plan&, Diagnostics&);

}  // namespace verba
