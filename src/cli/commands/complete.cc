// SPDX-License-Identifier: Apache-2.0
// `verba __complete -- WORDS`: what the last word could become, one candidate a line, with a tab and its meaning.
// ":file" alone asks the shell to complete file names. Never prints mistakes: nobody asked.
#include <algorithm>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/planning.h"
#include "cli/state_access.h"
#include "cli/surroundings.h"

namespace verba {
namespace {

struct Candidates {
  std::string prefix;  ///< what is typed of the word
  std::string before;  ///< "--flag=" when the value is glued to it
  std::string text;

  void add(std::string_view word, std::string_view meaning) {
    if (!word.starts_with(prefix)) return;
    text += before + std::string(word) + "\t" + std::string(meaning) + "\n";
  }
};

/// The line so far: its command, the flag whose value is being typed, how many words stand before.
struct Line {
  const CommandRow* command = nullptr;
  const Option* flag = nullptr;
  std::size_t positionals = 0;  ///< or a word that should have been a command
  std::vector<std::string> files;
  std::optional<std::string> environment;
};

std::vector<const Option*> options_of(const CommandRow* command) {
  std::vector<const Option*> all;
  if (command != nullptr) {
    for (const Option& option : command->options) all.push_back(&option);
  }
  for (const Option& option : global_options()) all.push_back(&option);
  return all;
}

const Option* find_flag(const CommandRow* command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  for (const Option* option : options_of(command)) {
    if (name == "--" + std::string(option->name)) return option;
    if (option->letter != 0 && name == std::string("-") + option->letter) return option;
  }
  return nullptr;
}

void take_value(Line& line, const Option& flag, const std::string& value) {
  if (flag.name == "file" || flag.name == "project" || flag.name == "system") line.files.push_back(value);
  if (flag.name == "env") line.environment = value;
}

Line read_line(const std::vector<std::string>& words) {
  Line line;
  for (const std::string& word : words) {
    if (line.flag != nullptr) {
      take_value(line, *line.flag, word);
      line.flag = nullptr;
    } else if (word.starts_with("-")) {
      const Option* flag = find_flag(line.command, word);
      const auto equals = word.find('=');
      if (flag != nullptr && equals != std::string::npos) take_value(line, *flag, word.substr(equals + 1));
      if (flag != nullptr && !flag->value.empty() && equals == std::string::npos) line.flag = flag;
    } else if (line.command == nullptr && line.positionals == 0) {
      for (const CommandRow& command : commands()) {
        if (command.name == word) line.command = &command;
      }
      if (line.command == nullptr) ++line.positionals;
    } else {
      ++line.positionals;
    }
  }
  return line;
}

std::vector<Location> locations_of(Call& call, const Line& line) {
  std::vector<Location> locations;
  for (const std::string& file : line.files) locations.push_back({file});
  return locations.empty() ? find_locations(call) : locations;
}

void add_addresses(Call& call, const Line& line, Candidates& out) {
  Project& project = load(call, locations_of(call, line), Network::never);
  const auto environments = environment_names(project.manifests);
  const Surroundings surroundings = rehearsed(planning_surroundings(call));
  const Model& model = resolve(call, project, line.environment.value_or(environments.front()), {}, surroundings);
  for (const DeploymentScope& deployment : model.deployments) out.add(deployment.name, "deployment");
  if (out.prefix.find('.') == std::string::npos) return;
  for (const Task& task : model.tasks) out.add(task.address, task.type != nullptr ? task.type->name : "task");
}

void add_runs(Call& call, Candidates& out) {
  out.add("last", "the latest run");
  const auto store = open_store(state_path(call), StoreUse::reading);
  for (const Run& run : store->runs("", 20)) {
    out.add(std::to_string(run.id), run.verb + " of " + run.environment + ", " + std::string(to_string(run.status)));
  }
}

void add_values(Call& call, const Line& line, Completes what, const std::vector<std::string_view>& words,
                Candidates& out) {
  for (const auto word : words) out.add(word, "");
  switch (what) {
    case Completes::file:
      out.text = ":file\n";
      break;
    case Completes::environment:
      for (const std::string& name :
           environment_names(load(call, locations_of(call, line), Network::never).manifests)) {
        out.add(name, "environment");
      }
      break;
    case Completes::address:
      add_addresses(call, line, out);
      break;
    case Completes::run:
      add_runs(call, out);
      break;
    case Completes::kind:
      for (const Kind* kind : call.kit().catalogue.kinds) out.add(kind->name, kind->summary);
      for (const TaskType* type : call.kit().catalogue.types) out.add(type->name, type->summary);
      break;
    case Completes::command:
      for (const CommandRow& command : commands()) {
        if (!command.group.empty()) out.add(command.name, command.summary);
      }
      break;
    case Completes::words:
    case Completes::nothing:
      break;
  }
}

void add_flags(const Line& line, Candidates& out) {
  for (const Option* option : options_of(line.command)) out.add("--" + std::string(option->name), option->summary);
  out.add("--help", "what it does, with examples");
}

void find_candidates(Call& call, const Line& line, Candidates& out) {
  if (line.flag != nullptr) {
    add_values(call, line, line.flag->completes, line.flag->one_of, out);
  } else if (out.prefix.starts_with("-")) {
    const auto equals = out.prefix.find('=');
    const Option* flag = equals == std::string::npos ? nullptr : find_flag(line.command, out.prefix);
    if (flag == nullptr) return add_flags(line, out);
    out.before = out.prefix.substr(0, equals + 1);
    out.prefix.erase(0, equals + 1);
    add_values(call, line, flag->completes, flag->one_of, out);
  } else if (line.command == nullptr) {
    if (line.positionals == 0) add_values(call, line, Completes::command, {}, out);
  } else if (!line.command->positionals.empty()) {
    const auto& all = line.command->positionals;
    if (line.positionals >= all.size() && !all.back().repeats) return;
    const Positional& positional = all[std::min(line.positionals, all.size() - 1)];
    add_values(call, line, positional.completes, positional.words, out);
  }
}

int complete(Call& call) {
  std::vector<std::string> words = call.arguments.words();
  Candidates out;
  if (!words.empty()) {
    out.prefix = words.back();
    words.pop_back();
  }
  try {
    find_candidates(call, read_line(words), out);
  } catch (const Error&) {
    // Manifests that cannot be read complete to nothing.
  }
  print(call, out.text);
  return kDone;
}

}  // namespace

CommandRow complete_command() {
  return {.name = "__complete",
          .group = "",
          .summary = "what the shells call",
          .positionals = {{.name = "WORD", .repeats = true}},
          .function = complete};
}

}  // namespace verba
