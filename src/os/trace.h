// SPDX-License-Identifier: Apache-2.0
// What a process that died left to know about its children. A text file, appended to line by line:
//
//   began LABEL witnessed|alone SLOT PROCESS MILLISECONDS    by the child, before it executes; time since boot
//   ended LABEL CODE                                         by the child itself (witnessed), by its parent, or by both
//
// It is not flushed to the disk: it is about processes, and none outlives a power loss.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/system.h"

namespace verba {

struct TracedChild {
  std::int64_t process = 0;  ///< also its group
  std::int64_t began_ms = 0;
  bool witnessed = false;
  std::string slot = {};
  std::optional<int> code;  ///< nothing: no end is known
};

/// Where a traced child prints.
std::string printed_file(const Trace&, Stream);

/// The slots of one trace. Those that were given back are taken first, so that there are few files.
class Slots {
 public:
  std::string take();
  void give_back(std::string slot) { free_.push_back(std::move(slot)); }
  /// All that were ever taken.
  std::vector<std::string> all() const;

 private:
  std::vector<std::string> free_;
  std::size_t taken_ = 0;
};

/// The last child of each label. Lines that are cut or mean nothing are passed over.
std::map<std::string, TracedChild, std::less<>> read_trace(std::string_view text);

}  // namespace verba
