// SPDX-License-Identifier: Apache-2.0
#include "view/text/run_text.h"

#include <fmt/format.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "plan/steps.h"
#include "view/text/instances.h"
#include "view/text/width.h"

namespace verba {
namespace {

constexpr Milliseconds kHoldAtMost{10'000};
/// How long nothing is written while something is at work: at first, and at most.
constexpr Milliseconds kSilence{30'000};
constexpr Milliseconds kLongestSilence{300'000};
/// So many of what is at work are named.
constexpr std::size_t kShownAtWork = 3;
/// More than this of one step's output is not held back.
constexpr std::size_t kHoldBytes = 64u << 10;

std::string counted(std::size_t n, std::string_view words) {
  return n == 0 ? "" : fmt::format(", {} {}", n, words);
}

/// What to say to go on where a run of this plan ended.
std::string verb_again(const Plan& plan, RunStatus status) {
  if (plan.goal.undoes) return status == RunStatus::rolled_back ? "apply" : "resume";
  if (!plan.back_to) return std::string(to_string(plan.goal.kind));
  return fmt::format("rollback {} --to {}", printable(plan.goal.targets[0]), *plan.back_to);
}

/// Steps of the undoing that succeeded.
std::size_t undone(const Progress& progress) {
  std::size_t count = 0;
  for (std::size_t i = 0; progress.plan != nullptr && i < progress.plan->steps.size(); ++i) {
    const bool succeeded = i < progress.steps.size() && progress.steps[i].status == StepStatus::succeeded;
    if (succeeded && progress.plan->steps[i].undoes) ++count;
  }
  return count;
}

}  // namespace

std::string_view done_word(Action action) {
  return action == Action::run ? "ran" : participle(action);
}

std::string_view doing_word(Action action) {
  switch (action) {
    case Action::create:
      return "creating";
    case Action::update:
      return "updating";
    case Action::replace:
      return "replacing";
    case Action::remove:
      return "deleting";
    case Action::run:
      return "running";
    case Action::rollback:
      return "rolling back";
  }
  return "doing";
}

std::string step_ended_text(const Step& step, const StepEnded& ended, Style style) {
  const std::string address = style.bold(printable(step.address));
  const std::string message = printable(ended.message);
  const std::string took = to_string(ended.took);
  std::string out;
  switch (ended.status) {
    case StepStatus::succeeded:
      out = fmt::format("{}: {} in {}\n", address, style.green(done_word(step.action)), took);
      break;
    case StepStatus::unchanged:
      out = fmt::format("{}: unchanged\n", address);
      break;
    case StepStatus::failed:
      out = fmt::format("{}: {} after {}: {}\n", address, style.red(fmt::format("{} failed", to_string(step.action))),
                        took, message);
      break;
    case StepStatus::cancelled:
      out = fmt::format("{}: {} after {}\n", address, style.yellow("cancelled"), took);
      break;
    case StepStatus::skipped:
      out = fmt::format("{}: not done{}\n", address, message.empty() ? "" : ": " + message);
      break;
    case StepStatus::in_doubt:
      out = fmt::format("{}: {}: {}\n", address, style.yellow("in doubt"), message);
      break;
    case StepStatus::pending:
    case StepStatus::started:
      break;
  }
  if (!ended.hint.empty()) out += "  hint: " + printable(ended.hint) + "\n";
  return out;
}

std::string skipped_text(const Plan& plan, const std::vector<StepEnded>& skipped, Style style) {
  std::vector<std::string> signs;
  for (const StepEnded& each : skipped) {
    const auto [task, key] = instance_name(plan.steps[each.step].address);
    signs.push_back(key.empty() ? std::string() : fmt::format("{}\n{}", task, each.message));
  }
  std::string out;
  for (const std::vector<std::size_t>& together : told_together(signs)) {
    const StepEnded& first = skipped[together.front()];
    if (together.size() == 1) {
      out += step_ended_text(plan.steps[first.step], first, style);
      continue;
    }
    const auto [task, key] = instance_name(plan.steps[first.step].address);
    const std::string_view last = instance_name(plan.steps[skipped[together.back()].step].address).key;
    Step all;
    all.address = std::string(task).append(kAnyKey);
    out += step_ended_text(all, first, style) + "  " + span_text(key, last, together.size(), together.size()) + "\n";
  }
  return out;
}

std::string still_text(const Progress& progress, Instant now) {
  std::vector<StepNumber> live;
  for (StepNumber n = 0; n < progress.steps.size(); ++n) {
    if (progress.steps[n].status == StepStatus::started) live.push_back(n);
  }
  if (live.empty()) return {};
  std::ranges::stable_sort(live, {}, [&](StepNumber n) { return progress.steps[n].began; });
  std::string out = "Still at work:";
  for (std::size_t i = 0; i < std::min(live.size(), kShownAtWork); ++i) {
    out += fmt::format("{} {} ({})", i == 0 ? "" : ",", printable(progress.plan->steps[live[i]].address),
                       to_string(now - progress.steps[live[i]].began));
  }
  if (live.size() > kShownAtWork) out += fmt::format(" and {} more", live.size() - kShownAtWork);
  return out + "\n";
}

std::string batch_ended_text(const BatchEnded& batch, Style style) {
  std::string out = fmt::format("{}: batch {} of {}: {} done", style.bold(printable(batch.rollout)), batch.number,
                                batch.of, batch.succeeded);
  out += counted(batch.unchanged, "unchanged");
  if (batch.failed > 0) {
    out += ", " + style.red(fmt::format("{} failed", batch.failed));
    const std::string so_far = batch.failures > batch.failed ? fmt::format("{} so far, ", batch.failures) : "";
    out += fmt::format(" ({}{} allowed)", so_far, batch.allowed == 0 ? "none" : std::to_string(batch.allowed));
  }
  return out + counted(batch.skipped, "not done") + "\n";
}

std::string output_text(std::string_view address, std::string_view lines, Style style) {
  const std::string before = style.dim(printable(address) + " |");
  std::string out;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    const std::string line = printable(lines.substr(0, end));
    out += line.empty() ? before + "\n" : before + " " + line + "\n";
    lines = end == std::string_view::npos ? std::string_view{} : lines.substr(end + 1);
  }
  return out;
}

std::string rollback_waits_text(const RollbackWaits& waits) {
  return fmt::format("Rolling back in {}: Ctrl-C keeps what is done.\n", to_string(waits.delay));
}

std::string earlier_runs_text(const std::vector<Done>& all) {
  std::set<RunId> runs;
  for (const Done& done : all) {
    if (done.run != 0) runs.insert(done.run);
  }
  if (runs.empty()) return {};
  return fmt::format("run{} {}", runs.size() == 1 ? "" : "s", fmt::join(runs, ", "));
}

std::string rollback_text(const Progress& progress) {
  const std::size_t undone = progress.plan->done.size();
  const std::string earlier = earlier_runs_text(progress.plan->done);
  return fmt::format("Rolling back: {} step{} of this run{} {} to be undone.\n", undone, undone == 1 ? "" : "s",
                     earlier.empty() ? "" : " and " + earlier, undone == 1 ? "is" : "are");
}

std::string run_summary_text(const Progress& progress, Style style) {
  const auto status = progress.status.value_or(RunStatus::running);
  const Milliseconds length = progress.ended.value_or(progress.began) - progress.began;
  const std::string took = to_string(std::max(length, Milliseconds(0)));  // somebody may have set the clock back
  const std::string head = fmt::format("Run {} {} in {}", progress.run, to_string(status), took);
  std::string out = status == RunStatus::succeeded ? style.green(head) : style.red(head);
  out += fmt::format(": {} done", progress.count(StepStatus::succeeded) - undone(progress));
  out += counted(progress.count(StepStatus::unchanged), "unchanged");
  out += counted(progress.count(StepStatus::failed), "failed");
  out += counted(progress.count(StepStatus::cancelled), "cancelled");
  out += counted(progress.count(StepStatus::in_doubt), "in doubt");
  out += counted(progress.count(StepStatus::skipped) + progress.count(StepStatus::pending), "not done");
  out += counted(undone(progress), "undone") + "\n";
  if (status == RunStatus::rollback_failed) {
    out += "Not everything could be undone; `verba status` shows what was left half done.\n";
  }
  const std::string verb = progress.plan == nullptr ? "apply" : verb_again(*progress.plan, status);
  if (status == RunStatus::failed || status == RunStatus::rolled_back || status == RunStatus::rollback_failed)
    out += fmt::format(
        "See it again with `verba show {0}` and `verba logs {0}`; "
        "`verba {1}` goes on from here.\n",
        progress.run, verb);
  if (status == RunStatus::cancelled || status == RunStatus::interrupted) {
    out += fmt::format("`verba {}` goes on from here.\n", verb);
  }
  return out;
}

void PlainRun::on(const Event& event) noexcept {
  apply(progress_, event);
  if (progress_.plan == nullptr) return;
  held_.resize(progress_.plan->steps.size());
  show(event);
  const Instant at = std::visit([](const auto& e) { return e.at; }, event);
  if (std::get_if<RunBegan>(&event) != nullptr) written_ = true;  // whoever began it has just shown the plan
  written_at(at);
}

void PlainRun::write(std::string_view lines) {
  write_(lines);
  written_ = true;
}

void PlainRun::written_at(Instant at) {
  if (!std::exchange(written_, false)) return;
  last_ = at;
  patience_ = kSilence;
}

void PlainRun::tell_skipped() {
  if (skipped_.empty()) return;
  write(skipped_text(*progress_.plan, skipped_, style_));
  skipped_.clear();
}

void PlainRun::show(const Event& event) {
  const auto step_of = [this](StepNumber n) -> const Step& { return progress_.plan->steps[n]; };
  if (const auto* ended = std::get_if<StepEnded>(&event); ended != nullptr && ended->status == StepStatus::skipped) {
    skipped_.push_back(*ended);
    return;
  }
  tell_skipped();
  if (const auto* waits = std::get_if<RollbackWaits>(&event)) {
    write("\n" + rollback_waits_text(*waits));
  } else if (std::get_if<RollbackBegan>(&event) != nullptr) {
    write("\n" + rollback_text(progress_));
  } else if (const auto* began = std::get_if<StepBegan>(&event)) {
    const Step& step = step_of(began->step);
    write(began->attempt == 1 ? fmt::format("{}: {}\n", style_.bold(printable(step.address)), doing_word(step.action))
                              : fmt::format("{}: {}, attempt {}\n", style_.bold(printable(step.address)),
                                            doing_word(step.action), began->attempt));
  } else if (const auto* printed = std::get_if<StepPrinted>(&event)) {
    Held& held = held_[printed->step];
    if (held.lines.empty()) held.since = printed->at;
    held.lines += printed->lines;
    const bool now = is_asking(progress_.plan->steps[printed->step]) || held.lines.size() > kHoldBytes;
    if (now && held.lines.back() == '\n') flush(printed->step);
  } else if (const auto* retries = std::get_if<StepRetries>(&event)) {
    flush(retries->step);
    write(fmt::format("{}: {}; trying again in {}\n", style_.bold(printable(step_of(retries->step).address)),
                      printable(retries->message), to_string(retries->delay)));
  } else if (const auto* ended = std::get_if<StepEnded>(&event)) {
    flush(ended->step);
    write(step_ended_text(step_of(ended->step), *ended, style_));
  } else if (const auto* batch = std::get_if<BatchEnded>(&event)) {
    write(batch_ended_text(*batch, style_));
  } else if (const auto* stop = std::get_if<StopAsked>(&event)) {
    write(stop->at_once ? "Stopping at once: running steps are being ended.\n"
                        : "Stopping: no new steps are started; press Ctrl-C again to end the running ones.\n");
  } else if (std::get_if<RunEnded>(&event) != nullptr) {
    for (StepNumber n = 0; n < held_.size(); ++n) flush(n);
    write("\n" + run_summary_text(progress_, style_));
  }
}

void PlainRun::flush(StepNumber number) {
  Held& held = held_[number];
  if (held.lines.empty()) return;
  write(output_text(progress_.plan->steps[number].address, held.lines, style_));
  held.lines.clear();
}

void PlainRun::tick(Instant now) noexcept {
  if (progress_.plan == nullptr) return;
  tell_skipped();
  for (StepNumber n = 0; n < held_.size(); ++n) {
    const Held& held = held_[n];
    if (!held.lines.empty() && held.lines.back() == '\n' && now - held.since >= kHoldAtMost) flush(n);
  }
  written_at(now);
  if (now - last_ < patience_) return;
  if (const std::string still = still_text(progress_, now); !still.empty()) write_(still);
  last_ = now;
  patience_ = std::min(2 * patience_, kLongestSilence);
}

}  // namespace verba
