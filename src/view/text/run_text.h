// SPDX-License-Identifier: Apache-2.0
// A run as lines: for logs, pipes and terminals that cannot redraw.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "run/event.h"
#include "run/progress.h"
#include "view/text/style.h"

namespace verba {

/// "created", "updated", "replaced", "deleted", "ran"; "creating", ... for what is under way.
std::string_view done_word(Action);
std::string_view doing_word(Action);

/// The line (or lines, with message and hint) that says how a step ended: "web.site: created in 12s".
std::string step_ended_text(const Step&, const StepEnded&, Style);

/// The same of steps that are not done any more: instances of one task with one reason are told as one when there are
/// more than five.
std::string skipped_text(const Plan&, const std::vector<StepEnded>&, Style);

/// "Still at work: web.site (2m10s), web.data (40s) and 3 more", the longest first; "" when nothing is.
std::string still_text(const Progress&, Instant now);

/// "fleet.motd: batch 2 of 4: 24 done, 1 failed (1 allowed)".
std::string batch_ended_text(const BatchEnded&, Style);

/// "Rolling back: 3 steps of this run are to be undone."
/// Which earlier runs did some of it: "run 3", "runs 3, 4"; empty when none.
std::string earlier_runs_text(const std::vector<Done>&);
std::string rollback_text(const Progress&);
/// And that it will begin in a while.
std::string rollback_waits_text(const RollbackWaits&);

/// The last lines of a run: what succeeded, failed, was not done; and what to do next. `can_resume` names the command.
std::string run_summary_text(const Progress&, Style);

/// Lines of a step's output, each with "ADDRESS | " before it.
std::string output_text(std::string_view address, std::string_view lines, Style);

/// One line for each event. What a step prints is kept together: shown when it ends, or after ten seconds. When nothing
/// was written for half a minute, and then after twice that each time, it says what is still at work.
class PlainRun : public Listener {
 public:
  /// `write` gets whole lines.
  PlainRun(std::function<void(std::string_view)> write, Style style) : write_(std::move(write)), style_(style) {}
  void on(const Event&) noexcept override;
  void tick(Instant) noexcept override;

 private:
  struct Held {
    std::string lines;
    Instant since;
  };
  void show(const Event&);
  void flush(StepNumber);
  void tell_skipped();
  void write(std::string_view lines);
  void written_at(Instant);

  std::function<void(std::string_view)> write_;
  Style style_;
  Progress progress_;
  std::vector<Held> held_;
  std::vector<StepEnded> skipped_;  ///< not told yet
  bool written_ = false;            ///< since written_at() was last called
  Instant last_;                    ///< when something was written
  Milliseconds patience_{0};        ///< how long nothing is written before it says what is at work
};

}  // namespace verba
