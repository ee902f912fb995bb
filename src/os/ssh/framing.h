// SPDX-License-Identifier: Apache-2.0
// What a script on another machine prints, between the words of the shell that runs it there. A marker that nobody can
// guess tells ours from the script's:
//
//   standard output   noise of the login  MARK b PID\n  output of the script  MARK e CODE\n  report  MARK z\n
//   standard error    errors of the script  MARK z\n
//
// So we know what is otherwise only guessed: that it has begun, and that it has ended by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace verba {

/// One of the two streams. Bytes are handed on as soon as they cannot be a part of a marker.
class Framing {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// `framed`: standard output, with a beginning and a report; else standard error.
  Framing(std::string mark, bool framed) : mark_(std::move(mark)), state_(framed ? State::noise : State::script) {
    framed_ = framed;
  }

  /// `script` gets what the script printed, `noise` what came before it began.
  void take(std::string_view bytes, const Sink& script, const Sink& noise);
  /// No more will come: what was kept back is handed on.
  void end(const Sink& script, const Sink& noise);

  bool began() const { return process_.has_value(); }
  std::optional<std::int64_t> process() const { return process_; }  ///< of the script's group there
  bool ended() const { return state_ == State::over; }
  int code() const { return code_; }
  const std::string& report() const { return report_; }
  bool report_cut() const { return report_cut_; }

 private:
  enum class State : std::uint8_t { noise, script, report, over };
  bool step(const Sink& script, const Sink& noise);
  bool find_word(const Sink& before);
  void word(char what, std::string_view number);
  void keep_report(std::string_view bytes);

  std::string mark_;
  State state_;
  bool framed_;
  std::string held_;
  std::optional<std::int64_t> process_;
  int code_ = 0;
  std::string report_;
  bool report_cut_ = false;
};

}  // namespace verba
