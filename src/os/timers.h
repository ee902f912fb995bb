// SPDX-License-Identifier: Apache-2.0
// What is to be called later.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "os/system.h"

namespace verba {

/// Timers in order of their time, those of the same time in order of making. Knows no clock: it is told the time. One
/// thread. A callback may add and cancel timers.
class Timers {
 public:
  using Time = std::chrono::nanoseconds;

  TimerId add(Time at, std::function<void()> call) {
    const TimerId id = ++last_;
    times_.emplace(id, at);
    calls_.emplace(std::pair(at, id), std::move(call));
    return id;
  }

  /// One that was called or cancelled already is fine.
  void cancel(TimerId id) {
    const auto found = times_.find(id);
    if (found == times_.end()) return;
    calls_.erase(std::pair(found->second, id));
    times_.erase(found);
  }

  bool empty() const { return calls_.empty(); }

  std::optional<Time> next() const {
    if (calls_.empty()) return std::nullopt;
    return calls_.begin()->first.first;
  }

  /// Calls every one that is due at `now` and was there at the beginning. Says whether there was any.
  bool call_due(Time now) {
    const TimerId newest = last_;
    bool any = false;
    for (auto first = calls_.begin(); first != calls_.end() && first->first.first <= now; first = calls_.begin()) {
      if (first->first.second > newest) break;
      const std::function<void()> call = std::move(first->second);
      times_.erase(first->first.second);
      calls_.erase(first);
      any = true;
      call();
    }
    return any;
  }

 private:
  std::map<std::pair<Time, TimerId>, std::function<void()>> calls_;
  std::map<TimerId, Time> times_;
  TimerId last_ = 0;
};

}  // namespace verba
