// SPDX-License-Identifier: Apache-2.0
// From the words of the command line to a command and its arguments.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "cli/command.h"

namespace verba {

/// What was said to a command, by flags or variables. The getters take the name of an Option of the command or a
/// global one (anything else is a bug of ours) and throw Error(usage) when the value is not what they give.
class Arguments {
 public:
  bool flag(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most) const;
  std::optional<Milliseconds> duration(std::string_view name) const;
  /// The words that are no flags.
  const std::vector<std::string>& words() const { return words_; }
  bool help() const { return help_; }

 private:
  friend struct Parsing;
  const std::vector<std::string>& values(std::string_view name) const;

  std::map<std::string, std::vector<std::string>, std::less<>> values_;  ///< every known option; empty: not said
  std::vector<std::string> words_;
  bool help_ = false;
};

struct Said {
  const CommandRow* command = nullptr;  ///< nothing when there were no words, or only flags such as --help
  Arguments arguments;
};

/// Finds the command and parses the rest for it. `words` is the command line without the program's name; `variable`
/// looks up the operator's environment. Throws Error(usage) with "did you mean" for what nobody knows.
Said parse_words(std::span<const CommandRow> commands, const std::vector<std::string>& words,
                 const std::function<std::optional<std::string>(const std::string&)>& variable);

/// "VERBA_LOCK_TIMEOUT".
std::string variable_of(const Option&);

}  // namespace verba
