// SPDX-License-Identifier: Apache-2.0
// Another key for a whole state. Beside Store, because one command needs it, and it needs everything.
#pragma once

#include <functional>
#include <string>

#include "state/store.h"

namespace verba {

/// How what is sealed is sealed anew. All are called inside the transaction, while blobs are still the old ones; what
/// they throw takes everything back.
struct Reseal {
  /// The new JSON of a definition; the same text: it holds nothing sealed.
  std::function<std::string(const std::string& json, const std::string& address)> definition;
  /// The new JSON of the outputs of what was at this address.
  std::function<std::string(const std::string& json, const std::string& address)> outputs;
  /// Outputs and keyed digests of a record; not its `definition` and `pending`.
  std::function<void(Record&)> record;
  AppendEvent event;
};

class Resealable {
 public:
  virtual ~Resealable() = default;
  /// In one durable transaction: every record, all outputs that a step of any run replaced, and every definition that
  /// a record or such a step names; they then name the new ones, and the old ones are gone. Serials grow. Throws
  /// Error(locked) when `lease` was lost or anyone else has one that has not expired; expired ones are lost.
  virtual void reseal(const Reseal&, const Lease& lease, Instant now) = 0;
};

/// Every store of ours is one.
Resealable& resealable(Store&);

}  // namespace verba
