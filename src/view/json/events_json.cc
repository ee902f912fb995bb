// SPDX-License-Identifier: Apache-2.0
#include "view/json/events_json.h"

#include <string>
#include <utility>

#include "value/json.h"

namespace verba {
namespace {

Map begin(std::string_view event, Instant at) {
  Map map;
  map.append({"event", {}}, event);
  map.append({"at", {}}, to_string(at));
  return map;
}

void name_step(Map& map, StepNumber step, const Plan& plan) {
  map.append({"step", {}}, static_cast<std::int64_t>(step));
  if (step < plan.steps.size()) {
    map.append({"address", {}}, plan.steps[step].address);
    map.append({"action", {}}, to_string(plan.steps[step].action));
  }
}

struct ToValue {
  const Plan& plan;

  Value operator()(const RunBegan& e) const {
    Map map = begin("runBegan", e.at);
    map.append({"run", {}}, e.run);
    map.append({"steps", {}}, static_cast<std::int64_t>(plan.steps.size()));
    return map;
  }
  Value operator()(const RollbackWaits& e) const {
    Map map = begin("rollbackWaits", e.at);
    map.append({"delayMs", {}}, static_cast<std::int64_t>(e.delay.count()));
    return map;
  }
  Value operator()(const RollbackBegan& e) const {
    Map map = begin("rollbackBegan", e.at);
    map.append({"steps", {}}, static_cast<std::int64_t>(plan.steps.size()));
    return map;
  }
  Value operator()(const StepBegan& e) const {
    Map map = begin("stepBegan", e.at);
    name_step(map, e.step, plan);
    map.append({"attempt", {}}, e.attempt);
    return map;
  }
  Value operator()(const StepPrinted& e) const {
    Map map = begin("stepPrinted", e.at);
    name_step(map, e.step, plan);
    map.append({"stream", {}}, e.stream == Stream::error ? "stderr" : "stdout");
    map.append({"text", {}}, e.lines);
    return map;
  }
  Value operator()(const StepRetries& e) const {
    Map map = begin("stepRetries", e.at);
    name_step(map, e.step, plan);
    map.append({"attempt", {}}, e.next_attempt);
    map.append({"delayMs", {}}, static_cast<std::int64_t>(e.delay.count()));
    map.append({"message", {}}, e.message);
    return map;
  }
  Value operator()(const StepEnded& e) const {
    Map map = begin("stepEnded", e.at);
    name_step(map, e.step, plan);
    map.append({"status", {}}, to_string(e.status));
    map.append({"message", {}}, e.message);
    map.append({"hint", {}}, e.hint);
    map.append({"tookMs", {}}, static_cast<std::int64_t>(e.took.count()));
    return map;
  }
  Value operator()(const BatchEnded& e) const {
    const auto count = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    Map map = begin("batchEnded", e.at);
    map.append({"rollout", {}}, e.rollout);
    map.append({"batch", {}}, count(e.number));
    map.append({"batches", {}}, count(e.of));
    map.append({"succeeded", {}}, count(e.succeeded));
    map.append({"unchanged", {}}, count(e.unchanged));
    map.append({"failed", {}}, count(e.failed));
    map.append({"skipped", {}}, count(e.skipped));
    map.append({"failures", {}}, count(e.failures));
    map.append({"maxFailures", {}}, count(e.allowed));
    return map;
  }
  Value operator()(const StopAsked& e) const {
    Map map = begin("stopAsked", e.at);
    map.append({"atOnce", {}}, e.at_once);
    return map;
  }
  Value operator()(const RunEnded& e) const {
    Map map = begin("runEnded", e.at);
    map.append({"run", {}}, e.run);
    map.append({"status", {}}, to_string(e.status));
    return map;
  }
};

}  // namespace

Value event_value(const Event& event, const Plan& plan) {
  return std::visit(ToValue{plan}, event);
}

void JsonEvents::on(const Event& event) noexcept {
  if (const auto* began = std::get_if<RunBegan>(&event)) plan_ = began->plan;
  if (const auto* rollback = std::get_if<RollbackBegan>(&event)) plan_ = rollback->plan;
  if (plan_ == nullptr) return;
  write_(to_json(event_value(event, *plan_)) + "\n");
}

}  // namespace verba
