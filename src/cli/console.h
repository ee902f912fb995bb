// SPDX-License-Identifier: Apache-2.0
// Where the program reads and writes: standard output is the answer, standard error the talk.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "view/live/screen.h"

namespace verba {

/// A plain value of functions, so that tests put their own in.
struct Console {
  std::function<void(std::string_view)> out;
  std::function<void(std::string_view)> err;
  std::function<bool()> lost_output;  ///< some of `out` could not be written (a full disk); may be empty
  bool in_terminal = false;
  bool out_terminal = false;
  bool err_terminal = false;
  std::function<ScreenSize()> size;
  /// Would read_line answer at once? A terminal gives whole lines.
  std::function<bool()> has_line;
  /// One line without its end; nothing at the end of input. `meanwhile` is called every few seconds while nobody types.
  std::function<std::optional<std::string>(const std::function<void()>& meanwhile)> read_line;
};

/// The real one. Writing to a pipe that nobody reads any more is not an error: a run goes on without being watched.
Console make_console();

}  // namespace verba
