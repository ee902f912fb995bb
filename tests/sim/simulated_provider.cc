// SPDX-License-Identifier: Apache-2.0
#include "sim/simulated_provider.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace verba {
namespace {

std::string value_of(const Resource& resource) {
  const Value* value = resource.inputs.find("value");
  return value && value->is_string() ? value->string() : "";
}

/// What may be there of a thing.
Parts known_parts(const Resource* recorded, const Attempt& attempt) {
  Parts parts;
  if (recorded != nullptr) parts = parts_of(*recorded);
  for (const Resource* one : attempt.remains) parts.merge(parts_of(*one));
  return parts;
}

/// Has it all of the `wanted` parts, and of the others that may be there none? More than that nobody looks for.
bool has_just(const Thing& thing, const Parts& wanted, const Parts& known) {
  const auto is_there = [&](const std::string& part) { return thing.parts.contains(part); };
  return std::ranges::all_of(wanted, is_there) &&
         std::ranges::none_of(known, [&](const std::string& part) { return is_there(part) && !wanted.contains(part); });
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

Parts parts_of(const Resource& resource) {
  const Value* written = resource.inputs.find("parts");
  std::istringstream words(written != nullptr && written->is_string() ? written->string() : "");
  Parts parts;
  for (std::string word; words >> word;) parts.insert(word);
  return parts;
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
                 {.name = "parts", .summary = "What it consists of"},
                 {.name = "hidden", .type = FieldType::boolean, .summary = "It cannot be observed"},
                 {.name = "takes", .summary = "How the addresses begin that it takes away"},
                 {.name = "sets",
                  .type = FieldType::map,
                  .summary = "Values of others",
                  .fields = {{.name = "value", .summary = "What it has"}}}},
      .outputs = {},
      .accounts = {"InfrastructureAccount"},
      .makes =
          [](const Resource& resource) {
            const Parts parts = parts_of(resource);
            return std::vector<std::string>(parts.begin(), parts.end());
          },
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

/// So many of its parts become what they are to be.
void SimulatedProvider::change_parts(const Deed& deed, std::size_t percent) {
  Parts all = deed.known_parts;
  all.insert(deed.parts.begin(), deed.parts.end());
  for (const std::string& part : all) {
    if (percent < 100 && !chance_.percent(percent)) continue;
    if (deed.parts.contains(part)) outside_.try_emplace(deed.thing).first->second.parts.insert(part);
    const auto there = outside_.find(deed.thing);
    if (!deed.parts.contains(part) && there != outside_.end()) there->second.parts.erase(part);
  }
  const auto there = outside_.find(deed.thing);
  if (there == outside_.end()) return;
  if (there->second.parts.empty())
    outside_.erase(there);
  else if (deed.value && (percent == 100 || chance_.percent(percent)))
    there->second.value = *deed.value;
}

void SimulatedProvider::carry_out(const Deed& deed) {
  if (!deed.takes.empty()) return take_others(deed, outside_.size());
  if (!deed.sets.empty()) return set_others(deed, deed.sets.size());
  if (!deed.parts.empty() || !deed.known_parts.empty()) return change_parts(deed, 100);
  if (deed.value) {
    outside_[deed.thing] = {*deed.value, true};
  } else {
    outside_.erase(deed.thing);
  }
}

void SimulatedProvider::leave_half(const Deed& deed) {
  if (!deed.takes.empty()) return take_others(deed, chance_.below(outside_.size() + 1));
  if (!deed.sets.empty()) return set_others(deed, chance_.below(deed.sets.size()));
  if (!deed.parts.empty() || !deed.known_parts.empty()) return change_parts(deed, 50);
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
  } else if (!there->second.whole || there->second.value != value_of(recorded.resource) ||
             !has_just(there->second, parts_of(recorded.resource), known_parts(nullptr, attempt))) {
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
  Parts known = known_parts(before ? &before->resource : nullptr, attempt);
  return act({before ? "update" : "create", wanted.address, thing_of(wanted), value_of(wanted), parts_of(wanted),
              std::move(known), sets_of(wanted), taken_by(wanted)},
             attempt);
}

Async<Outcome> SimulatedProvider::remove(Recorded recorded, Attempt& attempt) {
  return act({.verb = "delete",
              .address = recorded.resource.address,
              .thing = thing_of(recorded.resource),
              .value = std::nullopt,
              .known_parts = known_parts(&recorded.resource, attempt)},
             attempt);
}

Async<Outcome> SimulatedProvider::rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) {
  Deed deed{.verb = "rollback",
            .address = done.resource.address,
            .thing = thing_of(done.resource),
            .value = std::nullopt,
            .known_parts = known_parts(&done.resource, attempt)};
  if (before) deed.value = value_of(before->resource);
  if (before) deed.parts = parts_of(before->resource);
  return act(std::move(deed), attempt);
}

}  // namespace verba
