// SPDX-License-Identifier: Apache-2.0
#include "cli/approvals.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "manifest/names.h"
#include "manifest/protection.h"
#include "value/json.h"
#include "view/text/plan_text.h"

namespace verba {
namespace {

constexpr std::string_view kMade = "plan.made";
constexpr std::string_view kApproved = "plan.approved";
constexpr std::string_view kRejected = "plan.rejected";
constexpr std::size_t kPage = 1000;

Protection protection_here(const Model& model) {
  Diagnostics told_when_resolving;
  return protection_of(model.environment.protection, told_when_resolving);
}

void remember(Call& call, Store& store, std::string_view type, Map detail) {
  store.commit({AppendEvent{0, call.system.now(), std::string(type), owner_of(call.system).user,
                            to_json(Value(std::move(detail)))}},
               nullptr);
}

std::int64_t number_in(const Value& detail, std::string_view name) {
  const Value* found = detail.find(name);
  return found != nullptr && found->is(Value::Kind::integer) ? found->integer() : 0;
}

/// Events to stories.
class Chronicle {
 public:
  void add(const StoredEvent& event) {
    if (event.type != kMade && event.type != kApproved && event.type != kRejected) return;
    std::string why;
    const auto detail = parse_json(event.detail, why);
    if (!detail) return;
    const std::string digest(text_of(*detail, "digest"));
    if (event.type == kMade) {
      made(event, digest, *detail);
    } else {
      opinions_[digest][event.who] = {event.who, event.type == kApproved, std::string(text_of(*detail, "reason")),
                                      event.at};
    }
  }

  std::vector<PlanStory> stories() {
    for (PlanStory& story : stories_) {
      for (auto& [who, opinion] : opinions_[story.digest]) story.opinions.push_back(std::move(opinion));
    }
    return std::move(stories_);
  }

 private:
  void made(const StoredEvent& event, const std::string& digest, const Value& detail) {
    if (!known_.insert(digest).second) return;  // it is theirs who made it first
    PlanStory story;
    story.digest = digest;
    story.environment = text_of(detail, "environment");
    story.serial = number_in(detail, "serial");
    story.wanted = number_in(detail, "wanted");
    story.command = text_of(detail, "command");
    story.text = text_of(detail, "text");
    story.maker = event.who;
    story.made = event.at;
    stories_.push_back(std::move(story));
  }

