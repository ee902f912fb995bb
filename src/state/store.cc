// SPDX-License-Identifier: Apache-2.0
#include "state/store.h"

#include <algorithm>

namespace verba {
namespace {

const Record* find_in(const std::vector<Record>& records, std::string_view address) {
  auto before = [](const Record& record, std::string_view wanted) { return record.address < wanted; };
  auto at = std::lower_bound(records.begin(), records.end(), address, before);
  return at != records.end() && at->address == address ? &*at : nullptr;
}

}  // namespace

std::optional<std::string> outputs_before(const Record& record) {
  return record.definition && record.outputs != "{}" ? std::optional(record.outputs) : std::nullopt;
}

void Snapshot::add(Record record) {
  (record.lifetime == Lifetime::over ? over : records).push_back(std::move(record));
}

const Record* Snapshot::find(std::string_view address) const {
  return find_in(records, address);
}

const Record* Snapshot::remembered(std::string_view address) const {
  return find_in(over, address);
}

const Record* Snapshot::last_known(std::string_view address) const {
  const Record* record = find(address);
  if (record && record->definition) return record;
  const Record* last = remembered(address);
  return last ? last : record;
}

}  // namespace verba
