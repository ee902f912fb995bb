// SPDX-License-Identifier: Apache-2.0
#include "view/text/state_text.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "view/text/table.h"
#include "view/text/width.h"

namespace verba {
namespace {

std::string coloured(RunStatus status, Style style) {
  const auto word = to_string(status);
  if (status == RunStatus::succeeded) return style.green(word);
  return status == RunStatus::running ? std::string(word) : style.red(word);
}

std::string took(const std::optional<Instant>& started, const std::optional<Instant>& finished) {
  // Somebody may have set the clock back meanwhile.
  return started && finished ? to_string(std::max(*finished - *started, Milliseconds(0))) : "";
}

}  // namespace

std::string ago(Instant then, Instant now) {
  const auto seconds = (now.ms - then.ms) / 1000;
  const auto words = [](std::int64_t n, std::string_view unit) {
    return fmt::format("{} {}{} ago", n, unit, n == 1 ? "" : "s");
  };
  if (seconds < 60) return "just now";
  if (seconds < 2 * 3600) return words(seconds / 60, "minute");
  if (seconds < 2 * 86'400) return words(seconds / 3600, "hour");
  return words(seconds / 86'400, "day");
}

std::string short_time(Instant at) {
  std::string text = to_string(at);
  if (text.size() < 19) return text;
  text.resize(19);
  text[10] = ' ';
  return text;
}

std::string_view DeploymentStatus::state() const {
  if (held) return "in progress";
  if (started > 0) return "interrupted";
  return failed > 0 ? "failed" : "deployed";
}

std::vector<DeploymentStatus> deployment_statuses(const Snapshot& snapshot) {
  std::map<std::string, DeploymentStatus> by_name;
  for (const Record& record : snapshot.records) {
    DeploymentStatus& status = by_name[record.deployment];
    status.environment = snapshot.environment;
    status.deployment = record.deployment;
    ++status.tasks;
    if (record.status == RecordStatus::failed) ++status.failed;
    if (record.status == RecordStatus::started) ++status.started;
    if (record.expires) status.expires = std::min(*record.expires, status.expires.value_or(*record.expires));
    status.run = std::max(status.run, record.run);
    if (record.updated >= status.updated) {
      status.updated = record.updated;
      // Only the file: its tasks stand in many lines.
      status.place = record.place.substr(0, record.place.find(':'));
    }
  }
  std::vector<DeploymentStatus> all;
  for (auto& [name, status] : by_name) all.push_back(std::move(status));
  return all;
}

/// Seconds matter only near the end.
Milliseconds in_minutes(Milliseconds left) {
  constexpr Milliseconds minute{60'000};
  constexpr Milliseconds second{1'000};
  return left >= minute ? left - left % minute : left - left % second;
}

std::string status_text(const std::vector<DeploymentStatus>& all, Instant now, Style style) {
  Table table({"ENVIRONMENT", "DEPLOYMENT", "STATUS", "TASKS", "RUN", "UPDATED", "MANIFEST"});
  for (const auto& s : all) {
    std::string state(s.state());
    if (s.failed > 0) state = fmt::format("{} ({} of {})", state, s.failed, s.tasks);
    if (s.expires) state += *s.expires <= now ? ", expired" : ", expires in " + to_string(in_minutes(*s.expires - now));
    table.add({s.environment, s.deployment, state, fmt::to_string(s.tasks), fmt::to_string(s.run), ago(s.updated, now),
               s.place});
  }
  return table.text(style);
}

std::string runs_text(const std::vector<Run>& runs, Instant now, Style style) {
  Table table({"RUN", "ENVIRONMENT", "VERB", "STATUS", "STEPS", "STARTED", "TOOK", "BY", "REASON"});
  for (const Run& run : runs) {
    table.add({fmt::to_string(run.id), run.environment, run.verb, std::string(to_string(run.status)),
               fmt::format("{}/{}", run.succeeded, run.steps), ago(run.started, now), took(run.started, run.finished),
               run.owner.user, run.reason});
  }
  return table.text(style);
}

std::string run_text(const Run& run, const std::vector<StepRecord>& steps, Style style) {
  std::string out = style.bold(fmt::format("Run {}", run.id)) + ": " + run.verb + " of environment " +
                    printable(run.environment) + ", " + coloured(run.status, style) + "\n";
  out += fmt::format("  started   {} by {} on {}\n", short_time(run.started), printable(run.owner.user),
                     printable(run.owner.host));
  if (run.finished)
    out += fmt::format("  finished  {}, took {}\n", short_time(*run.finished), took(run.started, run.finished));
  if (!run.reason.empty()) out += "  reason    " + printable(run.reason) + "\n";
  out += fmt::format("  steps     {} of {} done, {} failed\n", run.succeeded, run.steps, run.failed);
  if (steps.empty()) return out;
  Table table({"STEP", "ACTION", "STATUS", "TOOK", "ATTEMPTS", "WHY"});
  std::vector<const StepRecord*> in_time;  // what never began comes last
  for (const StepRecord& step : steps) in_time.push_back(&step);
  std::ranges::stable_sort(in_time, {},
                           [](const StepRecord* step) { return std::pair(!step->started, step->started); });
  for (const StepRecord* each : in_time) {
    const StepRecord& step = *each;
    const std::string why = step.message.empty() ? step.reason : step.message;
    table.add({step.address, step.action, std::string(to_string(step.status)), took(step.started, step.finished),
               fmt::to_string(step.attempts), why});
  }
  return out + "\n" + table.text(style);
}

std::string records_text(const std::vector<Record>& records, Style style) {
  Table table({"ADDRESS", "TYPE", "ACCOUNT", "STATUS", "RUN", "UPDATED", "MANIFEST"});
  for (const Record& r : records) {
    table.add({r.address, r.type, r.account, std::string(to_string(r.status)), fmt::to_string(r.run),
               short_time(r.updated), r.place});
  }
  return table.text(style);
}

std::string holder_text(const Holder& holder) {
  return fmt::format("deployment '{}' is locked by {} on {} (process {}) since {}{}", printable(holder.deployment),
                     printable(holder.owner.user), printable(holder.owner.host), holder.owner.process,
                     short_time(holder.since), holder.reason.empty() ? "" : ": " + printable(holder.reason));
}

}  // namespace verba
