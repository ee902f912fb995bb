// SPDX-License-Identifier: Apache-2.0
#include "provider/substitutes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "provider/ending.h"
#include "provider/exchanger.h"

namespace verba {
namespace {

Observed interpret(const Outcome& outcome) {
  using enum Observed::State;
  Observed observed;
  if (std::holds_alternative<Succeeded>(outcome)) {
    observed.state = present;
  } else if (const auto* failed = std::get_if<Failed>(&outcome)) {
    const int code = failed->exit_code.value_or(-1);
    observed.state = code == 2 ? drifted : code == 3 ? absent : unknown;
    observed.detail = code == 3 ? "" : "check: " + failed->message;
  } else if (const auto* doubt = std::get_if<InDoubt>(&outcome)) {
    observed.detail = "check: " + doubt->message;
  } else {
    observed.detail = "check: stopped";
  }
  return observed;
}

Async<Holding> nothing_held() {
  co_return Holding{};
}

class Substituting final : public Provider, public Exchanger {
 public:
  Substituting(Provider& own, const Providers& all) : own_(own), all_(all) {}

  const TaskType& type() const override { return own_.type(); }
  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    own_.validate(with, task, diagnostics);
  }

  void examine(const Resource& resource, Where task, Diagnostics& diagnostics) const override {
    own_.examine(resource, task, diagnostics);
  }
  Terms terms(const Resource& resource) const override {
    const Exchanger* own = exchanger(&own_);
    return own != nullptr ? own->terms(resource) : Terms{};
  }
  /// What the task does itself in the place of an update or delete, nobody knows.
  Async<Holding> held(Recorded recorded, std::optional<Resource> wanted, Attempt& attempt) override {
    Exchanger* own = exchanger(&own_);
    const Verb verb = wanted ? Verb::update : Verb::remove;
    if (own == nullptr || stand_in_for(wanted ? *wanted : recorded.resource, verb) != nullptr) return nothing_held();
    return own->held(std::move(recorded), std::move(wanted), attempt);
  }
  Async<std::optional<Outcome>> foresee(Resource wanted, Attempt& attempt) override {
    return own_.foresee(std::move(wanted), attempt);
  }

  bool can_observe(const Resource& resource) const override {
    if (resource.occasion != Occasion::deploy) return false;  // there is nothing to look at
    return stand_in_for(resource, Verb::check) || own_.can_observe(resource);
  }
  bool can_remove(const Resource& resource) const override {
    return resource.occasion == Occasion::remove || stand_in_for(resource, Verb::remove) || own_.can_remove(resource);
  }
  bool can_rollback(const Resource& wanted, bool existed_before) const override {
    if (wanted.occasion != Occasion::deploy) return wanted.occasion == Occasion::remove;
    if (stand_in_for(wanted, Verb::rollback)) return true;
    return (!existed_before && stand_in_for(wanted, Verb::remove)) || own_.can_rollback(wanted, existed_before);
  }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    const StandIn* check = stand_in_for(recorded.resource, Verb::check);
    if (!check) return own_.observe(std::move(recorded), attempt);
    return look(check->resource, std::move(recorded.outputs), attempt);
  }

