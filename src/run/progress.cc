// SPDX-License-Identifier: Apache-2.0
#include "run/progress.h"

#include <algorithm>

namespace verba {
namespace {

constexpr std::size_t last_line_bytes = 400;

/// The last line that has something in it, without what a terminal would obey.
std::string last_line(std::string_view lines) {
  while (!lines.empty() && (lines.back() == '\n' || lines.back() == '\r')) lines.remove_suffix(1);
  const std::size_t begin = lines.rfind('\n');
  std::string line(lines.substr(begin == std::string_view::npos ? 0 : begin + 1));
  std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (line.size() > last_line_bytes) line.resize(last_line_bytes);
  return line;
}

struct Fold {
  Progress& progress;

  void operator()(const RunBegan& e) const {
    progress.run = e.run;
    progress.plan = e.plan;
    progress.began = e.at;
    progress.steps.assign(e.plan->steps.size(), {});
  }
  void operator()(const RollbackWaits&) const {}
  void operator()(const RollbackBegan& e) const {
    progress.plan = e.plan;
    progress.steps.resize(e.plan->steps.size());
  }
  void operator()(const StepBegan& e) const {
    StepProgress& step = progress.steps[e.step];
    step.status = StepStatus::started;
    step.attempt = e.attempt;
    if (e.attempt == 1) step.began = e.at;
  }
  void operator()(const StepPrinted& e) const {
    if (std::string line = last_line(e.lines); !line.empty()) progress.steps[e.step].last_line = std::move(line);
  }
  void operator()(const StepRetries& e) const { progress.steps[e.step].message = e.message; }
  void operator()(const StepEnded& e) const {
    StepProgress& step = progress.steps[e.step];
    step.status = e.status;
    step.message = e.message;
    step.hint = e.hint;
    step.took = e.took;
  }
  void operator()(const BatchEnded&) const {}
  void operator()(const StopAsked&) const { progress.stopping = true; }
  void operator()(const RunEnded& e) const {
    progress.ended = e.at;
    progress.status = e.status;
  }
};

}  // namespace

void apply(Progress& progress, const Event& event) {
  std::visit(Fold{progress}, event);
}

std::size_t Progress::count(StepStatus status) const {
  return static_cast<std::size_t>(std::ranges::count(steps, status, &StepProgress::status));
}

std::size_t Progress::done() const {
  return steps.size() - count(StepStatus::pending) - count(StepStatus::started);
}

}  // namespace verba
