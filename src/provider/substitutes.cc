// SPDX-License-Identifier: Apache-2.0
#include "provider/substitutes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "provider/ending.h"

namespace verba {
namespace {

const Resource* substitute_of(const Resource& resource, Verb verb) {
  const auto found = std::ranges::find(resource.instead, verb, &StandIn::verb);
  return found == resource.instead.end() ? nullptr : &found->resource;
}

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

class Substituting final : public Provider {
 public:
  Substituting(Provider& own, const Providers& all) : own_(own), all_(all) {}

  const TaskType& type() const override { return own_.type(); }
  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    own_.validate(with, task, diagnostics);
  }

  bool can_observe(const Resource& resource) const override {
    return substitute_of(resource, Verb::check) || own_.can_observe(resource);
  }
  bool can_remove(const Resource& resource) const override {
    return substitute_of(resource, Verb::remove) || own_.can_remove(resource);
  }
  bool can_rollback(const Resource& wanted, bool existed_before) const override {
    if (substitute_of(wanted, Verb::rollback)) return true;
    return (!existed_before && substitute_of(wanted, Verb::remove)) || own_.can_rollback(wanted, existed_before);
  }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    const Resource* check = substitute_of(recorded.resource, Verb::check);
    if (!check) return own_.observe(std::move(recorded), attempt);
    return look(*check, std::move(recorded.outputs), attempt);
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    const Resource* update = before ? substitute_of(wanted, Verb::update) : nullptr;
    if (!update) return own_.apply(std::move(wanted), std::move(before), attempt);
    return carry_out(*update, before->outputs, before->outputs, attempt);
  }

  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    const Resource* removal = substitute_of(recorded.resource, Verb::remove);
    if (!removal) return own_.remove(std::move(recorded), attempt);
    return carry_out(*removal, std::move(recorded.outputs), Value(Map{}), attempt);
  }

  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (const Resource* undoing = substitute_of(done.resource, Verb::rollback)) {
      return carry_out(*undoing, std::move(done.outputs), before ? std::move(before->outputs) : Value(Map{}), attempt);
    }
    if (!before && substitute_of(done.resource, Verb::remove)) return remove(std::move(done), attempt);
    if (before && substitute_of(before->resource, Verb::update)) {
      return apply(std::move(before->resource), std::move(done), attempt);
    }
    return own_.rollback(std::move(done), std::move(before), attempt);
  }

  /// Which of the two it was that ended is not known, unless there is only one that it can have been.
  Outcome recall(const Resource& resource, bool makes, int exit_code, Attempt& attempt) const override {
    const Resource* substitute = substitute_of(resource, makes ? Verb::update : Verb::remove);
    if (!substitute) return own_.recall(resource, makes, exit_code, attempt);
    const Provider* provider = all_.find(substitute->type);
    if (makes || !provider) return InDoubt{"whether it was made or updated is not known", "", true};
    return provider->recall(*substitute, true, exit_code, attempt);
  }

  bool is_traced(const Resource& resource) const override {
    return own_.is_traced(resource) && std::ranges::all_of(resource.instead, [this](const StandIn& each) {
             const Provider* provider = all_.find(each.resource.type);
             return provider && provider->is_traced(each.resource);
           });
  }

 private:
  /// `outputs`: what the thing has afterwards, unless the substitute has some.
  Async<Outcome> carry_out(Resource substitute, Value known, Value outputs, Attempt& attempt) {
    Provider* provider = all_.find(substitute.type);
    if (!provider) {
      co_return Outcome(failed_for_good(fmt::format("no provider for type '{}'", substitute.type)));
    }
    Recorded recorded{substitute, std::move(known)};
    Async<Outcome> work = provider->apply(std::move(substitute), std::move(recorded), attempt);
    Outcome outcome = co_await work;
    if (auto* succeeded = std::get_if<Succeeded>(&outcome)) {
      const bool has_some = succeeded->outputs.is_map() && !succeeded->outputs.map().empty();
      if (!has_some) succeeded->outputs = std::move(outputs);
    }
    co_return outcome;
  }

  Async<Observed> look(Resource check, Value known, Attempt& attempt) {
    Async<Outcome> work = carry_out(std::move(check), std::move(known), Value(Map{}), attempt);
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

}  // namespace verba