  /// What a script would do in the place of an update, nobody can tell.
  bool can_preview(const Resource& resource) const override {
    return !stand_in_for(resource, Verb::update) && own_.can_preview(resource);
  }
  Async<Preview> preview(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    return own_.preview(std::move(wanted), std::move(before), attempt);
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    if (wanted.occasion == Occasion::remove) return nothing();
    if (wanted.occasion != Occasion::deploy) return act(std::move(wanted), attempt);
    const StandIn* update = before ? stand_in_for(wanted, Verb::update) : nullptr;
    if (!update) return own_.apply(std::move(wanted), std::move(before), attempt);
    return carry_out(Verb::update, update->resource, before->outputs, before->outputs, attempt);
  }

  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    // This is when it acts.
    if (recorded.resource.occasion == Occasion::remove) {
      return act(std::move(recorded.resource), attempt);
    }
    const StandIn* removal = stand_in_for(recorded.resource, Verb::remove);
    if (!removal) return own_.remove(std::move(recorded), attempt);
    return carry_out(Verb::remove, removal->resource, std::move(recorded.outputs), Value(Map{}), attempt);
  }

  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (done.resource.occasion == Occasion::remove) return nothing();
    if (const StandIn* undoing = stand_in_for(done.resource, Verb::rollback)) {
      return carry_out(Verb::rollback, undoing->resource, std::move(done.outputs),
                       before ? std::move(before->outputs) : Value(Map{}), attempt);
    }
    if (!before && stand_in_for(done.resource, Verb::remove)) return remove(std::move(done), attempt);
    if (before && stand_in_for(before->resource, Verb::update)) {
      return apply(std::move(before->resource), std::move(done), attempt);
    }
    return own_.rollback(std::move(done), std::move(before), attempt);
  }

  /// With Attempt::stands_for "update" the update of its own is what made it; it may have no outputs.
  Outcome recall(const Resource& resource, bool makes, int exit_code, Attempt& attempt) const override {
    if (resource.occasion == Occasion::remove) {
      return makes ? Outcome(Succeeded{Value(Map{})}) : own_.recall(resource, true, exit_code, attempt);
    }
    const StandIn* substitute = stand_in_for(resource, makes ? Verb::update : Verb::remove);
    if (!substitute) return own_.recall(resource, makes, exit_code, attempt);
    if (makes && attempt.stands_for != to_string(Verb::update)) {
      return own_.recall(resource, true, exit_code, attempt);
    }
    const Provider* provider = all_.find(substitute->resource.type);
    if (!provider) return InDoubt{"no provider of its type is known", "", true};
    return provider->recall(substitute->resource, true, exit_code, attempt);
  }

  bool is_traced(const Resource& resource) const override {
    return own_.is_traced(resource) && std::ranges::all_of(resource.instead, [this](const StandIn& each) {
             const Provider* provider = all_.find(each.resource.type);
             return provider && provider->is_traced(each.resource);
           });
  }

 private:
  /// What only acts when its deployment is deleted is recorded, and no more.
  static Async<Outcome> nothing() { co_return Outcome(Succeeded{Value(Map{})}); }

  /// A task that acts in the place of others.
  Async<Outcome> act(Resource resource, Attempt& attempt) {
    attempt.stands_for = to_string(resource.occasion);
    Async<Outcome> work = own_.apply(std::move(resource), std::nullopt, attempt);
    Outcome outcome = co_await work;
    attempt.stands_for = {};
    co_return outcome;
  }

  /// `outputs`: what the thing has afterwards, unless the substitute has some.
  Async<Outcome> carry_out(Verb verb, Resource substitute, Value known, Value outputs, Attempt& attempt) {
    Provider* provider = all_.find(substitute.type);
    if (!provider) {
      co_return Outcome(failed_for_good(fmt::format("no provider for type '{}'", substitute.type)));
    }
    Recorded recorded{substitute, std::move(known)};
    attempt.stands_for = to_string(verb);
    attempt.remains.clear();  // they are none of the substitute's
    Async<Outcome> work = provider->apply(std::move(substitute), std::move(recorded), attempt);
    Outcome outcome = co_await work;
    attempt.stands_for = {};
    if (auto* succeeded = std::get_if<Succeeded>(&outcome)) {
      const bool has_some = succeeded->outputs.is_map() && !succeeded->outputs.map().empty();
      if (!has_some) succeeded->outputs = std::move(outputs);
    }
    co_return outcome;
  }

  Async<Observed> look(Resource check, Value known, Attempt& attempt) {
    Async<Outcome> work = carry_out(Verb::check, std::move(check), std::move(known), Value(Map{}), attempt);
    const Outcome outcome = co_await work;
    co_return interpret(outcome);
  }

  Provider& own_;
  const Providers& all_;
};

}  // namespace

std::unique_ptr<Provider> with_substitutes(Provider& own, const Providers& all) {
  return std::make_unique<Substituting>(own, all);
}

Exchanger* exchanger(Provider* provider) {
  auto* found = dynamic_cast<Exchanger*>(provider);
  return found != nullptr && provider->type().exchange ? found : nullptr;
}

}  // namespace verba
