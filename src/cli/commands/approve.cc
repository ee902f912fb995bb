// SPDX-License-Identifier: Apache-2.0
// approve and reject: what colleagues say of a plan.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "base/error.h"
#include "base/utf8.h"
#include "cli/approvals.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/plan_file.h"
#include "manifest/address.h"
#include "run/answers.h"
#include "value/json.h"
#include "view/text/plan_text.h"
#include "view/text/state_text.h"
#include "view/text/table.h"
#include "view/text/width.h"

namespace verba {
namespace {

constexpr std::size_t kShortest = 8;  ///< beginning of a digest that is taken
constexpr std::size_t kShown = 12;

/// A plan to give an opinion on, and where that is kept.
struct Subject {
  std::unique_ptr<Store> store;
  PlanStory story;
};

/// Made again, so that what is shown is what would be done.
Subject from_file(Call& call, const PlanFile& file, Format format) {
  Desk desk = open_desk(call, file.request, StoreUse::writing, KeyUse::look);
  const Planned planned = plan_now(call, desk, file.request.goal);
  require_same(file, desk, planned);
  if (const std::string moved = moved_source(file, desk); !moved.empty()) {
    throw Error(Error::Kind::usage, "usage.plan-moved",
                "'" + moved + "' changed since the plan '" + file.path + "' was made",
                "look at a new one: `verba plan --out " + file.path + "`");
  }
  PlanStory story = story_of(*desk.store, plan_digest(desk, planned.plan).hex());
  story.wanted = approvals_wanted(desk.model);
  if (story.wanted == 0) {
    throw Error(Error::Kind::usage, "usage.no-approvals",
                fmt::format("environment '{}' wants no approvals", planned.plan.environment),
                "`protection.approvals` of an Environment says how many it wants");
  }
  if (story.maker.empty()) {
    throw Error(Error::Kind::usage, "usage.plan", "nobody knows who made the plan '" + file.path + "'",
                "it is from before approvals were wanted: make it again with `verba plan --out`");
  }
  if (format == Format::text) {
    print(call, locations_text(locations_value(desk.project)) + plan_text(planned.plan, call.out_style));
  }
  require(call, desk.project, judged(desk, planned.plan));
  return {std::move(desk.store), std::move(story)};
}

/// The one plan whose digest begins so.
PlanStory story_that_begins(Store& store, const std::string& digest) {
  std::vector<PlanStory> stories = stories_of(store);
  std::erase_if(stories, [&](const PlanStory& story) { return !story.digest.starts_with(digest); });
  if (stories.size() == 1) return std::move(stories.front());
  throw Error(Error::Kind::usage, "usage.plan",
              fmt::format("{} asked for approvals of a plan with the digest '{}'",
                          stories.empty() ? "nobody" : "more than one", digest),
              "`verba approve` lists those that wait; --state says which state is meant");
}

Subject from_digest(Call& call, const std::string& digest, Format format) {
  const bool is_digest =
      digest.size() >= kShortest && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_digest) {
    throw Error(Error::Kind::usage, "usage.plan",
                "'" + digest + "' is no plan file, no digest of a plan, and no step that waits",
                "`verba plan --out FILE` writes the one and prints the other, `verba approve` lists what waits");
  }
  auto store = open_store(state_path(call), StoreUse::writing);
  PlanStory story = story_that_begins(*store, digest);
  if (store->snapshot(story.environment).serial != story.serial) {
    throw Error(Error::Kind::usage, "usage.plan-moved",
                "the state changed since this plan was made: it cannot be carried out", "a new one has to be made");
  }
  if (format == Format::text) print(call, story.text);
  return {std::move(store), std::move(story)};
}

Subject subject_of(Call& call, Format format) {
  const auto file = plan_file_of(call);
  return file ? from_file(call, *file, format) : from_digest(call, call.arguments.words().front(), format);
}

std::string said_reason(Call& call) {
  const std::string reason = call.arguments.text("reason").value_or("");
  if (!is_utf8(reason)) throw Error(Error::Kind::usage, "usage.reason", "--reason is not UTF-8 text");
  return reason;
}

void require_yes(Call& call, std::string_view question) {
  if (call.arguments.flag("yes")) return;
  if (!call.console.in_terminal) {
    throw Error(Error::Kind::usage, "usage.nobody-to-ask",
                fmt::format("verba {} asks first, and there is no terminal to ask on", call.command.name),
                "say --yes when you have looked at what is asked");
  }
  call.console.err(question);
  const auto answer = call.console.read_line([] {});
  if (answer && (*answer == "y" || *answer == "Y" || *answer == "yes")) return;
  say(call, "Nothing was done.");
  throw Exit{kStepFailed};
}

Value answer_of(const PlanStory& story) {
  Map map;
  map.append({"digest", {}}, story.digest);
  map.append({"environment", {}}, story.environment);
  map.append({"madeBy", {}}, story.maker);
  map.append({"command", {}}, story.command);
  map.append({"made", {}}, to_string(story.made));
  map.append({"wanted", {}}, story.wanted);
  List approved;
  for (const std::string& who : story.approved_by()) approved.emplace_back(who);
  map.append({"approvedBy", {}}, std::move(approved));
  List opinions;
  for (const Opinion& opinion : story.opinions) {
    Map entry;
    entry.append({"who", {}}, opinion.who);
    entry.append({"approves", {}}, opinion.approves);
    entry.append({"reason", {}}, opinion.reason);
    entry.append({"at", {}}, to_string(opinion.at));
    opinions.push_back(std::move(entry));
  }
  map.append({"opinions", {}}, std::move(opinions));
  return map;
}

void show(Call& call, const PlanStory& story) {
  print(call, fmt::format("\nMade by {} on {}\n", printable(story.maker), short_time(story.made)));
  for (const Opinion& opinion : story.opinions) {
    print(call, fmt::format("{} by {} on {}{}\n", opinion.approves ? "Approved" : "Rejected", printable(opinion.who),
                            short_time(opinion.at), opinion.reason.empty() ? "" : ": " + printable(opinion.reason)));
  }
}

/// A step of a run that waits for people.
struct WaitingStep {
  Run run;
  std::string address;
  std::string message;
  bool by_others = false;  ///< who began the run has no say
  Instant since;
};

/// What it asks, and whom, out of what is recorded; a secret message is sealed there.
WaitingStep waiting_step(Store& store, const Record& record, Run run) {
  std::string why;
  const std::optional<Digest>& digest = record.pending ? record.pending : record.definition;
  const std::optional<std::string> json = digest ? store.blob(*digest) : std::nullopt;
  const std::optional<Value> definition = json ? parse_json(*json, why) : std::nullopt;
  const Value* inputs = definition ? definition->find("inputs") : nullptr;
  const Value* message = inputs != nullptr ? inputs->find("message") : nullptr;
  const Value* by_others = inputs != nullptr ? inputs->find("byOthers") : nullptr;
  return {std::move(run), record.address, message != nullptr && message->is_string() ? message->string() : "***",
          by_others != nullptr && by_others->is(Value::Kind::boolean) && by_others->boolean(), record.updated};
}

std::vector<WaitingStep> waiting_steps(Call& call, Store& store) {
  const IsAlive is_alive = alive_on(call.system);
  std::vector<WaitingStep> waiting;
  for (const std::string& environment : store.environments()) {
    const Snapshot snapshot = store.snapshot(environment);
    for (const Record& record : snapshot.records) {
      const TaskType* type = call.kit().catalogue.type(record.type);
      if (!type || !type->on_demand || record.status != RecordStatus::started) continue;
      std::optional<Run> run = store.run(record.run);
      if (!run || run->status != RunStatus::running || !is_alive(run->owner)) continue;
      waiting.push_back(waiting_step(store, record, *std::move(run)));
    }
  }
  return waiting;
}

/// DEPLOYMENT.TASK, and no plan file.
bool is_address(Call& call, const std::string& word) {
  return word.find('.') != std::string::npos && !call.system.kind_of(word) && parse_address(word, "").has_value();
}

Value answer_of(const WaitingStep& step) {
  Map map;
  map.append({"address", {}}, step.address);
  map.append({"run", {}}, std::int64_t{step.run.id});
  map.append({"environment", {}}, step.run.environment);
  map.append({"message", {}}, step.message);
  map.append({"by", {}}, step.run.owner.user);
  map.append({"since", {}}, to_string(step.since));
  return map;
}

/// Of a step that waits: shows what it asks, asks, and writes down what was said.
int answer_step(Call& call, Store& store, const WaitingStep& step, bool approves) {
  const Format format = format_of(call);
  const Answer answer{owner_of(call.system).user, approves, said_reason(call), false};
  if (format == Format::text) {
    print(call, fmt::format("{} in environment '{}', run {} by {}: {}\n", printable(step.address),
                            printable(step.run.environment), step.run.id, printable(step.run.owner.user),
                            printable(step.message)));
  }
  if (approves && step.by_others && answer.who == step.run.owner.user) {
    throw Error(Error::Kind::usage, "usage.own-run",
                fmt::format("{} began this run: others have to approve it", answer.who));
  }
  require_yes(call, fmt::format("\n{} it? [y/N] ", approves ? "Approve" : "Reject"));
  store.commit({answer_event(step.run.id, step.address, answer, call.system.now())}, nullptr);
  if (format == Format::text) {
    print(call, fmt::format("{} by {}.\n", approves ? "Approved" : "Rejected", printable(answer.who)));
    return kDone;
  }
  Value said = answer_of(step);
  said.map().append({"who", {}}, answer.who);
  said.map().append({"approves", {}}, approves);
  said.map().append({"reason", {}}, answer.reason);
  print(call, format, said);
  return kDone;
}

/// Answers the step of this address, when one waits. Nothing when none does.
std::optional<int> answer_address(Call& call, const std::string& address, bool approves) {
  if (!is_address(call, address) || !call.system.kind_of(state_path(call))) return std::nullopt;
  const auto store = open_store(state_path(call), StoreUse::writing);
  std::vector<WaitingStep> waiting = waiting_steps(call, *store);
  std::erase_if(waiting, [&](const WaitingStep& step) { return step.address != address; });
  if (const auto environment = call.arguments.text("env")) {
    std::erase_if(waiting, [&](const WaitingStep& step) { return step.run.environment != *environment; });
  }
  if (waiting.empty()) return std::nullopt;
  if (waiting.size() > 1) {
    throw Error(Error::Kind::usage, "usage.environment",
                fmt::format("'{}' waits for an answer in several environments", address),
                "say which one is meant with --env");
  }
  return answer_step(call, *store, waiting.front(), approves);
}

/// `approve` or `reject`: shows the plan, asks, and writes down what was said.
int decide(Call& call, bool approves) {
  if (const auto code = answer_address(call, call.arguments.words().front(), approves)) return *code;
  const Format format = format_of(call);
  const std::string reason = said_reason(call);
  const auto& [store, story] = subject_of(call, format);
  if (format == Format::text) show(call, story);
  const std::string me = owner_of(call.system).user;
  if (approves && me == story.maker) {
    throw Error(Error::Kind::usage, "usage.own-plan", fmt::format("{} made this plan: others have to approve it", me));
  }
  require_yes(call, fmt::format("\n{} this plan for environment '{}'? [y/N] ", approves ? "Approve" : "Reject",
                                printable(story.environment)));
  remember_opinion(call, *store, story, approves, reason);
  PlanStory now = story_of(*store, story.digest);
  now.wanted = story.wanted;
  if (format != Format::text) {
    print(call, format, answer_of(now));
  } else if (!approves) {
    print(call, fmt::format("Rejected by {}.\n", printable(me)));
  } else {
    print(call, fmt::format("Approved by {}: {}.\n", printable(me), count_text(now, now.wanted)));
  }
  return kDone;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// The plans that can still be carried out: the state is as it was when they were made.
int list_waiting(Call& call) {
  const Format format = format_of(call);
  const auto store = open_store(state_path(call), StoreUse::reading);
  std::map<std::string, std::int64_t> serials;
  Table table({"DIGEST", "ENVIRONMENT", "COMMAND", "BY", "MADE", "APPROVALS"});
  List plans;
  for (const PlanStory& story : stories_of(*store)) {
    const auto [serial, is_new] = serials.try_emplace(story.environment);
    if (is_new) serial->second = store->snapshot(story.environment).serial;
    if (serial->second != story.serial) continue;
    plans.push_back(answer_of(story));
    table.add({story.digest.substr(0, kShown), story.environment, story.command, story.maker, short_time(story.made),
               story.rejection() ? "rejected by " + story.rejection()->who : count_text(story, story.wanted)});
  }
  Table asking({"STEP", "ENVIRONMENT", "RUN", "BY", "SINCE", "MESSAGE"});
  List steps;
  for (const WaitingStep& step : waiting_steps(call, *store)) {
    steps.push_back(answer_of(step));
    asking.add({step.address, step.run.environment, std::to_string(step.run.id), step.run.owner.user,
                short_time(step.run.started), printable(first_line(step.message))});
  }
  if (format != Format::text) {
    Map answer;
    answer.append({"plans", {}}, std::move(plans));
    answer.append({"steps", {}}, std::move(steps));
    print(call, format, Value(std::move(answer)));
  } else if (table.empty() && asking.empty()) {
    say(call, "No plan and no step waits for an approval.");
  } else {
    if (!table.empty()) print(call, table.text(call.out_style));
    if (!table.empty() && !asking.empty()) print(call, "\n");
    if (!asking.empty()) print(call, asking.text(call.out_style));
  }
  return kDone;
}

int approve(Call& call) {
  return call.arguments.words().empty() ? list_waiting(call) : decide(call, true);
}
int reject(Call& call) {
  return decide(call, false);
}

std::vector<Option> options_of_both() {
  return {{.name = "yes", .letter = 'y', .summary = "do it without asking"},
          {.name = "reason", .value = "TEXT", .summary = "why; kept with it"}};
}

}  // namespace

CommandRow approve_command() {
  return {.name = "approve",
          .group = "Deploy",
          .summary = "look at a plan, or a step that waits, and approve it",
          .positionals = {{.name = "PLANFILE|DIGEST|ADDRESS", .completes = Completes::file}},
          .options = options_of_both(),
          .function = approve};
}

CommandRow reject_command() {
  return {.name = "reject",
          .group = "Deploy",
          .summary = "look at a plan, or a step that waits, and reject it",
          .positionals = {{.name = "PLANFILE|DIGEST|ADDRESS", .required = true, .completes = Completes::file}},
          .options = options_of_both(),
          .function = reject};
}

}  // namespace verba
