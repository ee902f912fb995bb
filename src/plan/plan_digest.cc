// SPDX-License-Identifier: Apache-2.0
#include "plan/plan_digest.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "value/json.h"

namespace verba {
namespace {

void append(std::string& out, const std::optional<Value>& value) {
  if (value) {
    to_canonical_json(*value, "", out);
  } else {
    out += '-';
  }
}

}  // namespace

Digest digest_of(const Plan& plan) {
  std::string text = plan.environment + '\n' + fmt::format("{}\n", plan.serial);
  for (const Step& step : plan.steps) {
    text += fmt::format("{} {} {} {} {}\n", to_string(step.action), step.address, step.type, step.account,
                        step.wanted ? step.wanted->hex() : "-");
    for (const FieldChange& change : step.changes) {
      text += change.field + ' ';
      append(text, change.before);
      text += ' ';
      append(text, change.after);
      text += '\n';
    }
    if (!step.preview) continue;
    text += "preview\n";
    for (const std::string& change : *step.preview) text += change + '\n';
  }
  for (const Rollout& rollout : plan.rollouts) {
    text += fmt::format("rollout {} {} {} {}\n", rollout.address, rollout.batch, rollout.max_failures, rollout.batches);
  }
  for (const Move& move : plan.moves) text += fmt::format("move {} {}\n", move.from, move.record.address);
  for (const std::string& orphan : plan.orphans) text += "orphan " + orphan + '\n';
  for (const Digest& rollback : plan.rollbacks) text += "rollback " + rollback.hex() + '\n';
  return sha256(text);
}

}  // namespace verba
