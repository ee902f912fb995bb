// SPDX-License-Identifier: Apache-2.0
#include "run/previewing.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "plan/definition.h"
#include "plan/inputs.h"
#include "run/inquiry.h"
#include "run/live_step.h"

namespace verba {
namespace {

bool is_asked(const Step& step) {
  const bool makes = step.action == Action::create || step.action == Action::update;
  return makes && step.task && !step.waits && !step.only_recorded && !step.restores &&
         step.occasion == Occasion::deploy;
}

class Previewing {
 public:
  using Cannot = std::function<void(const std::string&, const std::string&)>;

  Previewing(Plan& plan, const Model& model, const Snapshot& snapshot, const Surroundings& surroundings,
             const ObservationSettings& settings, const Viewpoint& from, const Cannot& cannot)
      : plan_(plan),
        model_(model),
        snapshot_(snapshot),
        surroundings_(surroundings),
        settings_(settings),
        from_(from),
        cannot_(cannot) {
    from_.hosts.on_secret([this](const Value& secret) { secrets_.add(secret); });
    from_.system.on_interrupt([this] {
      stopping_ = true;
      for (const auto& [step, question] : live_) question->stop();
    });
  }
  ~Previewing() {
    from_.system.on_interrupt({});
    from_.hosts.on_secret({});
  }
  Previewing(const Previewing&) = delete;
  Previewing& operator=(const Previewing&) = delete;

  void ask_all() {
    for (std::size_t next = 0; (next < plan_.steps.size() && !stopping_) || !live_.empty();) {
      while (next < plan_.steps.size() && !stopping_ && live_.size() < settings_.parallelism) {
        if (is_asked(plan_.steps[next])) begin(next);
        ++next;
      }
      if (!settle_ended() && !live_.empty()) from_.system.poll();
    }
    if (stopping_) throw Interrupted{};
  }

 private:
  void begin(std::size_t number) {
    Step& step = plan_.steps[number];
    Provider* provider = from_.providers.find(step.type);
    Diagnostics told_when_planning;
    std::optional<Inputs> inputs = evaluate_inputs(model_, *step.task, surroundings_, from_.sealer, told_when_planning);
    if (!provider || !inputs || inputs->waits || !provider->can_preview(inputs->resource)) return;
    secrets_.add_of(inputs->resource);
    Executor* executor = nullptr;
    AwsAccount* aws = nullptr;
    try {
      executor = &from_.hosts.of(inputs->resource);
      aws = from_.hosts.aws(inputs->resource);
    } catch (const Error& error) {  // its account cannot be got into
      return cannot_(step.address, presentable(error.diagnostic().message, secrets_));
    }
    Record record;
    if (step.record) record = snapshot_.records[*step.record];
    record.address = step.address;
    record.deployment = step.deployment;
    record.environment = plan_.environment;
    Variables environment;
    describe_place(record, environment);
    auto question = std::make_unique<Inquiry<Preview>>(
        from_.system, fmt::format("{}/preview-{}-{}", settings_.scratch_directory, from_.system.process(), number),
        std::move(environment), model_.tasks[*step.task].timeout.value_or(settings_.timeout));
    Attempt& attempt = question->at(executor, aws);
    attempt.state = state_id(from_.store);
    attempt.drifted = step.drifted;
    question->begin(provider->preview(std::move(inputs->resource), recorded(step), attempt));
    live_.emplace_back(&step, std::move(question));
  }

  std::optional<Recorded> recorded(const Step& step) {
    if (!step.record || step.action == Action::create) return std::nullopt;
    const Record& record = snapshot_.records[*step.record];
    if (!record.definition) return std::nullopt;
    Definition definition = read_definition(from_.store, *record.definition, record.address, from_.sealer);
    return Recorded{std::move(definition.resource), from_.sealer.from_sealed_json(record.outputs, record.address)};
  }

  bool settle_ended() {
    return std::erase_if(live_, [&](const auto& entry) {
             auto answer = entry.second->take();
             if (answer) note(*entry.first, std::move(*answer));
             return answer.has_value();
           }) > 0;
  }

  void note(Step& step, std::variant<Preview, std::string> answer) {
    Preview* preview = std::get_if<Preview>(&answer);
    const std::string& problem = preview != nullptr ? preview->problem : std::get<std::string>(answer);
    if (!problem.empty()) return cannot_(step.address, presentable(problem, secrets_));
    std::vector<std::string>& lines = step.preview.emplace();
    for (const std::string& change : preview->changes) lines.push_back(presentable(change, secrets_));
  }

  Plan& plan_;
  const Model& model_;
  const Snapshot& snapshot_;
  const Surroundings& surroundings_;
  const ObservationSettings& settings_;
  const Viewpoint& from_;
  const Cannot& cannot_;
  SecretWords secrets_;
  std::vector<std::pair<Step*, std::unique_ptr<Inquiry<Preview>>>> live_;
  bool stopping_ = false;
};

}  // namespace

void preview(Plan& plan, const Model& model, const Snapshot& snapshot, const Surroundings& surroundings,
             const ObservationSettings& settings, const Viewpoint& from,
             const std::function<void(const std::string& address, const std::string& why)>& cannot) {
  Previewing(plan, model, snapshot, surroundings, settings, from, cannot).ask_all();
}

}  // namespace verba
