// SPDX-License-Identifier: Apache-2.0
#include "view/text/plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "manifest/resource.h"
#include "view/text/change_text.h"
#include "view/text/instances.h"
#include "view/text/run_text.h"
#include "view/text/width.h"

namespace verba {
namespace {

/// Of the files that a template names, so many.
constexpr std::size_t kShownArtifacts = 20;
/// Of what a failure leads to, so many lines and, in each, so many addresses.
constexpr std::size_t kShownConsequences = 8;
constexpr std::size_t kShownNames = 3;

std::string coloured(Action action, std::string_view text, Style style) {
  switch (action) {
    case Action::create:
      return style.green(text);
    case Action::update:
      return style.yellow(text);
    case Action::replace:
      return style.yellow(text);
    case Action::remove:
      return style.red(text);
    case Action::run:
      return style.cyan(text);
    case Action::rollback:
      return style.yellow(text);
  }
  return std::string(text);
}

/// `more`: what is said of it besides the reason.
std::string heading(const Step& step, const std::string& more, Style style) {
  const std::string sign_text = fmt::format("{:>3}", sign(step.action));
  std::string out = "  " + coloured(step.action, sign_text, style) + " " + style.bold(printable(step.address));
  if (step.account != "deployment-host" && step.account != kAnyKey && !step.account.empty())
    out += " on " + printable(step.account);
  out += fmt::format("  ({}", to_string(step.action));
  if (!step.reason.empty()) out += ": " + printable(step.reason);
  out += more + ")";
  return out + "\n";
}

/// What is new as a map reads better member by member.
std::string new_text(const FieldChange& change, Style style) {
  const Value& value = *change.after;
  if (!value.is_map() || value.secret || value.map().empty()) return change_text(change, true, style);
  std::string out;
  for (const auto& [key, member] : value.map()) {
    out += new_text({change.field + "." + key.name, std::nullopt, member, change.text}, style);
  }
  return out;
}

std::string details(const Step& step, Style style) {
  std::string out;
  const std::string artifact = fmt::format("{} (", artifact_field);
  std::size_t artifacts = 0;
  for (const FieldChange& change : step.changes) {
    if (change.field.starts_with(artifact) && ++artifacts > kShownArtifacts) continue;
    const bool is_new = step.action == Action::create || step.occasion == Occasion::update;
    const bool fresh = is_new && change.after && !change.before;
    out += fresh ? new_text(change, style) : change_text(change, false, style);
  }
  if (artifacts > kShownArtifacts) {
    out += style.dim(fmt::format("      ... {} more artifacts", artifacts - kShownArtifacts)) + "\n";
  }
  for (const std::string& left : step.stays) out += "      stays: " + printable(left) + "\n";
  if (!step.preview) return out;
  if (step.preview->empty()) out += "      * nothing in it changes\n";
  for (const std::string& change : *step.preview) out += "      * " + printable(change) + "\n";
  return out;
}

/// How many instances of each task the plan knows of.
using InstanceCounts = std::unordered_map<std::string_view, std::size_t>;

InstanceCounts count_instances(const Plan& plan) {
  InstanceCounts counts;
  for (const Step& step : plan.steps) ++counts[instance_name(step.address).task];
  for (const std::string& address : plan.kept) ++counts[instance_name(address).task];
  return counts;
}

std::string failures_text(std::size_t allowed) {
  if (allowed == 0) return "none may fail";
  return fmt::format("{} may fail", allowed);
}

/// ", in 4 batches of 25, 1 may fail"; ", in batches 2 to 3 of 4": where others of its instances are in the rest.
std::string batches_text(const Plan& plan, const Step& first, const Step& last) {
  if (!first.rollout) return {};
  const Rollout& rollout = plan.rollouts[*first.rollout];
  if (first.batch > 1 || last.batch < rollout.batches) {
    if (first.batch == last.batch) return fmt::format(", in batch {} of {}", first.batch, rollout.batches);
    return fmt::format(", in batches {} to {} of {}", first.batch, last.batch, rollout.batches);
  }
  if (rollout.batches == 1) return ", in one batch, " + failures_text(rollout.max_failures);
  return fmt::format(", in {} batches of {}, {}", rollout.batches, rollout.batch, failures_text(rollout.max_failures));
}

std::string entry_text(const Plan& plan, const Entry& entry, InstanceCounts& counts, Style style) {
  const Step& first = plan.steps[entry.steps.front()];
  if (!entry.alike) {
    const std::string batch =
        first.rollout ? fmt::format("; batch {} of {}", first.batch, plan.rollouts[*first.rollout].batches) : "";
    return heading(first, batch, style) + details(first, style);
  }
  const auto [task, key] = instance_name(first.address);
  const Step& last = plan.steps[entry.steps.back()];
  return heading(*entry.alike, "", style) + "      " +
         span_text(key, instance_name(last.address).key, entry.steps.size(), counts[task]) +
         batches_text(plan, first, last) + (entry.values_differ ? "; -o json shows the values of each" : "") + "\n" +
         details(*entry.alike, style);
}

std::string steps_text(const Plan& plan, Style style) {
  InstanceCounts counts = count_instances(plan);
  std::string out;
  for (const Entry& entry : entries_of(plan.steps)) out += entry_text(plan, entry, counts, style);
  return out;
}

std::string move_text(const Move& move, Style style) {
  return "  " + style.cyan(" =>") + " " + style.bold(printable(move.record.address)) + "  (moved from " +
         printable(move.from) + ")\n";
}

std::string moves_text(const Plan& plan, Style style) {
  std::vector<std::string> signs;
  for (const Move& move : plan.moves) {
    const auto [from, old_key] = instance_name(move.from);
    const auto [to, key] = instance_name(move.record.address);
    signs.push_back(key.empty() || key != old_key ? std::string() : fmt::format("{}\n{}", from, to));
  }
  std::string out;
  for (const std::vector<std::size_t>& together : told_together(signs)) {
    const Move& first = plan.moves[together.front()];
    if (together.size() == 1) {
      out += move_text(first, style);
      continue;
    }
    const auto [task, key] = instance_name(first.record.address);
    const std::string_view last = instance_name(plan.moves[together.back()].from).key;
    Move all;
    all.from = std::string(instance_name(first.from).task).append(kAnyKey);
    all.record.address = std::string(task).append(kAnyKey);
    out += move_text(all, style) + "      " + span_text(key, last, together.size(), together.size()) + "\n";
  }
  return out;
}

/// Instances of one task bear the same sign.
std::vector<std::string> signs_of(const std::vector<std::string>& addresses) {
  std::vector<std::string> signs;
  for (const std::string& address : addresses) {
    const auto [task, key] = instance_name(address);
    signs.emplace_back(key.empty() ? std::string_view() : task);
  }
  return signs;
}

/// Each as a line: "web.page", or "fleet.motd[*], 1000 instances: web-0001 to web-1000".
std::vector<std::string> orphan_lines(const Plan& plan) {
  std::vector<std::string> lines;
  for (const std::vector<std::size_t>& together : told_together(signs_of(plan.orphans))) {
    const auto [task, key] = instance_name(plan.orphans[together.front()]);
    const std::string_view last = instance_name(plan.orphans[together.back()]).key;
    lines.push_back(together.size() == 1 ? printable(plan.orphans[together.front()])
                                         : fmt::format("{}{}, {}", printable(task), kAnyKey,
                                                       span_text(key, last, together.size(), together.size())));
  }
  return lines;
}

std::string orphans_text(const Plan& plan, Style style) {
  if (plan.orphans.empty()) return {};
  std::string out = "\nGone from the manifests, still deployed " + style.dim("(delete them with --prune)") + ":\n";
  for (const std::string& line : orphan_lines(plan)) out += "    " + line + "\n";
  return out;
}

/// "2 undone, 1 put back"
std::string undone_text(const Plan& plan, const Consequence& consequence) {
  std::array<std::size_t, 3> counts{};
  const auto count = [&](Action action) { ++counts[action == Action::create ? 0 : action == Action::remove ? 2 : 1]; };
  for (const std::size_t number : consequence.undone) count(plan.steps[number].action);
  for (const std::size_t done : consequence.carried) {
    const Step& step = plan.carried_by(consequence.whole_run)[done].step;
    if (step.undoable) count(step.action);
  }
  std::string out;
  constexpr std::array<std::string_view, 3> words{"undone", "put back", "made again"};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", counts[i], words[i]);
  }
  return out;
}

/// Many instances of a task are one name: "fleet.motd[*]".
std::vector<std::string> names_of(const std::vector<std::string>& addresses) {
  std::vector<std::string> names;
  for (const std::vector<std::size_t>& together : told_together(signs_of(addresses))) {
    const std::string& first = addresses[together.front()];
    names.push_back(printable(together.size() == 1 ? first : std::string(instance_name(first).task).append(kAnyKey)));
  }
  return names;
}

/// "web.a, web.b or 4 more"
std::string some_of(const std::vector<std::string>& addresses) {
  const std::vector<std::string> names = names_of(addresses);
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShownNames); ++i) {
    const bool last = i + 1 == names.size();
    out += (i == 0 ? "" : last ? " or " : ", ") + names[i];
  }
  if (names.size() > kShownNames) out += fmt::format(" or {} more", names.size() - kShownNames);
  return out;
}

