// SPDX-License-Identifier: Apache-2.0
#include "run/led.h"

#include <utility>

#include "plan/occasions.h"

namespace verba {

std::vector<StepNumber> Led::begin(const Step& leader, RunId run) {
  std::vector<StepNumber> begun;
  if (!deployments_.insert(leader.deployment).second) return begun;
  for (const StepNumber number : steps_led_by(leader, plan_)) {
    const Step& step = plan_.steps[number];
    if (!step.record) continue;
    doubt(snapshot_.records[*step.record], run);
    if (is_brought_about(step)) begun.push_back(number);
  }
  return begun;
}

bool Led::has_begun(const Step& step) const {
  return is_brought_about(step) && deployments_.contains(step.deployment);
}

void Led::doubt(Record record, RunId run) {
  record.status = RecordStatus::failed;
  record.run = run;
  journal_.put(std::move(record));
}

std::vector<StepNumber> Led::forget_with(const Step& acted, const std::vector<StepStatus>& statuses, Instant now) {
  std::vector<StepNumber> forgotten = forgotten_with(acted, plan_, statuses);
  for (const StepNumber number : forgotten) {
    const Record& record = snapshot_.records[*plan_.steps[number].record];
    journal_.attempted(number, 1, now, record);  // so that the history knows that it went
    journal_.remove(record);
  }
  return forgotten;
}

void Led::forget_updates(const Step& recorded, const std::vector<StepStatus>& statuses) {
  if (!is_last_of_update(recorded, plan_, statuses)) return;
  const auto deployment = model_.deployment(recorded.deployment);
  if (!deployment) return;
  for (const TaskId update : model_.deployments[*deployment].on(Occasion::update)) {
    Record record;
    record.environment = plan_.environment;
    record.address = model_.tasks[update].address;
    record.deployment = recorded.deployment;
    journal_.remove(record);
  }
}

}  // namespace verba