  std::vector<PlanStory> stories_;
  std::set<std::string> known_;
  std::map<std::string, std::map<std::string, Opinion>> opinions_;
};

/// The words that make and keep such a plan.
std::string making(const Plan& plan) {
  std::string words = "verba plan --out plan.json";
  if (plan.goal.kind == Goal::Kind::destroy) words += " --destroy";
  return words;
}

std::string rejected_text(const Opinion& opinion) {
  return fmt::format("{} rejected this plan{}", opinion.who, opinion.reason.empty() ? "" : ": " + opinion.reason);
}

}  // namespace

std::vector<std::string> PlanStory::approved_by() const {
  std::vector<std::string> names;
  for (const Opinion& opinion : opinions) {
    if (opinion.approves && opinion.who != maker) names.push_back(opinion.who);
  }
  return names;
}

const Opinion* PlanStory::rejection() const {
  const auto found = std::ranges::find(opinions, false, &Opinion::approves);
  return found == opinions.end() ? nullptr : &*found;
}

std::vector<PlanStory> stories_of(Store& store) {
  Chronicle chronicle;
  std::int64_t last = 0;
  for (std::vector<StoredEvent> events = store.events(last, kPage); !events.empty();
       events = store.events(last, kPage)) {
    for (const StoredEvent& event : events) chronicle.add(event);
    last = events.back().id;
  }
  return chronicle.stories();
}

PlanStory story_of(Store& store, const std::string& digest) {
  for (PlanStory& story : stories_of(store)) {
    if (story.digest == digest) return std::move(story);
  }
  PlanStory unknown;
  unknown.digest = digest;
  return unknown;
}

std::int64_t approvals_wanted(const Model& model) {
  return protection_here(model).approvals;
}

bool needs_approvals(const Plan& plan) {
  return plan.goal.kind != Goal::Kind::clean && !(plan.idle() && plan.noted.empty());
}

void remember_made(Call& call, Desk& desk, const Plan& plan) {
  const std::string digest = plan_digest(desk, plan).hex();
  if (!story_of(*desk.store, digest).maker.empty()) return;
  Map detail;
  detail.append({"digest", {}}, digest);
  detail.append({"environment", {}}, plan.environment);
  detail.append({"serial", {}}, plan.serial);
  detail.append({"wanted", {}}, approvals_wanted(desk.model));
  detail.append({"command", {}}, to_string(plan.goal.kind));
  detail.append({"text", {}}, plan_text(plan, Style{}));
  remember(call, *desk.store, kMade, std::move(detail));
}

void remember_opinion(Call& call, Store& store, const PlanStory& story, bool approves, const std::string& reason) {
  Map detail;
  detail.append({"digest", {}}, story.digest);
  detail.append({"environment", {}}, story.environment);
  detail.append({"reason", {}}, reason);
  remember(call, store, approves ? kApproved : kRejected, std::move(detail));
}

void check_approvals(Call& call, Desk& desk, const Plan& plan, const std::optional<PlanFile>& file,
                     Diagnostics& diagnostics) {
  const Protection protection = protection_here(desk.model);
  if (protection.approvals == 0 || !needs_approvals(plan)) return;
  const auto refuse = [&](std::string_view code, std::string message, std::string hint) {
    diagnostics.error(code, std::move(message), protection.approvals_where, std::move(hint));
  };
  const std::string wanted = fmt::format(
      "environment '{}' wants plans that {} approved", plan.environment,
      protection.approvals == 1 ? "somebody else has" : fmt::format("{} others have", protection.approvals));
  const bool rollback = plan.goal.kind == Goal::Kind::rollback;
  if (!file && !rollback) {
    return refuse("plan.not-approved", wanted,
                  fmt::format("keep the plan with `{}`, have it approved with `verba approve plan.json`, then say "
                              "`verba apply plan.json`",
                              making(plan)));
  }
  if (const std::string moved = file ? moved_source(*file, desk) : ""; !moved.empty()) {
    return refuse("plan.not-approved",
                  fmt::format("'{}' changed since the plan was made, and was not approved so", moved),
                  fmt::format("have a new one approved: `{}`", making(plan)));
  }
  const std::string digest = plan_digest(desk, plan).hex();
  const PlanStory story = story_of(*desk.store, digest);
  if (const Opinion* against = story.rejection()) {
    return refuse("plan.rejected", rejected_text(*against),
                  "make another plan; or whoever rejected it thinks better of it and says `verba approve`");
  }
  const auto given = static_cast<std::int64_t>(story.approved_by().size());
  if (given >= protection.approvals) return;
  if (rollback) remember_made(call, desk, plan);
  refuse("plan.not-approved", fmt::format("{}: this one has {}", wanted, count_text(story, protection.approvals)),
         fmt::format("ask {} to look at it and say: verba approve {}",
                     protection.approvals - given == 1 ? "a colleague" : "colleagues", file ? file->path : digest));
}

std::vector<std::string> approved_by(const Desk& desk, const Plan& plan) {
  if (approvals_wanted(desk.model) == 0 || !needs_approvals(plan)) return {};
  return story_of(*desk.store, plan_digest(desk, plan).hex()).approved_by();
}

std::string count_text(const PlanStory& story, std::int64_t wanted) {
  const auto given = static_cast<std::int64_t>(story.approved_by().size());
  if (given < wanted) return fmt::format("{} of {} approvals", given, wanted);
  return fmt::format("{} approval{}", given, given == 1 ? "" : "s");
}

}  // namespace verba
