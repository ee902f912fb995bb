// SPDX-License-Identifier: Apache-2.0
#include "state/store.h"

#include <algorithm>

namespace verba {

const Record* Snapshot::find(std::string_view address) const {
  auto before = [](const Record& record, std::string_view wanted) { return record.address < wanted; };
  auto at = std::lower_bound(records.begin(), records.end(), address, before);
  return at != records.end() && at->address == address ? &*at : nullptr;
}

}  // namespace verba
