// SPDX-License-Identifier: Apache-2.0
#include "plan/remains.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "plan/steps.h"

namespace verba {
namespace {

/// Under the name under which it is begun what it makes is known again.
const std::string& name_of(const Resource& resource) {
  return resource.begun_as.empty() ? resource.address : resource.begun_as;
}

/// May it have left what none of the `others` would make?
bool adds_to(const std::vector<const Resource*>& others, const Resource& one, const Providers& providers) {
  const Provider* provider = providers.find(one.type);
  if (provider == nullptr) return false;
  const TaskType& type = provider->type();
  bool is_one_of_them = false;
  std::set<std::string> made;
  for (const Resource* other : others) {
    if (is_other_thing(one, *other, type)) continue;
    is_one_of_them = true;
    if (!type.makes || name_of(*other) != name_of(one)) continue;
    for (std::string& each : type.makes(*other)) made.insert(std::move(each));
  }
  if (!is_one_of_them) return !provider->is_traced(one);  // what became of that is known
  return type.makes &&
         !std::ranges::all_of(type.makes(one), [&](const std::string& each) { return made.contains(each); });
}

}  // namespace

std::vector<Definition> begun_on(const Record& record, Store& store, const Sealer& sealer) {
  if (!record.pending || record.status == RecordStatus::deployed) return {};
  Definition last = read_definition(store, *record.pending, record.address, sealer);
  std::vector<Definition> begun = std::exchange(last.remains, {});
  begun.push_back(std::move(last));
  return begun;
}

std::vector<Definition> remains_beside(const Definition& next, const std::optional<Definition>& good,
                                       const std::vector<Definition>& begun, const Providers& providers) {
  std::vector<const Resource*> known = {&next.resource};
  if (good) known.push_back(&good->resource);
  std::vector<Definition> remains;
  for (auto each = begun.rbegin(); each != begun.rend(); ++each) {
    if (!adds_to(known, each->resource, providers)) continue;
    known.push_back(&each->resource);
    remains.push_back(*each);
  }
  std::ranges::reverse(remains);
  return remains;
}

}  // namespace verba
