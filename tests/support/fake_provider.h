// SPDX-License-Identifier: Apache-2.0
// A provider whose outside world is a log of calls.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "provider/provider.h"

namespace verba {

/// Type "Fake": `value` (anything, expressions allowed), `size` (a change of it replaces), `file` (a file's content
/// counts), `outputs` (a map: becomes the outputs), `takes` (milliseconds of the System's time), `fail` (true: fails).
class FakeProvider : public Provider {
 public:
  explicit FakeProvider(System& system) : system_(system) {}

  /// "create d.a", "update d.a", "delete d.a", "rollback d.a": in the order in which they began.
  std::vector<std::string> calls;
  /// Asked before an action ends: what it comes to, instead of what the inputs say. May be empty.
  std::function<std::optional<Outcome>(const std::string& call)> script;

  /// What observe() sees, by address; what is not in it cannot be observed.
  std::map<std::string, Observed> sights;

  const TaskType& type() const override;
  void validate(const Value&, Where, Diagnostics&) const override {}
  bool can_observe(const Resource& resource) const override { return sights.contains(resource.address); }
  Async<Observed> observe(Recorded recorded, Attempt& attempt) override;
  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override;
  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override;
  bool can_remove(const Resource&) const override { return true; }
  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override;
  bool is_traced(const Resource&) const override { return false; }
  Outcome recall(const Resource&, bool, int exit_code, Attempt&) const override {
    if (exit_code == 0) return Succeeded{Map{}};
    return Failed{"exit code " + std::to_string(exit_code), "", true, exit_code};
  }
  bool can_rollback(const Resource&, bool) const override { return true; }

 private:
  Async<Outcome> act(std::string call, Resource resource, Attempt& attempt);
  System& system_;
};

}  // namespace verba
