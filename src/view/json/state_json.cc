// SPDX-License-Identifier: Apache-2.0
#include "view/json/state_json.h"

#include <string>

namespace verba {

Value instant_value(const std::optional<Instant>& at) {
  return at ? Value(to_string(*at)) : Value(Null{});
}

Value owner_value(const Owner& owner) {
  Map map;
  map.append({"user", {}}, owner.user);
  map.append({"host", {}}, owner.host);
  map.append({"process", {}}, owner.process);
  return map;
}

Value record_value(const Record& record) {
  Map map;
  map.append({"environment", {}}, record.environment);
  map.append({"address", {}}, record.address);
  map.append({"deployment", {}}, record.deployment);
  map.append({"type", {}}, record.type);
  map.append({"account", {}}, record.account);
  map.append({"status", {}}, to_string(record.status));
  map.append({"run", {}}, record.run);
  map.append({"created", {}}, to_string(record.created));
  map.append({"updated", {}}, to_string(record.updated));
  map.append({"place", {}}, record.place);
  map.append({"protect", {}}, record.protect);
  map.append({"expires", {}}, instant_value(record.expires));
  return map;
}

Value run_value(const Run& run) {
  Map map;
  map.append({"id", {}}, run.id);
  map.append({"environment", {}}, run.environment);
  map.append({"verb", {}}, run.verb);
  map.append({"reason", {}}, run.reason);
  map.append({"status", {}}, to_string(run.status));
  map.append({"owner", {}}, owner_value(run.owner));
  map.append({"started", {}}, to_string(run.started));
  map.append({"finished", {}}, instant_value(run.finished));
  map.append({"steps", {}}, run.steps);
  map.append({"succeeded", {}}, run.succeeded);
  map.append({"failed", {}}, run.failed);
  return map;
}

Value step_record_value(const StepRecord& step) {
  Map map;
  map.append({"number", {}}, static_cast<std::int64_t>(step.number));
  map.append({"address", {}}, step.address);
  map.append({"action", {}}, step.action);
  map.append({"reason", {}}, step.reason);
  map.append({"status", {}}, to_string(step.status));
  map.append({"attempts", {}}, step.attempts);
  map.append({"started", {}}, instant_value(step.started));
  map.append({"finished", {}}, instant_value(step.finished));
  map.append({"message", {}}, step.message);
  map.append({"exitCode", {}}, step.exit_code ? Value(*step.exit_code) : Value(Null{}));
  return map;
}

Value log_line_value(const LogLine& line, std::string_view address) {
  Map map;
  map.append({"address", {}}, address);
  map.append({"step", {}}, static_cast<std::int64_t>(line.step));
  map.append({"attempt", {}}, line.attempt);
  map.append({"at", {}}, to_string(line.at));
  map.append({"stream", {}}, line.error_stream ? "stderr" : "stdout");
  map.append({"text", {}}, line.text);
  return map;
}

}  // namespace verba
