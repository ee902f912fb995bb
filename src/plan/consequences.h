// SPDX-License-Identifier: Apache-2.0
// What a failure leads to, told before anything is done.
#pragma once

#include <string_view>
#include <vector>

#include "manifest/model.h"
#include "plan/plan.h"

namespace verba {

/// What happens when this step of the plan fails.
OnFailure policy_of(const Plan& plan, const Step& step, const Model& model);

/// `scope: run`: a failure there undoes all that the run did.
bool is_whole_run(const Model&, std::string_view deployment);

/// Of each deployment in which an apply does something, by name; deployments whose tasks differ have several,
/// and each rollout has one. What is
/// temporary is left out: it is gone in the end, whatever happens. Of any other plan: none. Linear, but where `scope:
/// run` makes it the number of such deployments times that of steps.
std::vector<Consequence> consequences_of(const Plan& plan, const Model& model);

}  // namespace verba
