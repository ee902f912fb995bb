// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_watch.h"

#include <algorithm>
#include <coroutine>
#include <optional>
#include <utility>

#include "aws/retry.h"

namespace verba {
namespace {

constexpr Milliseconds first_interval{50};
constexpr Milliseconds longest_interval{1'000};
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
  Waiting(StackWatch& watch, std::string stack) : id(std::move(stack)), since(watch.looks_), watch_(watch) {
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

  std::string id;
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

void StackWatch::count_call() {
  paid_until_ = std::max(paid_until_, system_.steady() - calls_ahead * between_calls) + between_calls;
}

/// As long as the calls of late ask for.
Milliseconds StackWatch::rest() {
  const auto owed = std::chrono::ceil<Milliseconds>(paid_until_ - system_.steady());
  const Milliseconds length = std::max(interval_ * slower_, owed);
  interval_ = std::min(interval_ * 2, longest_interval);
  return length;
}

Async<StackLook> StackWatch::next(std::string id, Stop& stop) {
  if (waiting_.empty() && system_.steady() - looked_ > longest_interval) interval_ = first_interval;
  Waiting me(*this, std::move(id));
  const Stop::Watch watch(stop, [&me] { me.wake(); });
  while (!me.answer && !stop.requested()) {
    if (busy_) {
      co_await me;
      continue;
    }
    const Turn turn(*this);
    Async<bool> resting = sleep(system_, rest(), stop);
    const bool go_on = co_await resting;
    if (!go_on) break;
    Async<bool> looking = look(stop);
    co_await looking;
  }
  co_return me.answer ? *std::move(me.answer) : stopped();
}

/// Answers all who wait now. Who comes while it is under way gets nothing of it: what it shows may be from before what
/// he waits for had begun.
Async<bool> StackWatch::look(Stop& stop) {
  looked_ = system_.steady();
  const std::uint64_t number = ++looks_;
  std::vector<std::string> ids;
  for (const Waiting* one : waiting_) ids.push_back(one->id);
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::map<std::string, StackLook> looks;
  if (ids.size() > pages_) {
    Async<bool> paging = look_by_pages(&looks, stop);
    co_await paging;
  }
  bool throttled = false;
  for (const std::string& id : ids) {
    if (looks.contains(id) || stop.requested()) continue;
    count_call();
    Async<StackLook> asking = look_at(account_, id, stop);
    StackLook one = co_await asking;
    throttled = throttled || (one.failure && trouble_of(*one.failure) == AwsTrouble::throttled);
    looks.emplace(id, std::move(one));
    if (throttled) break;  // the others wait for the next look
  }
  slower_ = throttled ? std::min(slower_ * 2, slowest) : 1;
  if (stop.requested()) co_return false;
  for (Waiting* one : waiting_) {
    if (one->since >= number) continue;
    if (const auto found = looks.find(one->id); found != looks.end()) one->answer = found->second;
  }
  co_return true;
}

/// Stacks that have gone are on no page.
Async<bool> StackWatch::look_by_pages(std::map<std::string, StackLook>* looks, Stop& stop) {
  std::string next;
  std::size_t pages = 0;
  do {
    Variables parameters;
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    count_call();
    ++pages;
    Async<AwsAnswer> asking = call_stacks(account_, "DescribeStacks", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure) co_return false;
    for (const Value& description : list_at(answer.value, {"Stacks"})) {
      Stack stack = stack_of(description);
      std::string id = stack.id;
      looks->emplace(std::move(id), StackLook{.stack = std::move(stack)});
    }
    next = text_at(answer.value, {"NextToken"});
  } while (!next.empty());
  pages_ = pages;
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
