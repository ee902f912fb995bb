// SPDX-License-Identifier: Apache-2.0
#include "plan/moves.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_map>
#include <utility>

#include "manifest/names.h"
#include "plan/targets.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::string_view kMoved = "state.moved";
constexpr std::size_t kEventsAtOnce = 1000;

/// What a record needs, with the new names; nothing when it is the same.
std::optional<std::string> renamed_needs(const std::string& json,
                                         const std::unordered_map<std::string_view, const Renaming*>& by_former,
                                         const std::vector<std::pair<std::string, std::string>>& left) {
  std::string why;
  const std::optional<Value> needs = parse_json(json, why);
  if (!needs || !needs->is_list()) return std::nullopt;
  List now;
  List more;
  bool changed = false;
  for (const Value& need : needs->list()) {
    const auto found = need.is_string() ? by_former.find(need.string()) : by_former.end();
    now.push_back(found == by_former.end() ? need : Value(found->second->to));
    changed = changed || found != by_former.end();
    if (!need.is_string()) continue;
    // Who needs a whole deployment still needs what has gone from there to another one.
    for (const auto& [whole, to] : left) {
      if (need.string() == whole) more.emplace_back(to);
    }
  }
  if (!changed && more.empty()) return std::nullopt;
  for (Value& need : more) {
    if (std::ranges::find(now, need) == now.end()) now.push_back(std::move(need));
  }
  return to_json(Value(std::move(now)));
}

}  // namespace

std::vector<Renaming> renamings_of(const Model& model, const Snapshot& snapshot, const Goal& goal) {
  const bool any = std::ranges::any_of(model.tasks, [](const Task& task) { return !task.moved_from.empty(); });
  if (!any) return {};
  Diagnostics told_when_planning;
  const auto along = goal.kind == Goal::Kind::apply ? Targets::Reach::what_they_need : Targets::Reach::who_needs_them;
  const Targets targets(goal.targets, model, snapshot, along, told_when_planning);
  std::vector<Renaming> renamings;
  for (TaskId id = 0; id < model.tasks.size(); ++id) {
    const Task& task = model.tasks[id];
    if (task.moved_from.empty() || !targets.has(id) || snapshot.last_known(task.address)) continue;
    const auto former =
        std::ranges::find_if(task.moved_from, [&](const std::string& address) { return snapshot.last_known(address); });
    if (former == task.moved_from.end()) continue;
    renamings.push_back({*former, task.address, model.deployments[task.deployment].name});
  }
  return renamings;
}

Moved rename(Snapshot& snapshot, const std::vector<Renaming>& renamings, const Sealer& sealer) {
  Moved moved;
  if (renamings.empty()) return moved;
  std::unordered_map<std::string_view, const Renaming*> by_former;
  std::vector<std::pair<std::string, std::string>> left;  // "DEPLOYMENT.*" of then, and the address of today
  for (const Renaming& renaming : renamings) {
    by_former.emplace(renaming.from, &renaming);
    const Record* record = snapshot.find(renaming.from);
    if (record && record->deployment != renaming.deployment) left.emplace_back(record->deployment + ".*", renaming.to);
  }
  for (std::vector<Record>* records : {&snapshot.records, &snapshot.over}) {
    for (Record& record : *records) {
      const auto needs = renamed_needs(record.needs, by_former, left);
      if (needs) record.needs = *needs;
      const auto found = by_former.find(record.address);
      if (found == by_former.end()) {
        if (needs) moved.users.push_back(record);
        continue;
      }
      Move move{record.address, record.deployment, {}};
      record.address = found->second->to;
      record.deployment = found->second->deployment;
      record.outputs = sealer.to_sealed_json(sealer.from_sealed_json(record.outputs, move.from), record.address);
      move.record = record;
      moved.moves.push_back(std::move(move));
    }
    std::ranges::sort(*records, {}, &Record::address);
  }
  return moved;
}

Batch edits_of(const std::vector<Move>& moves, Instant at, const std::string& who) {
  Batch batch;
  for (const Move& move : moves) batch.emplace_back(RemoveRecord{move.record.environment, move.from});
  for (const Move& move : moves) {
    batch.emplace_back(PutRecord{move.record});
    Map detail;
    detail.append({"environment", {}}, move.record.environment);
    detail.append({"from", {}}, move.from);
    detail.append({"to", {}}, move.record.address);
    batch.emplace_back(AppendEvent{0, at, std::string(kMoved), who, to_json(Value(std::move(detail)))});
  }
  return batch;
}

NamesOfToday::NamesOfToday(Store& store, const std::string& environment, const std::vector<Move>& planned) {
  std::vector<StoredEvent> events;
  std::int64_t after = 0;
  do {
    events = store.events(after, kEventsAtOnce);
    for (const StoredEvent& event : events) {
      after = event.id;
      if (event.type != kMoved) continue;
      std::string why;
      const std::optional<Value> detail = parse_json(event.detail, why);
      if (!detail || text_of(*detail, "environment") != environment) continue;
      movings_.push_back({event.at, std::string(text_of(*detail, "from")), std::string(text_of(*detail, "to"))});
    }
  } while (events.size() == kEventsAtOnce);
  for (const Move& move : planned) movings_.push_back({std::nullopt, move.from, move.record.address});
}

/// Those of one moment were made at once: they may swap names.
void NamesOfToday::go_back_to(Instant then) {
  while (!movings_.empty() && (!movings_.back().at || *movings_.back().at > then)) {
    const std::optional<Instant> at = movings_.back().at;
    const std::map<std::string, std::string> later = today_;
    for (; !movings_.empty() && movings_.back().at == at; movings_.pop_back()) {
      const Moving& moving = movings_.back();
      const auto further = later.find(moving.to);
      today_.insert_or_assign(moving.from, further == later.end() ? moving.to : further->second);
    }
  }
}

const std::string& NamesOfToday::today(const std::string& address) const {
  const auto moved = today_.find(address);
  return moved == today_.end() ? address : moved->second;
}

std::string needs_of_today(const std::string& needs, const NamesOfToday& names, const Snapshot& now) {
  std::string why;
  std::optional<Value> list = parse_json(needs, why);
  if (!list || !list->is_list()) return needs;
  List renamed;
  for (const Value& need : list->list()) {
    const bool moved = need.is_string() && !now.find(need.string());
    renamed.push_back(moved ? Value(names.today(need.string())) : need);
  }
  return to_json(Value(std::move(renamed)));
}

void add_to(Plan& plan, Moved moved) {
  std::set<std::string> locked(plan.locked.begin(), plan.locked.end());
  for (const Move& move : moved.moves) locked.insert({move.from_deployment, move.record.deployment});
  std::vector<Note> noted;
  for (Record& user : moved.users) {
    locked.insert(user.deployment);
    noted.push_back({std::move(user)});
  }
  plan.noted.insert(plan.noted.begin(), std::make_move_iterator(noted.begin()), std::make_move_iterator(noted.end()));
  plan.locked.assign(locked.begin(), locked.end());
  plan.moves = std::move(moved.moves);
}

}  // namespace verba
