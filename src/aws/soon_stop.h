// SPDX-License-Identifier: Apache-2.0
// How long is waited for STS: nothing else can begin before it has answered.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/answer.h"
#include "base/instant.h"
#include "os/process.h"
#include "os/system.h"

namespace verba {

constexpr Milliseconds sts_limit{30'000};

/// A stop of its own: requested when another one is, and after `sts_limit`. Borrows both.
class SoonStop {
 public:
  SoonStop(System& system, Stop& stop) : system_(system), watch_(stop, [own = own_] { own->request(); }) {
    timer_ = system.after(sts_limit, [this, own = own_] {
      timer_.reset();
      own->request();
    });
  }
  ~SoonStop() {
    if (timer_) system_.cancel(*timer_);
  }
  SoonStop(const SoonStop&) = delete;
  SoonStop& operator=(const SoonStop&) = delete;
  Stop& stop() { return *own_; }

 private:
  System& system_;
  std::shared_ptr<Stop> own_ = std::make_shared<Stop>();  ///< shared with whoever is requesting it
  std::optional<TimerId> timer_;
  Stop::Watch watch_;
};

/// Why there is nothing from STS after that time.
inline std::string late_text(const AwsFailure& stopped, std::string_view endpoint) {
  if (!stopped.last.empty())
    return fmt::format("no good answer within {}, at last: {}", to_string(sts_limit), stopped.last);
  return fmt::format("no answer within {} (STS at {})", to_string(sts_limit), endpoint);
}

}  // namespace verba
