// SPDX-License-Identifier: Apache-2.0
#include "support/fake_provider.h"

namespace verba {

const TaskType& FakeProvider::type() const {
  static const TaskType type{
      .name = "Fake",
      .version = "1",
      .summary = "Nothing real.",
      .manual = "",
      .example = "",
      .inputs = {{.name = "value", .type = FieldType::any, .summary = "Anything", .expressions = true},
                 {.name = "size", .summary = "Cannot be changed in place", .expressions = true, .replaces = true},
                 {.name = "file", .summary = "A file", .file = true},
                 {.name = "outputs",
                  .type = FieldType::map,
                  .summary = "What comes out",
                  .expressions = true,
                  .fields = {{.name = "output", .type = FieldType::any, .summary = "One"}}},
                 {.name = "takes", .type = FieldType::integer, .summary = "Milliseconds", .expressions = true},
                 {.name = "fail", .type = FieldType::boolean, .summary = "Fails"}},
      .outputs = {},
      .accounts = {"InfrastructureAccount"},
  };
  return type;
}

Async<Observed> FakeProvider::observe(Recorded recorded, Attempt& attempt) {
  const Observed seen = sights.at(recorded.resource.address);
  const Value* takes = recorded.resource.inputs.find("takes");
  if (takes) {
    Async<bool> work = sleep(system_, Milliseconds(takes->integer()), attempt.stop);
    const bool whole = co_await work;
    if (!whole) co_return Observed{};
  }
  co_return seen;
}

Async<Outcome> FakeProvider::act(std::string call, Resource resource, Attempt& attempt) {
  calls.push_back(call);
  const Value* takes = resource.inputs.find("takes");
  if (takes) {
    Async<bool> work = sleep(system_, Milliseconds(takes->integer()), attempt.stop);
    const bool whole = co_await work;
    if (!whole) co_return Outcome(Cancelled{});
  }
  attempt.log(Stream::output, call + "\n");
  if (script) {
    if (std::optional<Outcome> outcome = script(call)) co_return std::move(*outcome);
  }
  const Value* fail = resource.inputs.find("fail");
  if (fail && fail->boolean()) {
    Failed failed;
    failed.message = "told to fail";
    co_return Outcome(failed);
  }
  const Value* outputs = resource.inputs.find("outputs");
  co_return Outcome(Succeeded{outputs ? *outputs : Value(Map())});
}

Async<Outcome> FakeProvider::apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) {
  std::string call = (before ? "update " : "create ") + wanted.address;
  return act(std::move(call), std::move(wanted), attempt);
}

Async<Outcome> FakeProvider::remove(Recorded recorded, Attempt& attempt) {
  std::string call = "delete " + recorded.resource.address;
  return act(std::move(call), std::move(recorded.resource), attempt);
}

Async<Outcome> FakeProvider::rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) {
  (void)before;
  std::string call = "rollback " + done.resource.address;
  return act(std::move(call), std::move(done.resource), attempt);
}

}  // namespace verba
