// SPDX-License-Identifier: Apache-2.0
// A finding thrown: the operation in hand cannot go on.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "base/diagnostic.h"

namespace verba {

/// The one exception of the program. Thrown when the world breaks under us (disk, database, spawn, network) or
/// when a command cannot go on. Not for a step that failed (an Outcome), nor for findings of which there may be
/// more (Diagnostics).
class Error : public std::exception {
 public:
  /// Decides the exit code: usage and manifest 2, state and locked 4, the others 1.
  enum class Kind { usage, manifest, provider, state, locked, system };

  Error(Kind kind, Diagnostic diagnostic);
  /// The short form: stable code, message, hint.
  Error(Kind kind, std::string_view code, std::string message, std::string hint = {});

  Kind kind() const noexcept { return kind_; }
  const Diagnostic& diagnostic() const noexcept { return diagnostic_; }
  /// Adds a Frame. Called only by while_doing().
  Error& during(std::string doing, Where where = {});
  const char* what() const noexcept override { return diagnostic_.message.c_str(); }

 private:
  Kind kind_;
  Diagnostic diagnostic_;
};

/// Runs `body`; an Error that escapes gains a Frame. The one place that catches in order to rethrow.
template <class Body>
decltype(auto) while_doing(std::string_view doing, Where where, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.during(std::string(doing), where);
    throw;
  }
}

/// The person pressed Ctrl-C before a run had begun. Not an Error, so catching Errors never swallows it.
struct Interrupted {};

/// A mistake of ours: prints file:line and aborts. Never reachable from user input.
[[noreturn]] void bug(std::string_view what, const char* file = __builtin_FILE(), int line = __builtin_LINE());

}  // namespace verba
