// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/framing.h"

#include <algorithm>
#include <utility>

#include "base/number.h"

namespace verba {
namespace {

constexpr std::size_t report_limit_bytes = std::size_t{16} << 20;

/// How much of the end of `text` may be the beginning of `mark`.
std::size_t half_seen(std::string_view text, std::string_view mark) {
  for (std::size_t length = std::min(text.size(), mark.size() - 1); length > 0; --length) {
    if (mark.starts_with(text.substr(text.size() - length))) return length;
  }
  return 0;
}

}  // namespace

void Framing::take(std::string_view bytes, const Sink& script, const Sink& noise) {
  if (state_ == State::over) return;  // of what it left running in the background
  held_ += bytes;
  while (step(script, noise)) {
  }
}

void Framing::end(const Sink& script, const Sink& noise) {
  const std::string rest = std::exchange(held_, {});
  if (!rest.empty() && state_ == State::noise) noise(rest);
  if (!rest.empty() && state_ == State::script) script(rest);
}

/// Handles what is before the next word of ours, and that word. False: there is no whole one yet.
bool Framing::step(const Sink& script, const Sink& noise) {
  switch (state_) {
    case State::noise:
      return find_word(noise);
    case State::script:
      return find_word(script);
    case State::report:
      return find_word([this](std::string_view bytes) { keep_report(bytes); });
    case State::over:
      held_.clear();
      return false;
  }
  return false;
}

bool Framing::find_word(const Sink& before) {
  const std::size_t at = held_.find(mark_);
  const std::size_t plain = at != std::string::npos ? at : held_.size() - half_seen(held_, mark_);
  if (plain > 0) before(std::string_view(held_).substr(0, plain));
  held_.erase(0, plain);
  if (at == std::string::npos) return false;
  const std::size_t line_end = held_.find('\n');
  if (line_end == std::string::npos) return false;
  const std::string line = held_.substr(mark_.size(), line_end - mark_.size());
  held_.erase(0, line_end + 1);
  if (line.starts_with(' ') && line.size() >= 2) {
    word(line[1], std::string_view(line).substr(std::min<std::size_t>(3, line.size())));
  } else {
    before("sh" + line + "\n");  // the shell complains, and takes the mark for its own name
  }
  return true;
}

void Framing::word(char what, std::string_view number) {
  if (what == 'b' && state_ == State::noise) {
    process_ = number_in<std::int64_t>(number);
    if (process_) state_ = State::script;
  } else if (what == 'e' && framed_ && state_ == State::script) {
    const std::optional<int> code = number_in<int>(number);
    code_ = code.value_or(255);
    state_ = State::report;
  } else if (what == 'z' && (state_ == State::report || (!framed_ && state_ == State::script))) {
    state_ = State::over;
  }
}

void Framing::keep_report(std::string_view bytes) {
  const std::size_t room = report_limit_bytes - report_.size();
  report_.append(bytes.substr(0, room));
  if (bytes.size() > room) report_cut_ = true;
}

}  // namespace verba
