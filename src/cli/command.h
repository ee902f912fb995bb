// SPDX-License-Identifier: Apache-2.0
// A command of the program as a row of a table: help, parsing, completion and the manual are read from it.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace verba {

struct Call;

/// How an answer is printed: a word of -o.
enum class Format { text, json, yaml, jsonl };
constexpr std::string_view name_of(Format format) {
  constexpr std::array<std::string_view, 4> names = {"text", "json", "yaml", "jsonl"};
  return names.at(static_cast<std::size_t>(format));
}

inline constexpr std::array text_alone = {Format::text};
inline constexpr std::array documents = {Format::text, Format::json, Format::yaml};
inline constexpr std::array documents_and_lines = {Format::text, Format::json, Format::yaml, Format::jsonl};

/// What a word may be completed to.
enum class Completes { nothing, file, environment, address, run, kind, command, words };

/// A flag. All text has static storage. Its variable is VERBA_ and the name in capitals ("lock-timeout":
/// VERBA_LOCK_TIMEOUT) unless `variable` names another; what stands on the command line is stronger.
struct Option {
  std::string_view name;        ///< without "--"
  char letter = 0;              ///< without "-"; 0: none
  std::string_view value = {};  ///< what to call its value; empty: a switch
  std::string_view summary;
  bool repeats = false;
  Completes completes = Completes::nothing;
  std::vector<std::string_view> one_of = {};
  std::string_view variable = {};
};

/// Words that are no flags, in order. Only the last may repeat.
struct Positional {
  std::string_view name;  ///< "DEPLOYMENT"
  bool required = false;
  bool repeats = false;
  Completes completes = Completes::nothing;
  std::vector<std::string_view> words = {};  ///< with Completes::words
};

struct CommandRow {
  std::string_view name;
  std::string_view group;    ///< heading in the overview; empty: not shown
  std::string_view summary;  ///< one line
  std::vector<Positional> positionals = {};
  std::vector<Option> options = {};             ///< its own, besides the global ones
  std::span<const Format> formats = documents;  ///< of -o
  bool looks_at_systems = false;                ///< what -s names is enough for it: it neither plans nor deploys
  int (*function)(Call&) = nullptr;             ///< gives the exit code; may throw Error, Exit and Interrupted
};

/// Does it take this flag of its own?
inline bool has_option(const CommandRow& command, std::string_view name) {
  return std::ranges::find(command.options, name, &Option::name) != command.options.end();
}

/// Flags that every command takes.
const std::vector<Option>& global_options();

}  // namespace verba
