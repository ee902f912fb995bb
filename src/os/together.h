// SPDX-License-Identifier: Apache-2.0
// Many computations at once, on the one thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "os/async.h"

namespace verba {

/// Works jobs off, so many side by side, and waits for all of them:
///
///     Together<int> all(std::move(jobs), 8);
///     const std::vector<int> results = co_await all;
///
/// The results are in the order of the jobs. What a job throws is thrown again once all have ended; the first counts.
/// Destroying it while it works abandons what is under way. Jobs may borrow what outlives it.
template <class T>
class Together {
 public:
  using Job = std::function<Async<T>()>;

  Together(std::vector<Job> jobs, std::size_t side_by_side)
      : jobs_(std::move(jobs)), results_(jobs_.size()), side_by_side_(side_by_side) {}
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

  bool await_ready() const noexcept { return jobs_.empty(); }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    left_ = 1;  // us: those that end at once do not go on without the others
    for (std::size_t i = 0; i < side_by_side_ && i < jobs_.size(); ++i) {
      ++left_;
      lanes_.push_back(work(*this));
      lanes_.back().begin();
    }
    return one_less();
  }
  std::vector<T> await_resume() {
    if (error_) std::rethrow_exception(error_);
    std::vector<T> results;
    results.reserve(results_.size());
    for (std::optional<T>& result : results_) results.push_back(*std::move(result));
    return results;
  }

 private:
  /// Takes one job after the other until there are none.
  class Lane {
   public:
    struct promise_type {
      explicit promise_type(Together& together) : all(together) {}
      struct Final {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> lane) noexcept {
          return lane.promise().all.one_less();
        }
        void await_resume() noexcept {}
      };
      Lane get_return_object() { return Lane(std::coroutine_handle<promise_type>::from_promise(*this)); }
      std::suspend_always initial_suspend() noexcept { return {}; }
      Final final_suspend() noexcept { return {}; }
      void return_void() noexcept {}
      void unhandled_exception() noexcept {
        if (!all.error_) all.error_ = std::current_exception();
      }
      Together& all;
    };
    explicit Lane(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Lane(Lane&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Lane& operator=(Lane&&) = delete;
    ~Lane() {
      if (handle_) handle_.destroy();
    }
    void begin() { handle_.resume(); }

   private:
    std::coroutine_handle<promise_type> handle_;
  };

  static Lane work(Together& all) {
    while (all.next_ < all.jobs_.size()) {
      const std::size_t at = all.next_++;
      Async<T> job = all.jobs_[at]();
      T result = co_await job;
      all.results_[at] = std::move(result);
    }
  }

  std::coroutine_handle<> one_less() noexcept { return --left_ == 0 ? waiting_ : std::noop_coroutine(); }

  std::vector<Job> jobs_;
  std::vector<std::optional<T>> results_;
  std::size_t side_by_side_;
  std::size_t next_ = 0;
  std::size_t left_ = 0;
  std::exception_ptr error_;
  std::coroutine_handle<> waiting_;
  std::vector<Lane> lanes_;
};

}  // namespace verba
