// SPDX-License-Identifier: Apache-2.0
// The only file that knows CLI11. An App is built for the one command that was named, so that start-up does not grow
// with the number of commands, and global flags may stand before and after it.
#include "cli/args.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/number.h"

namespace verba {
namespace {

Error usage(std::string_view code, std::string message, std::string hint = {}) {
  return Error(Error::Kind::usage, code, std::move(message), std::move(hint));
}

std::string help_hint(const CommandRow* command) {
  return command == nullptr ? "`verba help` lists the commands"
                            : "see `verba " + std::string(command->name) + " --help`";
}

const Option* find_option(std::span<const Option> options, std::string_view word) {
  const auto end = word.find('=');
  const std::string_view name = word.substr(0, end);
  for (const Option& option : options) {
    if (name.starts_with("--") ? name.substr(2) == option.name
                               : option.letter != 0 && name.size() >= 2 && name[1] == option.letter) {
      return &option;
    }
  }
  return nullptr;
}

/// Where the command's name stands: the first word that is neither a global flag nor the value of one.
std::optional<std::size_t> command_at(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("-") || words[i] == "-") return i;
    const Option* option = find_option(global_options(), words[i]);
    const bool long_one = words[i].starts_with("--");
    const bool holds_value = long_one ? words[i].find('=') != std::string::npos : words[i].size() > 2;
    if (option != nullptr && !option->value.empty() && !holds_value) ++i;
  }
  return std::nullopt;
}

const CommandRow& find_command(std::span<const CommandRow> commands, const std::string& name) {
  for (const CommandRow& command : commands) {
    if (command.name == name) return command;
  }
  std::vector<std::string_view> names;
  for (const CommandRow& command : commands) {
    if (!command.group.empty()) names.push_back(command.name);
  }
  throw usage("usage.unknown-command", "no command is called '" + name + "'",
              did_you_mean(name, names, help_hint(nullptr)));
}

std::vector<Option> options_of(const CommandRow* command) {
  std::vector<Option> all = global_options();
  if (command != nullptr) all.insert(all.end(), command->options.begin(), command->options.end());
  return all;
}

bool truth(const std::string& text, const std::string& name) {
  for (const auto word : {"1", "true", "yes", "on"}) {
    if (text == word) return true;
  }
  for (const auto word : {"0", "false", "no", "off", ""}) {
    if (text == word) return false;
  }
  throw usage("usage.value", name + " is '" + text + "', but wants true or false");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

void refuse_unknown(std::vector<std::string> extras, const std::vector<Option>& options, const CommandRow* command) {
  // CLI11 counts the "--" after which no word is a flag among what it does not know.
  if (const auto first = std::find(extras.begin(), extras.end(), "--"); first != extras.end()) extras.erase(first);
  if (extras.empty()) return;
  std::string word = extras.front();
  word = word.substr(0, word.find('='));
  std::vector<std::string> flags = {"--help"};
  for (const Option& option : options) flags.push_back("--" + std::string(option.name));
  const std::vector<std::string_view> candidates(flags.begin(), flags.end());
  const std::string of = command == nullptr ? "verba" : "verba " + std::string(command->name);
  throw usage("usage.unknown-flag", of + " knows no flag '" + word + "'",
              did_you_mean(word, candidates, help_hint(command)));
}

void check_positionals(const std::vector<std::string>& words, const CommandRow& command) {
  std::size_t least = 0;
  bool repeats = false;
  for (const Positional& positional : command.positionals) {
    least += positional.required ? 1 : 0;
    repeats = repeats || positional.repeats;
  }
  if (words.size() < least) {
    const Positional& missing = command.positionals[words.size()];
    throw usage("usage.missing-word", "verba " + std::string(command.name) + " wants a " + std::string(missing.name),
                help_hint(&command));
  }
  if (!repeats && words.size() > command.positionals.size()) {
    throw usage(
        "usage.extra-word",
        "verba " + std::string(command.name) + " does not want the word '" + words[command.positionals.size()] + "'",
        help_hint(&command));
  }
}

/// What it can be, of this command. A word of another of its flags is most likely meant for that one.
std::string value_hint(const Option& option, const std::string& value, const CommandRow* command) {
  std::vector<std::string_view> words = option.one_of;
  if (option.name == "output" && command != nullptr) {
    words.clear();
    for (const Format format : command->formats) words.push_back(name_of(format));
  }
  for (const Option& other : command != nullptr ? command->options : std::vector<Option>()) {
    if (other.name == option.name || std::ranges::find(other.one_of, value) == other.one_of.end()) continue;
    return "did you mean `--" + std::string(other.name) + " " + value + "`?";
  }
  std::string known;
  for (const auto word : words) known += (known.empty() ? "" : ", ") + std::string(word);
  return did_you_mean(value, words, "it can be " + known);
}

void check_values(const Option& option, const std::vector<std::string>& values, const CommandRow* command) {
  if (!option.repeats && !option.value.empty() && values.size() > 1) {
    throw usage("usage.twice", "--" + std::string(option.name) + " is given twice");
  }
  if (option.one_of.empty()) return;
  for (const std::string& value : values) {
    if (std::find(option.one_of.begin(), option.one_of.end(), value) != option.one_of.end()) continue;
    throw usage("usage.value", "--" + std::string(option.name) + " cannot be '" + value + "'",
                value_hint(option, value, command));
  }
}

}  // namespace

