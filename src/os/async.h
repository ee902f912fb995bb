// SPDX-License-Identifier: Apache-2.0
// Coroutines on one thread: code that waits for the world reads from top to bottom.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>
#include <variant>

namespace verba {

/// A computation that may wait. Lazy: nothing runs until it is awaited or handed to start(). Owns its frame; destroying
/// an Async that waits destroys everything it owns, innermost first, so what it awaits must unregister in its
/// destructor. One thread only (the one that polls the System). Resumption uses symmetric transfer: chains of any
/// depth use no stack.
///
/// Keep to plain forms that GCC 12 compiles rightly: `co_await` in a statement of its own or as an initialiser, never
/// inside a larger expression, and parameters by value.
template <class T>
class [[nodiscard]] Async;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> awaiting = std::noop_coroutine();
  std::exception_ptr error;

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
      return h.promise().awaiting;
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Async {
 public:
  struct promise_type : detail::PromiseBase {
    std::optional<T> value;
    Async get_return_object() { return Async(std::coroutine_handle<promise_type>::from_promise(*this)); }
    template <class U>
    void return_value(U&& v) {
      value.emplace(std::forward<U>(v));
    }
  };

  Async(Async&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Async& operator=(Async&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Async() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().awaiting = awaiting;
    return handle_;
  }
  T await_resume() {
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    return std::move(*handle_.promise().value);
  }

 private:
  explicit Async(std::coroutine_handle<promise_type> h) : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

/// A running Async that nobody awaits. Destroying it abandons the computation.
class Background {
 public:
  struct promise_type {
    Background get_return_object() { return Background(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };

  Background() = default;
  Background(Background&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Background& operator=(Background&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Background() {
    if (handle_) handle_.destroy();
  }
  bool finished() const { return !handle_ || handle_.done(); }

 private:
  explicit Background(std::coroutine_handle<promise_type> h) : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

/// What a computation came to: its value, or what it threw.
template <class T>
using Result = std::variant<T, std::exception_ptr>;

/// Begins `work` at once and runs it until it first waits. `done` is called exactly once, when it ends (perhaps before
/// start returns); `done` must not throw and must not destroy the Background.
template <class T>
Background start(Async<T> work, std::function<void(Result<T>)> done) {
  std::optional<Result<T>> result;
  try {
    T value = co_await work;
    result.emplace(std::in_place_index<0>, std::move(value));
  } catch (...) {
    result.emplace(std::in_place_index<1>, std::current_exception());
  }
  done(std::move(*result));
}

}  // namespace verba
