// SPDX-License-Identifier: Apache-2.0
// A run on a terminal: finished steps scroll by above a block that redraws in place.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "run/event.h"
#include "run/progress.h"
#include "view/live/screen.h"
#include "view/text/style.h"

namespace verba {

/// Draws at most ten frames a second, each with one call of `write`. Nobody else may write to the terminal meanwhile.
class LiveRun : public Listener {
 public:
  struct Settings {
    std::function<void(std::string_view)> write;
    std::function<ScreenSize()> size;               ///< asked for every frame: people resize windows
    std::map<std::string, std::int64_t> durations;  ///< of earlier runs, milliseconds by address
    Style style;
  };
  explicit LiveRun(Settings settings) : settings_(std::move(settings)) {}
  void on(const Event&) noexcept override;
  void tick(Instant) noexcept override;

 private:
  void scroll(const Event&);
  void draw(Instant now);
  void tell_skipped();

  Settings settings_;
  Progress progress_;
  std::optional<Milliseconds> expected_;
  std::vector<std::string> printed_;  ///< the end of what each step printed, for those that fail
  std::vector<StepEnded> skipped_;    ///< not told yet
  std::string above_;                 ///< lines that wait to scroll above the block
  std::size_t block_lines_ = 0;       ///< of the last frame, still on the screen
  Instant drawn_;
};

}  // namespace verba
