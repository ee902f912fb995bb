// SPDX-License-Identifier: Apache-2.0
#include "os/web.h"

#include <utility>

namespace verba {
namespace {

/// A request under way. Its address is known to the system: it stays where it is.
class Asking {
 public:
  explicit Asking(System& system) : system_(system) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  ~Asking() {
    if (!ended_) system_.forget(id_);
  }

  void begin(WebRequest request) {
    id_ = system_.send(std::move(request), [this](WebAnswer answer) { end(std::move(answer)); });
    ended_ = false;
  }

  void break_off() {
    if (ended_) return;
    system_.forget(id_);
    end(std::nullopt);
  }

  bool await_ready() const noexcept { return ended_; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  std::optional<WebAnswer> await_resume() { return std::move(answer_); }

 private:
  void end(std::optional<WebAnswer> answer) {
    ended_ = true;
    answer_ = std::move(answer);
    if (waiting_) std::exchange(waiting_, {}).resume();  // may destroy this
  }

  System& system_;
  WebRequestId id_ = 0;
  bool ended_ = true;  ///< before it began, too
  std::optional<WebAnswer> answer_;
  std::coroutine_handle<> waiting_;
};

}  // namespace

Async<std::optional<WebAnswer>> ask(System& system, WebRequest request, Stop& stop) {
  if (stop.requested()) co_return std::nullopt;
  Asking asking(system);
  asking.begin(std::move(request));
  const Stop::Watch watch(stop, [&asking] { asking.break_off(); });
  std::optional<WebAnswer> answer = co_await asking;
  co_return answer;
}

}  // namespace verba
