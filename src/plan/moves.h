// SPDX-License-Identifier: Apache-2.0
// Records that go on under another address: nothing is done to the thing itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/instant.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

struct Renaming {
  std::string from;  ///< an address with a record, be it of what is over
  std::string to;    ///< an address without one
  std::string deployment;
};

/// The tasks of the goal that say `movedFrom`, where there is a record at the former address and none at the new one.
std::vector<Renaming> renamings_of(const Model&, const Snapshot&, const Goal&);

/// What is to be written for records that moved.
struct Moved {
  std::vector<Move> moves;
  std::vector<Record> users;  ///< other records: what they need has another address now
};

/// Gives records of the snapshot their new addresses, and rewrites what others say they need, so that the order of
/// deletion stays as it was. Outputs are sealed for the new address; definitions stay as they are.
Moved rename(Snapshot&, const std::vector<Renaming>&, const Sealer&);

/// What things are called today that had other names in the history. One goes back through that, from today on.
class NamesOfToday {
 public:
  /// `planned`: moves that are not recorded yet. Throws what Store::events throws.
  NamesOfToday(Store&, const std::string& environment, const std::vector<Move>& planned = {});
  /// From here on the names of a run that began then are meant.
  void go_back_to(Instant then);
  const std::string& today(const std::string& address) const;

 private:
  struct Moving {
    std::optional<Instant> at;  ///< nothing: planned
    std::string from, to;
  };
  std::vector<Moving> movings_;  ///< between us and the beginning of the history; the oldest first
  std::map<std::string, std::string> today_;
};

/// What was recorded of needs, by the names of today. `names`: gone back to the beginning.
std::string needs_of_today(const std::string& needs, const NamesOfToday& names, const Snapshot& now);

/// Makes them a part of a plan. They come first: what the plan notes of a record is written after them.
void add_to(Plan&, Moved);

/// For the store, with a line each in the audit trail.
Batch edits_of(const std::vector<Move>&, Instant at, const std::string& who);

}  // namespace verba
