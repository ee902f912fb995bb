// SPDX-License-Identifier: Apache-2.0
#include "sim/simulated_provider.h"

#include <utility>

namespace verba {
namespace {

std::string value_of(const Resource& resource) {
  const Value* value = resource.inputs.find("value");
  return value && value->is_string() ? value->string() : "";
}

Outcome made(const std::optional<std::string>& value) {
  Map outputs;
  if (value) outputs.set("value", *value);
  return Succeeded{Value(std::move(outputs))};
}

}  // namespace

std::string thing_of(const Resource& resource) {
  const Value* name = resource.inputs.find("name");
  return resource.address + (name && name->is_string() ? "@" + name->string() : "");
}

std::string_view address_of(std::string_view thing) {
  return thing.substr(0, thing.find('@'));
}

Outside sets_of(const Resource& resource) {
  Outside sets;
  const Value* written = resource.inputs.find("sets");
  if (written == nullptr || !written->is_map()) return sets;
  for (const auto& [address, value] : written->map()) sets[address.name] = {value.string(), true};
  return sets;
}

std::string taken_by(const Resource& resource) {
  const Value* written = resource.inputs.find("takes");
  return written != nullptr && written->is_string() ? written->string() : "";
}

const TaskType& SimulatedProvider::type() const {
  static const TaskType type{
      .name = "Simulated",
      .version = "1",
      .summary = "In memory.",
      .manual = "",
      .example = "",
      .inputs = {{.name = "value", .summary = "What it has", .expressions = true},
                 {.name = "name", .summary = "What it is called", .replaces = true},
                 {.name = "hidden", .type = FieldType::boolean, .summary = "It cannot be observed"},
                 {.name = "takes", .summary = "How the addresses begin that it takes away"},
                 {.name = "sets",
                  .type = FieldType::map,
                  .summary = "Values of others",
                  .fields = {{.name = "value", .summary = "What it has"}}}},
      .outputs = {},
      .accounts = {"InfrastructureAccount"},
  };
  return type;
}

void SimulatedProvider::set_others(const Deed& deed, std::size_t most) {
  for (const auto& [address, thing] : deed.sets) {
    const auto there = outside_.find(address);
    if (there == outside_.end()) continue;
    if (most-- == 0) return;
    there->second = thing;
  }
}

void SimulatedProvider::take_others(const Deed& deed, std::size_t most) {
  std::erase_if(outside_, [&](const auto& thing) { return thing.first.starts_with(deed.takes) && most-- > 0; });
}

void SimulatedProvider::carry_out(const Deed& deed) {
  if (!deed.takes.empty()) return take_others(deed, outside_.size());
  if (!deed.sets.empty()) return set_others(deed, deed.sets.size());
  if (deed.value) {
    outside_[deed.thing] = {*deed.value, true};
  } else {
    outside_.erase(deed.thing);
  }
}

void SimulatedProvider::leave_half(const Deed& deed) {
  if (!deed.takes.empty()) return take_others(deed, chance_.below(outside_.size() + 1));
  if (!deed.sets.empty()) return set_others(deed, chance_.below(deed.sets.size()));
  const auto there = outside_.find(deed.thing);
  if (there != outside_.end()) {
    there->second.whole = false;
  } else if (deed.value) {
    outside_[deed.thing] = {*deed.value, false};
  }
}

void SimulatedProvider::die() {
  for (const auto& [number, deed] : under_way_) {
    switch (chance_.below(3)) {
      case 0:
        carry_out(deed);
        break;
      case 1:
        leave_half(deed);
        break;
      default:
        break;
    }
  }
  under_way_.clear();
}

bool SimulatedProvider::can_observe(const Resource& resource) const {
  const Value* hidden = resource.inputs.find("hidden");
  return !hidden || !hidden->boolean();
}

Async<Observed> SimulatedProvider::observe(Recorded recorded, Attempt& attempt) {
  Async<bool> work = sleep(system_, Milliseconds(1), attempt.stop);
  const bool whole = co_await work;
  Observed seen;
  if (!whole) co_return seen;
  const auto there = outside_.find(thing_of(recorded.resource));
  if (there == outside_.end()) {
    seen.state = Observed::State::absent;
  } else if (!there->second.whole || there->second.value != value_of(recorded.resource)) {
    seen.state = Observed::State::drifted;
  } else {
    seen.state = Observed::State::present;
    Map outputs;
    outputs.set("value", there->second.value);
    seen.outputs = Value(std::move(outputs));
  }
  co_return seen;
}

Async<Outcome> SimulatedProvider::act(Deed deed, Attempt& attempt) {
  if (on_beginning) on_beginning(deed);
  const std::uint64_t number = ++begun_;
  under_way_.emplace(number, deed);
  const Milliseconds length(chance_.below(400));
  Async<bool> work = sleep(system_, length, attempt.stop);
  const bool undisturbed = co_await work;
  if (under_way_.erase(number) == 0) co_return Outcome(Cancelled{});  // we are dead; what came of it is decided
  if (!undisturbed) {
    if (chance_.percent(50)) leave_half(deed);
    co_return Outcome(Cancelled{});
  }
  if (chance_.percent(failing_percent)) {
    if (chance_.percent(50)) leave_half(deed);
    Failed failed;
    failed.message = "told to fail";
    co_return Outcome(failed);
  }
  carry_out(deed);
  co_return made(deed.value);
}

Async<Outcome> SimulatedProvider::apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) {
  return act({before ? "update" : "create", wanted.address, thing_of(wanted), value_of(wanted), sets_of(wanted),
              taken_by(wanted)},
             attempt);
}

Async<Outcome> SimulatedProvider::remove(Recorded recorded, Attempt& attempt) {
  return act({"delete", recorded.resource.address, thing_of(recorded.resource), std::nullopt, {}}, attempt);
}

Async<Outcome> SimulatedProvider::rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) {
  std::optional<std::string> value;
  if (before) value = value_of(before->resource);
  return act({"rollback", done.resource.address, thing_of(done.resource), std::move(value), {}}, attempt);
}

}  // namespace verba
