// SPDX-License-Identifier: Apache-2.0
// history, show and logs: what was done.
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/planning.h"
#include "cli/state_access.h"
#include "value/json.h"
#include "view/json/state_json.h"
#include "view/text/run_text.h"
#include "view/text/state_text.h"
#include "view/text/width.h"

namespace verba {
namespace {

/// A run whose process is dead was broken off, though nobody has recorded that yet.
Run as_it_is(Call& call, Run run) {
  if (run.status == RunStatus::running && !alive_on(call.system)(run.owner)) run.status = RunStatus::interrupted;
  return run;
}

int history(Call& call) {
  const Format format = format_of(call);
  const auto limit = call.arguments.integer("limit", 1, 1'000'000).value_or(20);
  const auto store = open_store(state_path(call), StoreUse::reading);
  auto runs = store->runs(call.arguments.text("env").value_or(""), static_cast<std::size_t>(limit));
  for (Run& run : runs) run = as_it_is(call, std::move(run));
  if (format != Format::text) {
    List list;
    for (const Run& run : runs) list.push_back(run_value(run));
    Map answer;
    answer.append({"runs", {}}, std::move(list));
    print(call, format, Value(std::move(answer)));
  } else if (runs.empty()) {
    say(call, "Nothing has been run yet.");
  } else {
    print(call, runs_text(runs, call.system.now(), call.out_style));
  }
  return kDone;
}

/// "Approved by bob, carol": whoever approved the plan of a run.
std::string approvals_text(const Value& source) {
  const Value* approved = source.find("approvedBy");
  if (!approved || !approved->is_list()) return {};
  std::string names;
  for (const Value& who : approved->list()) {
    if (who.is_string()) names += (names.empty() ? "" : ", ") + printable(who.string());
  }
  return "Approved by " + names + "\n\n";
}

int show(Call& call) {
  const Format format = format_of(call);
  const auto store = open_store(state_path(call), StoreUse::reading);
  const Run run = as_it_is(call, find_run(call, *store, call.arguments.words().front()));
  const auto steps = store->steps(run.id);
  if (format == Format::text) {
    std::string ignored;
    const auto source = parse_json(run.source, ignored);
    const Value* locations = source ? source->find("locations") : nullptr;
    print(call, (locations ? locations_text(*locations) : "") + approvals_text(source ? *source : Value(Map())) +
                    run_text(run, steps, call.out_style));
    return kDone;
  }
  Value value = run_value(run);
  List list;
  for (const StepRecord& step : steps) list.push_back(step_record_value(step));
  value.map().append({"stepRecords", {}}, std::move(list));
  std::string why;
  if (const auto plan = store->plan_of(run.id))
    value.map().append({"plan", {}}, parse_json(*plan, why).value_or(Null{}));
  if (const auto source = parse_json(run.source, why)) value.map().append({"source", {}}, *source);
  print(call, format, value);
  return kDone;
}

bool names(const std::string& word, const std::string& address) {
  if (address == word) return true;
  if (address.starts_with(word) && address.size() > word.size()) {
    const char next = address[word.size()];
    return next == '.' || next == '[';
  }
  return false;
}

std::vector<StepNumber> chosen_steps(Call& call, const std::vector<StepRecord>& steps) {
  const auto& words = call.arguments.words();
  std::vector<StepNumber> chosen;
  std::vector<std::string_view> addresses;
  for (const StepRecord& step : steps) {
    if (words.size() < 2 || names(words[1], step.address)) chosen.push_back(step.number);
    addresses.push_back(step.address);
  }
  if (chosen.empty() && words.size() > 1) {
    throw Error(Error::Kind::usage, "usage.unknown-address", "that run had no step at '" + words[1] + "'",
                did_you_mean(words[1], addresses, "`verba show` lists its steps"));
  }
  return chosen;
}

int logs(Call& call) {
  const Format format = format_of(call);
  const auto store = open_store(state_path(call), StoreUse::reading);
  const Run run = find_run(call, *store, call.arguments.words().front());
  const auto steps = store->steps(run.id);
  List lines;
  for (const StepNumber number : chosen_steps(call, steps)) {
    const std::string& address = steps[number].address;
    std::string text;
    for (const LogLine& line : store->logs(run.id, number)) {
      if (format == Format::text) {
        text += line.text;
        if (!text.empty() && text.back() != '\n') text += '\n';
      } else {
        lines.push_back(log_line_value(line, address));
      }
    }
    print(call, output_text(address, text, call.out_style));
  }
  if (format == Format::jsonl) {
    for (const Value& line : lines) print(call, to_json(line) + "\n");
  } else if (format != Format::text) {
    Map answer;
    answer.append({"run", {}}, run.id);
    answer.append({"lines", {}}, std::move(lines));
    print(call, format, Value(std::move(answer)));
  }
  return kDone;
}

}  // namespace

CommandRow history_command() {
  return {.name = "history",
          .group = "Look",
          .summary = "every run: when, by whom, how it ended",
          .options = {{.name = "limit", .letter = 'n', .value = "N", .summary = "the latest N (default: 20)"}},
          .function = history};
}

CommandRow show_command() {
  return {.name = "show",
          .group = "Look",
          .summary = "one run, step by step",
          .positionals = {{.name = "RUN", .required = true, .completes = Completes::run}},
          .function = show};
}

CommandRow logs_command() {
  return {.name = "logs",
          .group = "Look",
          .summary = "what the steps of a run printed",
          .positionals = {{.name = "RUN", .required = true, .completes = Completes::run},
                          {.name = "ADDRESS", .completes = Completes::address}},
          .formats = documents_and_lines,
          .function = logs};
}

}  // namespace verba
