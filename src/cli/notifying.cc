// SPDX-License-Identifier: Apache-2.0
#include "cli/notifying.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "aws/sns.h"
#include "base/error.h"
#include "manifest/accounts.h"
#include "manifest/notifications.h"

namespace verba {
namespace {

constexpr Milliseconds longest_message{30'000};

/// What became of the steps of a deployment, or of all.
struct Came {
  std::size_t done = 0;
  std::size_t undone = 0;
  std::vector<std::string> others;  ///< "web.site: failed"

  void add(const Came& more) {
    done += more.done;
    undone += more.undone;
    others.insert(others.end(), more.others.begin(), more.others.end());
  }
  /// Of a deployment. What another one led to is not its own.
  std::string_view event(RunStatus status) const {
    if (undone > 0) return status == RunStatus::rolled_back ? "rolledBack" : "failed";
    return others.empty() ? "succeeded" : "failed";
  }
};

/// Of a step that did not succeed. What is left as it was made has succeeded before.
std::string told(const StepRecord& step) {
  if (step.status == StepStatus::skipped && step.action == to_string(Action::rollback)) {
    return fmt::format("{}: not rolled back: {}", step.address, step.message);
  }
  return fmt::format("{}: {}", step.address, to_string(step.status));
}

std::map<std::string, Came> came_of(const std::vector<StepRecord>& steps) {
  std::map<std::string, Came> all;
  for (const StepRecord& step : steps) {
    Came& came = all[step.address.substr(0, step.address.find('.'))];
    if (step.status != StepStatus::succeeded && step.status != StepStatus::unchanged) {
      came.others.push_back(told(step));
    } else if (step.action == to_string(Action::rollback)) {
      ++came.undone;
    } else {
      ++came.done;
    }
  }
  return all;
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("\n{} step{} {}", count, count == 1 ? "" : "s", what);
}

std::string message_of(const std::string& head, const Came& came, RunId run) {
  std::string text = head + counted(came.done, "succeeded");
  if (came.undone > 0) text += counted(came.undone, "rolled back");
  for (const std::string& one : came.others) text += "\n" + one;
  return text + fmt::format("\n\nSee it with `verba show {}`.\n", run);
}

class Telling {
 public:
  Telling(Call& call, Desk& desk) : call_(call), desk_(desk) {}

  void tell(const Listening& who, const std::string& subject, const std::string& message) {
    const std::string why = problem_of(who, subject, message);
    if (!why.empty()) say(call_, fmt::format("warning: {} was not told: {}", who.channel, why));
  }

 private:
  /// "" when it was sent.
  std::string problem_of(const Listening& who, const std::string& subject, const std::string& message) {
    const Account* account = find_account(desk_.model, who.account);
    if (account == nullptr) return fmt::format("there is no account {}", who.account);
    Resource resource;
    resource.account = account->name;
    resource.account_kind = account->kind->name;
    AwsAccount* aws = nullptr;
    try {
      aws = hosts_of(call_, desk_).aws(resource);
    } catch (const Error& error) {
      return error.diagnostic().message;
    }
    if (aws == nullptr) return fmt::format("{} is no account of AWS", who.account);
    Stop stop;
    const TimerId timer = call_.system.after(longest_message, [&stop] { stop.request(); });
    std::optional<AwsAnswer> answer;
    const Background sending = start<AwsAnswer>(
        publish(*aws, std::string(who.topic), subject.substr(0, 100), message, stop), [&](Result<AwsAnswer> result) {
          answer.emplace(result.index() == 0 ? std::get<0>(std::move(result)) : failed_answer());
        });
    while (!answer) call_.system.poll();
    call_.system.cancel(timer);
    if (!answer->failure) return {};
    return answer->failure->stopped ? "SNS did not answer in time" : to_string(*answer->failure);
  }

  static AwsAnswer failed_answer() {
    AwsAnswer answer;
    answer.failure.emplace().message = "it could not be sent";
    return answer;
  }

  Call& call_;
  Desk& desk_;
};

}  // namespace

void notify(Call& call, Desk& desk, const RunResult& result) {
  if (result.run == 0) return;
  const std::string& environment = desk.model.environment.name;
  const std::vector<Manifest>& manifests = desk.project.manifests;
  Telling telling(call, desk);
  Came whole;
  for (const auto& [name, came] : came_of(desk.store->steps(result.run))) {
    const std::string_view event = came.event(result.status);
    const std::string head = fmt::format("{} in {}: {}", name, environment, event);
    const std::optional<DeploymentId> deployment = desk.model.deployment(name);
    const Value* wanted = deployment ? desk.model.deployments[*deployment].spec.find("notify") : nullptr;
    for (const Listening& who : who_hears(wanted, event, manifests, environment)) {
      telling.tell(who, head, message_of(fmt::format("{} (run {})", head, result.run), came, result.run));
    }
    whole.add(came);
  }
  const std::string_view event = result.status == RunStatus::succeeded     ? "succeeded"
                                 : result.status == RunStatus::rolled_back ? "rolledBack"
                                                                           : "failed";
  const std::string head = fmt::format("Run {} in {}: {}", result.run, environment, event);
  for (const Listening& who : who_hears(notify_of_environment(manifests, environment), event, manifests, environment)) {
    telling.tell(who, head, message_of(head, whole, result.run));
  }
}

}  // namespace verba