std::string rollback_text(const Plan& plan, const Consequence& consequence) {
  const bool batch = consequence.rollout && !consequence.whole_run;
  const std::string who_stops = printable(consequence.deployment) + " stops";
  std::string out =
      batch ? who_stops + ", and the batch is undone" : printable(consequence.deployment) + " is rolled back";
  if (consequence.whole_run) out += ", with all that this run did";
  std::vector<std::string> stay;
  for (const std::size_t step : consequence.stay) stay.push_back(plan.steps[step].address);
  std::vector<Done> carried;
  for (const std::size_t number : consequence.carried) {
    const Done& done = carried.emplace_back(plan.carried_by(consequence.whole_run)[number]);
    if (!done.step.undoable) stay.push_back(done.step.address);
  }
  if (!carried.empty())
    out += (consequence.whole_run ? " and what " : ", with what ") + earlier_runs_text(carried) + " did";
  if (!consequence.by.empty()) {
    out += " by ";
    for (std::size_t i = 0; i < consequence.by.size(); ++i) out += (i > 0 ? ", " : "") + printable(consequence.by[i]);
  }
  if (batch && stay.empty()) return out;
  if (batch && consequence.undone.empty()) return who_stops + ", and nothing can undo the batch";
  std::string undone = batch ? "" : undone_text(plan, consequence);
  if (!stay.empty()) {
    if (!undone.empty()) undone += "; ";
    undone += fmt::format("nothing can undo {}", some_of(stay));
  }
  return undone.empty() ? out : fmt::format("{} ({})", out, undone);
}

