// SPDX-License-Identifier: Apache-2.0
// A plan on disk: to look at, to have approved, to apply later.
#pragma once

#include <optional>
#include <string>

#include "cli/planning.h"

namespace verba {

/// The file's format is written down in docs/manual/json.md. It binds the plan to its sources and to the state: the
/// plan is made again before it is applied, and must come out the same.
struct PlanFile {
  std::string path;
  Request request;
  Value sources;                                   ///< as sources_value()
  std::int64_t serial = 0;                         ///< of the state it was made from
  std::string digest;                              ///< as plan_digest()
  std::vector<std::string> secret_variables = {};  ///< names of --var that it was made with and does not hold
};

/// Of the plan, and of what it was made from: what was asked for, and the manifests. Not all of that shows in its steps
/// (a timeout, how long it lasts). What a plan file holds and what is approved.
Digest plan_digest(const Desk&, const Plan&);

/// Throws Error(usage) unless a plan may be written there: where nothing is, an empty file, or a plan of before. Never
/// over a manifest or the state.
void require_plan_place(Call&, const std::string& path);
void write_plan_file(Call&, const std::string& path, const Request&, const Desk&, const Planned&);

/// The only word of the command when it is a plan file; nothing else. Throws Error(usage) for a plan file of another
/// version or one that does not hold together.
std::optional<PlanFile> plan_file_of(Call&);

/// Throws Error(usage) that says what moved, unless `planned` is the plan of the file; the manifests may have changed
/// as long as it is the same plan.
void require_same(const PlanFile&, const Desk&, const Planned&);

/// The first manifest that is not what it was when the plan was made; "" when they are all the same.
std::string moved_source(const PlanFile&, const Desk&);

}  // namespace verba
