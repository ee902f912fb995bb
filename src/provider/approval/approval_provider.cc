// SPDX-License-Identifier: Apache-2.0
#include "provider/approval/approval_provider.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "provider/approval/approval_type.h"
#include "provider/ending.h"
#include "provider/inputs.h"

namespace verba {
namespace {

constexpr Milliseconds look_again{300};

std::string message_of(const Value& inputs) {
  const Value* message = inputs.find("message");
  return message != nullptr && message->is_string() ? message->string() : std::string();
}

std::size_t wanted_of(const Value& inputs) {
  const Value* wanted = inputs.find("approvals");
  return wanted != nullptr && wanted->is(Value::Kind::integer) ? static_cast<std::size_t>(wanted->integer()) : 1;
}

Outcome rejected(const Answer& answer) {
  return failed_for_good(
      fmt::format("rejected by {}{}", answer.who, answer.reason.empty() ? "" : ": " + answer.reason));
}

/// Waits until the answers decide.
Async<Outcome> decided(Resource wanted, Attempt& attempt) {
  if (!attempt.answers) co_return Outcome(failed_for_good("nobody can answer here"));
  const bool by_others = is_true(wanted, "byOthers", false);
  const std::size_t enough = wanted_of(wanted.inputs);
  attempt.log(Stream::output, fmt::format("{0}\nWaiting: `verba approve {1}` or `verba reject {1}`\n",
                                          message_of(wanted.inputs), wanted.address));
  std::optional<std::chrono::nanoseconds> end;
  if (attempt.timeout) end = attempt.system.steady() + *attempt.timeout;
  for (;;) {
    std::vector<std::string> names;
    for (const Answer& answer : attempt.answers()) {
      if (!answer.approves) co_return rejected(answer);
      if (!by_others || !answer.own) names.push_back(answer.who);
    }
    if (names.size() >= enough) {
      attempt.log(Stream::output, fmt::format("Approved by {}\n", fmt::join(names, ", ")));
      co_return Outcome(Succeeded{Value(Map{})});
    }
    if (end && attempt.system.steady() >= *end) {
      Failed failed = failed_for_good(fmt::format("{} of {} approvals, and its timeout is over", names.size(), enough));
      failed.timed_out = true;
      co_return Outcome(std::move(failed));
    }
    Async<bool> pause = sleep(attempt.system, look_again, attempt.stop);
    const bool go_on = co_await pause;
    if (!go_on) co_return Outcome(Cancelled{});
  }
}

class ApprovalProvider final : public Provider {
 public:
  const TaskType& type() const override { return approval_type(); }
  void validate(const Value&, Where, Diagnostics&) const override {}
  bool can_observe(const Resource&) const override { return false; }
  bool can_remove(const Resource&) const override { return false; }
  bool can_rollback(const Resource&, bool) const override { return true; }
  bool is_traced(const Resource&) const override { return true; }
  Outcome recall(const Resource&, bool, int, Attempt&) const override { return broken_off(); }
  Async<Observed> observe(Recorded, Attempt&) override { co_return Observed{}; }
  Async<Outcome> apply(Resource wanted, std::optional<Recorded>, Attempt& attempt) override {
    return decided(std::move(wanted), attempt);
  }
  Async<Outcome> remove(Recorded, Attempt&) override { return nothing_to_do(); }
  Async<Outcome> rollback(Recorded, std::optional<Recorded>, Attempt&) override { return nothing_to_do(); }
};

}  // namespace

std::unique_ptr<Provider> make_approval_provider() {
  return std::make_unique<ApprovalProvider>();
}

}  // namespace verba
