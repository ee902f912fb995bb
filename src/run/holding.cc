// SPDX-License-Identifier: Apache-2.0
#include "run/holding.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/error.h"
#include "provider/mask.h"
#include "run/inquiry.h"
#include "run/live_step.h"

namespace verba {
namespace {

class Asking {
 public:
  using Cannot = std::function<void(const std::string&, const std::string&)>;

  Asking(const std::vector<Withdrawal>& withdrawals, const Plan& plan, const ObservationSettings& settings,
         const Viewpoint& from, const Cannot& cannot)
      : withdrawals_(withdrawals),
        plan_(plan),
        settings_(settings),
        from_(from),
        cannot_(cannot),
        answers_(withdrawals.size()) {
    from_.hosts.on_secret([this](const Value& secret) { secrets_.add(secret); });
    from_.system.on_interrupt([this] {
      stopping_ = true;
      for (const auto& [index, question] : live_) question->stop();
    });
  }
  ~Asking() {
    from_.system.on_interrupt({});
    from_.hosts.on_secret({});
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  std::vector<Holding> ask_all() {
    for (std::size_t next = 0; (next < withdrawals_.size() && !stopping_) || !live_.empty();) {
      while (next < withdrawals_.size() && !stopping_ && live_.size() < settings_.parallelism) begin(next++);
      if (!settle_ended() && !live_.empty()) from_.system.poll();
    }
    if (stopping_) throw Interrupted{};
    return std::move(answers_);
  }

 private:
  void begin(std::size_t index) {
    const Withdrawal& asked = withdrawals_[index];
    const Step& step = plan_.steps[asked.step];
    Exchanger* asked_of = exchanger(from_.providers.find(step.type));
    if (asked_of == nullptr) return;
    secrets_.add_of(asked.recorded.resource);
    secrets_.add(asked.recorded.outputs);
    if (asked.wanted) secrets_.add_of(*asked.wanted);
    Executor* executor = nullptr;
    AwsAccount* aws = nullptr;
    try {
      executor = &from_.hosts.of(asked.recorded.resource);
      aws = from_.hosts.aws(asked.recorded.resource);
    } catch (const Error& error) {  // its account cannot be got into
      return cannot_(step.address, presentable(error.diagnostic().message, secrets_));
    }
    Variables environment;
    Record record;
    record.address = step.address;
    record.deployment = step.deployment;
    record.environment = plan_.environment;
    describe_place(record, environment);
    auto question = std::make_unique<Inquiry<Holding>>(
        from_.system, fmt::format("{}/holding-{}-{}", settings_.scratch_directory, from_.system.process(), index),
        std::move(environment), settings_.timeout);
    question->begin(asked_of->held(asked.recorded, asked.wanted, question->at(executor, aws)));
    live_.emplace_back(index, std::move(question));
  }

  bool settle_ended() {
    return std::erase_if(live_, [&](const auto& entry) {
             auto answer = entry.second->take();
             if (answer) note(entry.first, *std::move(answer));
             return answer.has_value();
           }) > 0;
  }

  void note(std::size_t index, std::variant<Holding, std::string> answer) {
    Holding* holding = std::get_if<Holding>(&answer);
    const std::string& problem = holding != nullptr ? holding->problem : std::get<std::string>(answer);
    if (!problem.empty()) cannot_(plan_.steps[withdrawals_[index].step].address, presentable(problem, secrets_));
    if (holding != nullptr) answers_[index] = std::move(*holding);
  }

  const std::vector<Withdrawal>& withdrawals_;
  const Plan& plan_;
  const ObservationSettings& settings_;
  const Viewpoint& from_;
  const Cannot& cannot_;
  std::vector<Holding> answers_;
  SecretWords secrets_;
  std::vector<std::pair<std::size_t, std::unique_ptr<Inquiry<Holding>>>> live_;
  bool stopping_ = false;
};

}  // namespace

std::vector<Holding> who_holds(const std::vector<Withdrawal>& withdrawals, const Plan& plan,
                               const ObservationSettings& settings, const Viewpoint& from,
                               const std::function<void(const std::string& address, const std::string& why)>& cannot) {
  return Asking(withdrawals, plan, settings, from, cannot).ask_all();
}

}  // namespace verba
