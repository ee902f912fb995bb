// SPDX-License-Identifier: Apache-2.0
#include "view/live/live_run.h"

#include <fmt/format.h>

#include "view/text/run_text.h"
#include "view/text/width.h"

namespace verba {
namespace {

constexpr Milliseconds kFrame{100};
/// A step that fails shows the end of its output; the whole is in the state's logs.
constexpr std::size_t kTailBytes = 8u << 10;

/// The terminal shows nothing between these two: no flicker. Terminals that do not know them ignore them.
constexpr std::string_view kFrameBegins = "\x1b[?2026h";
constexpr std::string_view kFrameEnds = "\x1b[?2026l";

void keep_tail(std::string& tail, std::string_view lines) {
  tail += lines;
  if (tail.size() <= 2 * kTailBytes) return;
  const auto line = tail.find('\n', tail.size() - kTailBytes);
  tail.erase(0, line == std::string::npos ? tail.size() - kTailBytes : line + 1);
}

}  // namespace

void LiveRun::on(const Event& event) noexcept {
  apply(progress_, event);
  if (progress_.plan == nullptr) return;
  if (const auto* began = std::get_if<RunBegan>(&event)) {
    printed_.resize(progress_.plan->steps.size());
    expected_ = expected_time(*progress_.plan, settings_.durations);
    draw(began->at);
    return;
  }
  printed_.resize(progress_.plan->steps.size());
  scroll(event);
  if (const auto* ended = std::get_if<RunEnded>(&event)) {
    draw(ended->at);
    return;
  }
  const Instant at = std::visit([](const auto& e) { return e.at; }, event);
  if (at - drawn_ >= kFrame) draw(at);
}

void LiveRun::tell_skipped() {
  if (!skipped_.empty()) above_ += skipped_text(*progress_.plan, skipped_, settings_.style);
  skipped_.clear();
}

void LiveRun::scroll(const Event& event) {
  if (const auto* ended = std::get_if<StepEnded>(&event); ended != nullptr && ended->status == StepStatus::skipped) {
    skipped_.push_back(*ended);
    return;
  }
  tell_skipped();
  if (const auto* waits = std::get_if<RollbackWaits>(&event)) {
    above_ += "\n" + rollback_waits_text(*waits);
  } else if (std::get_if<RollbackBegan>(&event) != nullptr) {
    above_ += "\n" + rollback_text(progress_);
  } else if (const auto* printed = std::get_if<StepPrinted>(&event)) {
    keep_tail(printed_[printed->step], printed->lines);
  } else if (const auto* retries = std::get_if<StepRetries>(&event)) {
    above_ += fmt::format("{}: {}; trying again in {}\n", printable(progress_.plan->steps[retries->step].address),
                          printable(retries->message), to_string(retries->delay));
  } else if (const auto* ended = std::get_if<StepEnded>(&event)) {
    const Step& step = progress_.plan->steps[ended->step];
    std::string& tail = printed_[ended->step];
    if (ended->status == StepStatus::failed || ended->status == StepStatus::in_doubt) {
      above_ += output_text(step.address, tail, settings_.style);
    }
    tail = {};
    above_ += step_ended_text(step, *ended, settings_.style);
  } else if (const auto* batch = std::get_if<BatchEnded>(&event)) {
    above_ += batch_ended_text(*batch, settings_.style);
  } else if (const auto* stop = std::get_if<StopAsked>(&event)) {
    above_ += stop->at_once ? "Stopping at once: running steps are being ended.\n"
                            : "Stopping: no new steps are started; press Ctrl-C again to end the running ones.\n";
  } else if (std::get_if<RunEnded>(&event) != nullptr) {
    above_ += "\n" + run_summary_text(progress_, settings_.style);
  }
}

void LiveRun::draw(Instant now) {
  tell_skipped();
  std::string frame(kFrameBegins);
  if (block_lines_ > 0) frame += fmt::format("\x1b[{}A", block_lines_);
  frame += "\r\x1b[J";
  frame += above_;
  above_.clear();
  block_lines_ = 0;
  if (!progress_.ended) {
    for (const std::string& line : live_block(progress_, now, settings_.size(), expected_, settings_.style)) {
      frame += line + "\n";
      ++block_lines_;
    }
  }
  frame += kFrameEnds;
  settings_.write(frame);
  drawn_ = now;
}

void LiveRun::tick(Instant now) noexcept {
  if (progress_.plan != nullptr && !progress_.ended && now - drawn_ >= kFrame) draw(now);
}

}  // namespace verba
