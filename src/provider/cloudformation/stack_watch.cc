// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_watch.h"

#include <algorithm>
#include <coroutine>
#include <optional>
#include <utility>

namespace verba {
namespace {

constexpr Milliseconds first_interval{50};
constexpr Milliseconds longest_interval{900};
constexpr Milliseconds between_calls{500};
constexpr int calls_ahead = 10;
constexpr int slowest = 16;

StackLook stopped() {
  AwsFailure failure;
  failure.message = "it was broken off";
  failure.stopped = true;
  return {.failure = std::move(failure)};
}

}  // namespace

/// One who waits. Awaiting it ends when there is an answer, when nobody looks any more, or at `stop`.
class StackWatch::Waiting {
 public:
  Waiting(StackWatch& watch, std::string asked, bool at_once)
      : stack(std::move(asked)), urgent(at_once), since(watch.looks_), watch_(watch) {
    watch_.waiting_.push_back(this);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    std::erase(watch_.waiting_, this);
    if (timer_) watch_.system_.cancel(*timer_);
  }

  /// From poll(): the one who looks goes on first.
  void wake() {
    if (timer_ || !waiting_) return;
    timer_ = watch_.system_.after(Milliseconds(0), [this] {
      timer_.reset();
      std::exchange(waiting_, {}).resume();  // may destroy this
    });
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  void await_resume() const noexcept {}

  std::string stack;
  bool urgent;
  std::uint64_t since;  ///< the number of looks that had begun before
  std::optional<StackLook> answer;

 private:
  StackWatch& watch_;
  std::optional<TimerId> timer_;
  std::coroutine_handle<> waiting_;
};

/// The one who looks; whatever becomes of that, another one goes on.
class StackWatch::Turn {
 public:
  explicit Turn(StackWatch& watch) : watch_(watch) { watch_.busy_ = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    watch_.busy_ = false;
    for (Waiting* one : watch_.waiting_) one->wake();
  }

 private:
  StackWatch& watch_;
};

/// The pause before a look. Awaiting it ends when it is over, or soon after hurry().
class StackWatch::Rest {
 public:
  Rest(StackWatch& watch, Milliseconds length) : watch_(watch) {
    watch_.rest_ = this;
    begin(length);
  }
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;
  ~Rest() {
    watch_.rest_ = nullptr;
    if (timer_) watch_.system_.cancel(*timer_);
  }

  /// From poll(): who hurries is on his way into waiting himself.
  void hurry() {
    is_over = false;
    if (timer_) watch_.system_.cancel(*timer_);
    begin(Milliseconds(0));
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  void await_resume() const noexcept {}

  bool is_over = true;  ///< it was not cut short

 private:
  void begin(Milliseconds length) {
    timer_ = watch_.system_.after(length, [this] {
      timer_.reset();
      std::exchange(waiting_, {}).resume();  // may destroy this
    });
  }

  StackWatch& watch_;
  std::optional<TimerId> timer_;
  std::coroutine_handle<> waiting_;
};

void StackWatch::count_calls(std::size_t calls) {
  const auto first = std::max(paid_until_, system_.steady() - calls_ahead * between_calls);
  paid_until_ = first + static_cast<int>(calls) * between_calls;
}

bool StackWatch::has_room(std::size_t calls) const {
  return paid_until_ + static_cast<int>(calls) * between_calls <= system_.steady();
}

Milliseconds StackWatch::owed() const {
  return std::chrono::ceil<Milliseconds>(paid_until_ - system_.steady());
}

bool StackWatch::is_urgent() const {
  return std::ranges::any_of(waiting_, &Waiting::urgent);
}

Async<StackLook> StackWatch::now(std::string stack, Stop& stop) {
  return wait(std::move(stack), true, stop);
}

Async<StackLook> StackWatch::next(std::string id, Stop& stop) {
  if (waiting_.empty() && system_.steady() - looked_ > longest_interval) {
    interval_ = first_interval;
    looked_ = system_.steady();
  }
  return wait(std::move(id), false, stop);
}

Async<StackLook> StackWatch::wait(std::string stack, bool urgent, Stop& stop) {
  Waiting me(*this, std::move(stack), urgent);
  if (urgent && rest_ != nullptr) rest_->hurry();
  const Stop::Watch watch(stop, [&me] { me.wake(); });
  while (!me.answer && !stop.requested()) {
    if (busy_) {
      co_await me;
      continue;
    }
    const Turn turn(*this);
    Async<bool> resting = rest(stop);
    const bool go_on = co_await resting;
    if (!go_on) break;
    Async<bool> looking = look(stop);
    co_await looking;
  }
  co_return me.answer ? *std::move(me.answer) : stopped();
}

/// As long as the calls of late ask for, and until the next look is due, unless somebody comes who has seen nothing
/// yet. Even then others who begin in the same moment are waited for.
Async<bool> StackWatch::rest(Stop& stop) {
  for (bool is_over = false; !is_over && !stop.requested();) {
    const auto due = std::chrono::ceil<Milliseconds>(looked_ + interval_ * slower_ - system_.steady());
    const Milliseconds length = is_urgent() ? owed() : std::max(due, owed());
    Rest resting(*this, std::max(length, Milliseconds(0)));
    const Stop::Watch watch(stop, [&resting] { resting.hurry(); });
    co_await resting;
    is_over = resting.is_over;
  }
  co_return !stop.requested();
}

/// Answers all who wait now. Who comes while it is under way gets nothing of it: what it shows may be from before what
/// he waits for had begun.
Async<bool> StackWatch::look(Stop& stop) {
  const std::uint64_t number = ++looks_;
  std::vector<std::string> stacks;
  for (const Waiting* one : waiting_) stacks.push_back(one->stack);
  if (!std::ranges::all_of(waiting_, &Waiting::urgent)) {
    looked_ = system_.steady();
    interval_ = std::min(interval_ * 2, longest_interval);
  }
  std::ranges::sort(stacks);
  stacks.erase(std::unique(stacks.begin(), stacks.end()), stacks.end());
  throttled_ = false;
  Async<Looks> seeing = see(std::move(stacks), stop);
  const Looks looks = co_await seeing;
  slower_ = throttled_ ? std::min(slower_ * 2, slowest) : 1;
  if (stop.requested()) co_return false;
  for (Waiting* one : waiting_) {
    if (one->since >= number) continue;
    if (const auto found = looks.find(one->stack); found != looks.end()) one->answer = found->second;
  }
  co_return true;
}

StackWatches::Share::Share(StackWatches& watches, AwsAccount& account, System& system)
    : watches_(watches), account_(&account) {
  Shared& shared = watches_.all_[account_];
  if (!shared.watch) shared.watch = std::make_unique<StackWatch>(account, system);
  ++shared.shares;
  watch_ = shared.watch.get();
}

StackWatches::Share::~Share() {
  const auto shared = watches_.all_.find(account_);
  if (--shared->second.shares == 0) watches_.all_.erase(shared);
}

}  // namespace verba