/// Fills Arguments; the friend that may.
struct Parsing {
  const std::vector<Option>& options;
  const CommandRow* command;

  Arguments parse(std::vector<std::string> words) const {
    Arguments out;
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::vector<std::int64_t> switches(options.size(), 0);
    for (std::size_t i = 0; i < options.size(); ++i) declare(app, options[i], out, switches[i]);
    app.add_flag("-h,--help", out.help_);
    app.add_option("words", out.words_)->expected(0, 1 << 30);
    std::reverse(words.begin(), words.end());
    try {
      app.parse(words);
    } catch (const CLI::ParseError& error) {
      throw usage("usage.flags", plain(error.what()), help_hint(command));
    }
    refuse_unknown(app.remaining(), options, command);
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (switches[i] > 0) out.values_.find(options[i].name)->second = {"true"};
    }
    return out;
  }

  static void declare(CLI::App& app, const Option& option, Arguments& out, std::int64_t& count) {
    auto& values = out.values_[std::string(option.name)];
    std::string names = "--" + std::string(option.name);
    if (option.letter != 0) names = std::string("-") + option.letter + "," + names;
    if (option.value.empty()) {
      app.add_flag(names, count);
    } else {
      app.add_option(names, values)->allow_extra_args(false);
    }
  }

  /// What CLI11 says of a flag without its value, or of a switch with a strange one, in our words.
  static std::string plain(const std::string& what) {
    constexpr std::string_view unreadable = "Could not convert: ";
    if (what.starts_with(unreadable)) {
      const auto equals = what.find(" = ");
      const std::string said = equals == std::string::npos ? "" : what.substr(equals + 3);
      return what.substr(unreadable.size(), equals - unreadable.size()) + " is '" + said + "', but wants true or false";
    }
    const auto flag = what.substr(0, what.find(':'));
    return what.find("required") != std::string::npos ? flag + " wants a value" : what;
  }

  static void add_variables(Arguments& arguments, const std::vector<Option>& options, const CommandRow* command,
                            const std::function<std::optional<std::string>(const std::string&)>& variable) {
    for (const Option& option : options) {
      auto& values = arguments.values_.find(option.name)->second;
      if (values.empty()) {
        const std::string name = variable_of(option);
        if (const auto text = variable(name); text && option.value.empty()) {
          if (truth(*text, name)) values = {"true"};
        } else if (text && !text->empty()) {
          values = option.repeats ? lines_of(*text) : std::vector<std::string>{*text};
        }
      }
      check_values(option, values, command);
    }
  }
};

std::string variable_of(const Option& option) {
  if (!option.variable.empty()) return std::string(option.variable);
  std::string name = "VERBA_";
  for (const char c : option.name)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Said parse_words(std::span<const CommandRow> commands, const std::vector<std::string>& words,
                 const std::function<std::optional<std::string>(const std::string&)>& variable) {
  Said said;
  std::vector<std::string> rest = words;
  if (const auto at = command_at(words)) {
    said.command = &find_command(commands, words[*at]);
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(*at));
  }
  const auto options = options_of(said.command);
  said.arguments = Parsing{options, said.command}.parse(std::move(rest));
  if (said.arguments.help()) return said;
  Parsing::add_variables(said.arguments, options, said.command, variable);
  if (said.command != nullptr) check_positionals(said.arguments.words(), *said.command);
  return said;
}

const std::vector<std::string>& Arguments::values(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) bug("a flag that is in no table was asked for");
  return found->second;
}

bool Arguments::flag(std::string_view name) const {
  return !values(name).empty();
}

std::optional<std::string> Arguments::text(std::string_view name) const {
  const auto& all = values(name);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::vector<std::string> Arguments::list(std::string_view name) const {
  return values(name);
}

std::optional<std::int64_t> Arguments::integer(std::string_view name, std::int64_t least, std::int64_t most) const {
  const auto said = text(name);
  if (!said) return std::nullopt;
  const auto number = number_in<std::int64_t>(*said);
  if (!number || *number < least || *number > most) {
    throw usage("usage.value", "--" + std::string(name) + " is '" + *said + "', but wants a number from " +
                                   std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

std::optional<Milliseconds> Arguments::duration(std::string_view name) const {
  const auto said = text(name);
  if (!said) return std::nullopt;
  const auto length = parse_duration(*said);
  if (!length) {
    throw usage("usage.value", "--" + std::string(name) + " is '" + *said + "', but wants a length of time",
                "such as 30s, 5m or 1h30m");
  }
  return length;
}

}  // namespace verba
