// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <coroutine>
#include <optional>
#include <string_view>
#include <utility>

#include "aws/retry.h"

namespace verba {
namespace {

constexpr Milliseconds first_interval{50};
constexpr Milliseconds longest_interval{900};
constexpr Milliseconds between_calls{500};
constexpr int calls_ahead = 10;
constexpr int slowest = 16;

/// Of all that is at work, so that a stack that is not among them rests.
constexpr std::string_view at_work[] = {"CREATE_IN_PROGRESS",
                                        "DELETE_IN_PROGRESS",
                                        "IMPORT_IN_PROGRESS",
                                        "IMPORT_ROLLBACK_IN_PROGRESS",
                                        "ROLLBACK_IN_PROGRESS",
                                        "UPDATE_IN_PROGRESS",
                                        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                                        "UPDATE_ROLLBACK_IN_PROGRESS",
                                        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"};

bool is_id(std::string_view stack) {
  return stack.starts_with("arn:");
}

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

Async<AwsAnswer> StackWatch::call(std::string action, Variables parameters, Stop& stop) {
  count_calls(1);
  Async<AwsAnswer> asking = call_stacks(account_, std::move(action), std::move(parameters), stop);
  AwsAnswer answer = co_await asking;
  throttled_ = throttled_ || (answer.failure && trouble_of(*answer.failure) == AwsTrouble::throttled);
  co_return answer;
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

Async<StackWatch::Looks> StackWatch::see(std::vector<std::string> stacks, Stop& stop) {
  Looks looks;
  if (pages_ > busy_pages_ && stacks.size() > busy_pages_ && std::ranges::all_of(stacks, is_id)) {
    Async<bool> listing = look_at_busy(stacks, &looks, stop);
    co_await listing;
  }
  if (stacks.size() - looks.size() > pages_ && !throttled_) {
    Async<bool> paging = look_by_pages(stacks, &looks, stop);
    co_await paging;
  }
  for (const std::string& stack : stacks) {
    if (throttled_ || stop.requested()) break;  // the others wait for the next look
    if (looks.contains(stack)) continue;
    count_calls(1);
    Async<StackLook> asking = look_at(account_, stack, stop);
    StackLook one = co_await asking;
    throttled_ = one.failure && trouble_of(*one.failure) == AwsTrouble::throttled;
    looks.emplace(stack, std::move(one));
  }
  co_return looks;
}

/// Those of them that are at work: with their status, and nothing else.
Async<bool> StackWatch::look_at_busy(const std::vector<std::string>& ids, Looks* looks, Stop& stop) {
  std::string next;
  std::size_t pages = 0;
  do {
    Variables parameters;
    std::size_t number = 0;
    for (const std::string_view status : at_work) {
      parameters.emplace_back(fmt::format("StackStatusFilter.member.{}", ++number), status);
    }
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call("ListStacks", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure) {
      busy_pages_ = pages_;  // who may not list them asks otherwise
      looks->clear();
      co_return false;
    }
    for (const Value& summary : list_at(answer.value, {"StackSummaries"})) {
      Stack stack = stack_of(summary);
      const std::string id = stack.id;
      if (std::ranges::binary_search(ids, id)) looks->emplace(id, StackLook{.stack = std::move(stack)});
    }
    next = text_at(answer.value, {"NextToken"});
    ++pages;
  } while (!next.empty());
  busy_pages_ = pages;
  co_return true;
}

/// Stacks that have gone are on no page: of one that is asked for by its name there is none then.
Async<bool> StackWatch::look_by_pages(const std::vector<std::string>& stacks, Looks* looks, Stop& stop) {
  std::string next;
  std::size_t pages = 0;
  do {
    Variables parameters;
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call("DescribeStacks", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure) co_return false;
    for (const Value& description : list_at(answer.value, {"Stacks"})) {
      const StackLook look{.stack = stack_of(description)};
      for (const std::string* asked : {&look.stack->id, &look.stack->name}) {
        if (std::ranges::binary_search(stacks, *asked)) looks->insert_or_assign(*asked, look);
      }
    }
    next = text_at(answer.value, {"NextToken"});
    ++pages;
  } while (!next.empty());
  pages_ = pages;
  for (const std::string& stack : stacks) {
    if (!is_id(stack)) looks->try_emplace(stack);
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