/// "if more than 1 of fleet.motd fail, "
std::string too_many_text(const Rollout& rollout) {
  if (rollout.max_failures == 0) return fmt::format("if one of {} fails, ", printable(rollout.address));
  return fmt::format("if more than {} of {} fail, ", rollout.max_failures, printable(rollout.address));
}

std::string consequence_text(const Plan& plan, const Consequence& consequence) {
  const std::string who = printable(consequence.deployment);
  std::string when = consequence.of.empty() ? "" : fmt::format("if {} fails, ", some_of(consequence.of));
  if (consequence.rollout) when = too_many_text(plan.rollouts[*consequence.rollout]);
  switch (consequence.policy) {
    case OnFailure::rollback:
      return when + rollback_text(plan, consequence);
    case OnFailure::stop:
      return when + who + " stops, and nothing is undone";
    case OnFailure::keep_going:
      break;
  }
  if (consequence.rollout) when += "no more of it begin and ";
  return when + who + " goes on with all that does not need what failed";
}

std::string consequences_text(const Plan& plan, Style style) {
  const std::vector<Consequence>& all = plan.consequences;
  if (all.empty()) return {};
  if (all.size() == 1) return style.dim("On failure: " + consequence_text(plan, all.front())) + "\n";
  std::string out = style.dim("On failure:") + "\n";
  for (std::size_t i = 0; i < std::min(all.size(), kShownConsequences); ++i) {
    out += style.dim("    " + consequence_text(plan, all[i])) + "\n";
  }
  if (all.size() > kShownConsequences) {
    out += style.dim(fmt::format("    ... and {} more: -o json shows them", all.size() - kShownConsequences)) + "\n";
  }
  return out;
}

