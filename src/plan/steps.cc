// SPDX-License-Identifier: Apache-2.0
#include "plan/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/utf8.h"
#include "manifest/accounts.h"
#include "manifest/aws_accounts.h"
#include "plan/diff.h"
#include "provider/mask.h"

namespace verba {
namespace {

/// The content of a larger file, and of one that is no text, is told by its digest.
constexpr std::size_t kShownBytes = std::size_t{64} << 10;

}  // namespace

std::optional<Resource> resource_of(const Record& record, const PlanningAids& aids) {
  const std::optional<Digest>& digest = record.definition ? record.definition : record.pending;
  if (!digest) return std::nullopt;
  return read_definition(aids.store, *digest, record.address, aids.sealer).resource;
}

bool leaves_no_record(const Task& task) {
  return task.occasion == Occasion::rollback || task.asks();
}

Step step_of(const Model& model, TaskId id, Action action, std::string reason) {
  const Task& task = model.tasks[id];
  Step step;
  step.address = task.address;
  step.deployment = model.deployments[task.deployment].name;
  step.type = task.type->name;
  step.account = model.accounts[task.account].name;
  step.action = action;
  step.reason = std::move(reason);
  step.temporary = task.temporary;
  step.occasion = task.occasion;
  step.leaves_record = !leaves_no_record(task);
  return step;
}

std::vector<FieldChange> changes_of(const Definition& old, const Value& inputs, const std::vector<FileInput>& files) {
  std::vector<FieldChange> changes = diff_values(old.counted(), inputs);
  SecretWords secrets;  // what is one in the inputs is one in files, too
  secrets.add(old.counted());
  secrets.add(inputs);
  const auto same_place = [](const FileInput& file) {
    return [&file](const FileInput& other) { return other.field == file.field && other.inner == file.inner; };
  };
  const auto name_of = [](const FileInput& file) { return fmt::format("{} ({})", file.field, file.path); };
  const auto shown = [&secrets](const FileInput& file) {
    if (file.size_bytes() <= kShownBytes && is_utf8(file.content)) return Value(secrets.mask(file.content));
    if (file.secret) return Value(fmt::format("{} bytes, with secrets", file.size_bytes()));
    return Value(fmt::format("{} bytes, sha256:{}", file.size_bytes(), file.digest.hex()));
  };
  for (const FileInput& file : files) {
    const auto before = std::ranges::find_if(old.resource.files, same_place(file));
    if (before != old.resource.files.end()) {
      if (before->executable != file.executable) {
        changes.push_back({name_of(file) + ", executable", before->executable, file.executable, false});
      }
      if (before->digest == file.digest) continue;
      changes.push_back({name_of(file), shown(*before), shown(file), true});
    } else {
      changes.push_back({name_of(file), std::nullopt, shown(file), true});
    }
  }
  for (const FileInput& file : old.resource.files) {
    if (file.inner.empty() || std::ranges::any_of(files, same_place(file))) continue;
    changes.push_back({name_of(file), shown(file), std::nullopt, true});
  }
  return changes;
}

std::string changed_fields(const std::vector<FieldChange>& changes) {
  if (changes.size() == 1) return changes[0].field + " changed";
  if (changes.size() == 2) return fmt::format("{} and {} changed", changes[0].field, changes[1].field);
  return fmt::format("{} and {} other fields changed", changes[0].field, changes.size() - 1);
}

std::string waiting_reason(const std::vector<FieldChange>& changes) {
  std::vector<FieldChange> sure;
  std::ranges::copy_if(changes, std::back_inserter(sure),
                       [](const FieldChange& change) { return !change.after || !has_unknown(*change.after); });
  if (!sure.empty()) return changed_fields(sure);
  return changes.empty() ? "an input is known after apply" : fmt::format("{} is known after apply", changes[0].field);
}

const Field* replaced_field(const TaskType& type, const std::vector<FieldChange>& changes) {
  for (const FieldChange& change : changes) {
    const std::string_view top = std::string_view(change.field).substr(0, change.field.find_first_of(". "));
    const auto field = std::ranges::find(type.inputs, top, &Field::name);
    if (field != type.inputs.end() && field->replaces) return &*field;
  }
  return nullptr;
}

bool is_other_thing(const Resource& one, const Resource& other, const TaskType& type) {
  if (one.type != other.type || one.account != other.account) return true;
  const auto account_of = [](const Resource& resource) {
    return described_account(resource.account, resource.account_kind, resource.account_spec);
  };
  return !moved_by(account_of(one), account_of(other)).empty() ||
         replaced_field(type, diff_values(one.inputs, other.inputs)) != nullptr;
}

std::optional<Digest> made_of(const Record& record) {
  return record.definition ? record.definition : record.pending;
}

std::string moved(const Record& record, std::string_view type, const Account& account, Store& store,
                  FieldChange* change) {
  if (record.type != type) {
    *change = {"type", Value(record.type), Value(type)};
    return "its type changed";
  }
  if (record.account != account.name) {
    *change = {"account", Value(record.account), Value(account.name)};
    return "its account changed";
  }
  if (!is_aws(account.kind->name) || !made_of(record)) return {};
  const std::optional<Account> then = account_of_then(store, *made_of(record));
  const std::string_view by = then ? moved_by(*then, account) : std::string_view();
  if (by.empty()) return {};
  *change = {"account", Value(place_of(*then)), Value(place_of(account))};
  return fmt::format("the {} of its account changed", by);
}

std::string unfinished(const Record& record) {
  return record.status == RecordStatus::started
             ? fmt::format("interrupted: how the last step on it ended (run {}) is not known", record.run)
             : fmt::format("the last step on it did not succeed (run {})", record.run);
}

std::vector<std::string> touched_deployments(const Plan& plan) {
  std::set<std::string> deployments;
  for (const Step& step : plan.steps) deployments.insert(step.deployment);
  for (const Note& note : plan.noted) deployments.insert(note.record.deployment);
  for (const Record& record : plan.forgotten) deployments.insert(record.deployment);
  return {deployments.begin(), deployments.end()};
}

std::string_view participle(Action action) {
  switch (action) {
    case Action::create:
      return "created";
    case Action::update:
      return "updated";
    case Action::replace:
      return "replaced";
    case Action::remove:
      return "deleted";
    case Action::run:
      return "run";
    case Action::rollback:
      return "rolled back";
  }
  return "done";
}

std::string left_over(const Record& record) {
  return fmt::format("temporary: left over from run {}", record.run);
}

bool is_only_forgotten(const Step& step) {
  return step.reason.ends_with(only_forgotten);
}

std::vector<std::string> left_by_deleting(const Resource& resource, const Provider& provider) {
  const auto& leaves = provider.type().leaves;
  return leaves && stand_in_for(resource, Verb::remove) == nullptr ? leaves(resource) : std::vector<std::string>();
}

std::vector<std::string> left_by_deleting(const Record& record, const PlanningAids& aids) {
  const Provider* provider = aids.providers.find(record.type);
  const std::optional<Resource> resource = provider ? resource_of(record, aids) : std::nullopt;
  return resource ? left_by_deleting(*resource, *provider) : std::vector<std::string>();
}

Step removal_step(const Snapshot& snapshot, std::size_t index, const std::string& reason, const PlanningAids& aids) {
  const Record& record = snapshot.records[index];
  Step step;
  step.address = record.address;
  step.deployment = record.deployment;
  step.type = record.type;
  step.account = record.account;
  step.action = Action::remove;
  step.reason = reason;
  const Provider* provider = aids.providers.find(record.type);
  if (const std::optional<Resource> resource = resource_of(record, aids); provider && resource) {
    step.occasion = resource->occasion;
    step.only_recorded = step.occasion == Occasion::update || step.occasion == Occasion::rollback;
    const bool says_how = step.only_recorded || provider->can_remove(*resource);
    if (!says_how) step.reason += only_forgotten;
    if (!step.only_recorded) step.stays = left_by_deleting(*resource, *provider);
  }
  step.interrupted = record.status != RecordStatus::deployed;
  step.undoable = record.definition.has_value();
  step.record = index;
  step.place = record.place;
  return step;
}

}  // namespace verba
