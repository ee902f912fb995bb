// SPDX-License-Identifier: Apache-2.0
#include "view/live/screen.h"

#include <algorithm>

#include <fmt/format.h>

#include "graph/graph.h"
#include "view/text/width.h"

namespace verba {
namespace {

constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kNarrowestBar = 8;

/// Whole seconds: a screen that is read at a glance.
std::string seconds(Milliseconds length) {
  return to_string(std::chrono::duration_cast<Milliseconds>(std::chrono::floor<std::chrono::seconds>(length)));
}

std::string head_text(const Progress& progress, Instant now, std::size_t running,
                      std::optional<Milliseconds> expected) {
  std::string text = fmt::format(" {}/{}", progress.done(), progress.steps.size());
  text += fmt::format("  {} running", running);
  if (const auto failed = progress.count(StepStatus::failed); failed > 0) text += fmt::format("  {} failed", failed);
  const Milliseconds elapsed = progress.ended.value_or(now) - progress.began;
  text += "  " + seconds(elapsed);
  if (expected && *expected > elapsed) text += " of about " + seconds(*expected);
  if (progress.stopping) text += "  stopping";
  return text;
}

std::string head_line(const Progress& progress, Instant now, std::size_t running, std::size_t columns,
                      std::optional<Milliseconds> expected, Style style) {
  const std::string text = head_text(progress, now, running, expected);
  const std::size_t taken = display_width(text) + 2;
  if (columns < taken + kNarrowestBar) return clipped(text.substr(1), columns);
  const std::size_t width = std::min(kWidestBar, columns - taken);
  const std::size_t all = std::max<std::size_t>(progress.steps.size(), 1);
  const std::size_t full = width * progress.done() / all;
  const std::string bar(full, '#');
  const bool failed = progress.count(StepStatus::failed) > 0;
  return "[" + (failed ? style.red(bar) : style.green(bar)) + std::string(width - full, '-') + "]" + text;
}

std::string step_line(const Step& step, const StepProgress& now_of, Instant now, std::size_t columns, Style style) {
  const std::size_t name_columns = std::clamp<std::size_t>(columns / 3, 10, 32);
  const std::string name = padded(clipped(printable(step.address), name_columns), name_columns);
  std::string rest = fmt::format("{:>6}", seconds(now - now_of.began));
  if (now_of.attempt > 1) rest += fmt::format("  attempt {}", now_of.attempt);
  if (!now_of.last_line.empty()) rest += "  " + printable(now_of.last_line);
  const std::size_t left = columns > name_columns + 2 ? columns - name_columns - 2 : 0;
  return clipped("  " + name, columns) + style.dim(clipped(rest, left));
}

std::vector<StepNumber> running_steps(const Progress& progress) {
  std::vector<StepNumber> running;
  for (StepNumber n = 0; n < progress.steps.size(); ++n) {
    if (progress.steps[n].status == StepStatus::started) running.push_back(n);
  }
  std::stable_sort(running.begin(), running.end(),
                   [&](StepNumber a, StepNumber b) { return progress.steps[a].began < progress.steps[b].began; });
  return running;
}

}  // namespace

std::optional<Milliseconds> expected_time(const Plan& plan, const std::map<std::string, std::int64_t>& durations) {
  std::vector<std::uint64_t> weights(plan.graph.size(), 0);
  std::size_t known = 0;
  for (std::size_t n = 0; n < plan.steps.size(); ++n) {
    const auto found = durations.find(plan.steps[n].address);
    if (found == durations.end() || n >= weights.size()) continue;
    ++known;
    weights[n] = static_cast<std::uint64_t>(std::max<std::int64_t>(found->second, 0));
  }
  if (known == 0 || known * 2 < plan.steps.size()) return std::nullopt;
  const auto below = weight_below(plan.graph, weights);
  return Milliseconds(*std::max_element(below.begin(), below.end()));
}

std::vector<std::string> live_block(const Progress& progress, Instant now, ScreenSize size,
                                    std::optional<Milliseconds> expected, Style style) {
  if (progress.plan == nullptr) return {};
  const auto running = running_steps(progress);
  std::vector<std::string> lines;
  lines.push_back(head_line(progress, now, running.size(), size.columns, expected, style));
  const std::size_t room = size.rows > 4 ? size.rows - 3 : 1;
  const bool all_fit = running.size() <= room;
  const std::size_t shown = all_fit ? running.size() : room - 1;
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(step_line(progress.plan->steps[running[i]], progress.steps[running[i]], now, size.columns, style));
  }
  if (!all_fit) lines.push_back(clipped(fmt::format("  ... and {} more", running.size() - shown), size.columns));
  return lines;
}

}  // namespace verba
