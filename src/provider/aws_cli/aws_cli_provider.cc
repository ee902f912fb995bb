// SPDX-License-Identifier: Apache-2.0
//
// Running commands, their end, what is left of them after a crash and what they print are just as with scripts, so each
// AwsCli is carried out as the ShellScript that it comes to.
#include "provider/aws_cli/aws_cli_provider.h"

#include <utility>

#include "provider/aws_cli/aws_cli_type.h"
#include "provider/aws_cli/command_script.h"
#include "provider/inputs.h"

namespace verba {
namespace {

struct Part {
  const char* name;
  WhenAbsent absent;
};
constexpr Part parts[] = {
    {"run", WhenAbsent::fails},       {"update", WhenAbsent::fails}, {"delete", WhenAbsent::passes},
    {"rollback", WhenAbsent::passes}, {"check", WhenAbsent::tells},
};

Map environment_of(const Resource& resource) {
  Map environment;
  environment.set("AWS_PAGER", "");
  environment.set("AWS_DEFAULT_OUTPUT", "json");
  environment.set("AWS_CLI_AUTO_PROMPT", "off");
  const Value* written = resource.inputs.find("environment");
  if (written == nullptr || !written->is_map()) return environment;
  for (const auto& [key, value] : written->map()) environment.set(key.name, value);
  return environment;
}

/// What was refused has nothing to run, so nothing comes of it.
Resource as_script(Resource resource) {
  Map inputs;
  for (const Part& part : parts) {
    const Value* written = resource.inputs.find(part.name);
    if (written == nullptr || written->is_null()) continue;
    if (std::optional<std::string> script = script_of(*written, part.absent)) inputs.set(part.name, *std::move(script));
  }
  inputs.set("interpreter", List{"sh", "-eu"});
  inputs.set("environment", environment_of(resource));
  for (const char* name : {"stdin", "workdir", "outputs"}) {
    if (const Value* value = resource.inputs.find(name)) inputs.set(name, *value);
  }
  resource.type = "ShellScript";
  resource.inputs = Value(std::move(inputs));
  return resource;
}

Recorded as_script(Recorded recorded) {
  return {as_script(std::move(recorded.resource)), std::move(recorded.outputs)};
}

class AwsCliProvider final : public Provider {
 public:
  explicit AwsCliProvider(Provider& scripts) : scripts_(scripts) {}

  const TaskType& type() const override { return aws_cli_type(); }

  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    for (const Part& part : parts) {
      const Value* written = with.find(part.name);
      if (written != nullptr && !written->is_null()) check_commands(*written, part.name, diagnostics);
    }
    // Of a script it is the same, but for what it runs.
    Map rest;
    rest.set("run", "aws");
    for (const char* name : {"environment", "stdin", "workdir"}) {
      if (const Value* value = with.find(name)) rest.set(name, *value);
    }
    scripts_.validate(Value(std::move(rest)), task, diagnostics);
  }

  bool can_observe(const Resource& resource) const override { return scripts_.can_observe(as_script(resource)); }
  bool can_remove(const Resource& resource) const override { return scripts_.can_remove(as_script(resource)); }
  bool can_rollback(const Resource& wanted, bool existed_before) const override {
    return scripts_.can_rollback(as_script(wanted), existed_before);
  }
  bool is_traced(const Resource& resource) const override { return scripts_.is_traced(as_script(resource)); }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    return scripts_.observe(as_script(std::move(recorded)), attempt);
  }
  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    if (before) before = as_script(*std::move(before));
    return scripts_.apply(as_script(std::move(wanted)), std::move(before), attempt);
  }
  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    return scripts_.remove(as_script(std::move(recorded)), attempt);
  }
  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (before) before = as_script(*std::move(before));
    return scripts_.rollback(as_script(std::move(done)), std::move(before), attempt);
  }
  Outcome recall(const Resource& resource, bool makes, int exit_code, Attempt& attempt) const override {
    return scripts_.recall(as_script(resource), makes, exit_code, attempt);
  }

 private:
  Provider& scripts_;
};

}  // namespace

std::unique_ptr<Provider> make_aws_cli_provider(Provider& scripts) {
  return std::make_unique<AwsCliProvider>(scripts);
}

}  // namespace verba