std::string going_on_text(const Plan& plan) {
  return fmt::format("Going on with what run {} had left to undo\n", *plan.goal.undoes);
}

std::string back_to_text(const Plan& plan) {
  const std::string when =
      *plan.back_to == 0 ? "before the first run" : fmt::format("at the end of run {}", *plan.back_to);
  return fmt::format("Deployment {}, back to how it was {}\n", printable(plan.goal.targets[0]), when);
}

std::string_view nothing_text(const Goal& goal) {
  if (goal.undoes) return "Nothing is left to undo.\n";
  switch (goal.kind) {
    case Goal::Kind::apply:
      break;
    case Goal::Kind::destroy:
      return "Nothing is deployed.\n";
    case Goal::Kind::rollback:
      return "Nothing to do: it is as it was then.\n";
    case Goal::Kind::clean:
      return "Nothing has expired, and nothing temporary is left over.\n";
  }
  return "Nothing to do: what is deployed is what the manifests say.\n";
}

}  // namespace

std::string plan_text(const Plan& plan, Style style) {
  std::string out = fmt::format("Environment {}\n", style.bold(printable(plan.environment)));
  if (plan.back_to) out += back_to_text(plan);
  if (plan.goal.undoes) out += going_on_text(plan);
  if (!plan.idle()) out += "\n";
  out += moves_text(plan, style);
  out += steps_text(plan, style);
  if (plan.idle()) out += nothing_text(plan.goal);
  out += orphans_text(plan, style);
  if (!plan.idle() || !plan.orphans.empty()) out += "\n";
  return out + style.bold(counts_text(plan)) + "\n" + consequences_text(plan, style);
}

std::string changes_text(const Plan& plan, Style style) {
  std::string out = moves_text(plan, style) + steps_text(plan, style);
  for (const std::string& line : orphan_lines(plan)) {
    out += "  " + style.red("  -") + " " + style.bold(line) + "  (gone from the manifests)\n";
  }
  return out;
}

std::string counts_text(const Plan& plan) {
  if (plan.goal.undoes) {
    std::string out = fmt::format("Plan: {} to undo", plan.done.size());
    if (const auto n = plan.count(Action::run); n > 0) out += fmt::format(", {} to run", n);
    if (const auto n = plan.count(Action::remove); n > 0) out += fmt::format(", {} to delete", n);
    return out;
  }
  std::string out =
      fmt::format("Plan: {} to create, {} to update", plan.count(Action::create), plan.count(Action::update));
  if (const auto n = plan.count(Action::replace); n > 0) out += fmt::format(", {} to replace", n);
  if (const auto n = plan.count(Action::run); n > 0) out += fmt::format(", {} to run", n);
  out += fmt::format(", {} to delete, {} unchanged", plan.count(Action::remove), plan.kept.size());
  return plan.moves.empty() ? out : out + fmt::format(", {} moved", plan.moves.size());
}

}  // namespace verba
