// SPDX-License-Identifier: Apache-2.0
// What is recorded of a deployed thing: enough to update it, put it back or delete it when its manifest is gone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "manifest/model.h"
#include "manifest/resource.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

struct Definition {
  Resource resource;
  std::optional<Value> compared;  ///< the inputs that count for "changed", where they are not resource.inputs
  std::optional<Milliseconds> timeout;
  Retry retry;
  bool idempotent = false;
  std::optional<std::string> needs;          ///< as Record::needs; nothing in what older versions recorded
  std::optional<RolloutRules> rollout = {};  ///< of its task, without the place
  /// Of what is pending: what steps that were broken off or failed were to make and may have left (plan/remains.h).
  std::vector<Definition> remains = {};

  const Value& counted() const { return compared ? *compared : resource.inputs; }
};

/// How often something is tried, and how long one attempt may take.
struct Tries {
  Retry retry;
  std::optional<Milliseconds> timeout;
};
/// Of what it takes to bring it about, or, with a `verb`, of what it says itself for that, where it does.
Tries tries_of(const Definition&, std::optional<Verb> verb = std::nullopt);
/// Of undoing what was `made`: by its rollback or its delete, or by putting back what was there `before`.
Tries tries_of_undoing(const std::optional<Definition>& made, const std::optional<Definition>& before);

/// JSON of a definition; secrets sealed; of files only their digests (their contents are blobs of their own).
std::string to_json(const Definition&, const Sealer&);
/// Reads it back as what is at `address` now, with the contents of files from the store. Throws Error(state)
/// "state.definition" when a blob is missing or cannot be read.
Definition read_definition(Store&, const Digest&, const std::string& address, const Sealer&);
/// The account of a definition, as it was then; nothing when that cannot be read.
std::optional<Account> account_of_then(Store&, const Digest&);
/// The same JSON of a definition under another key; the same text when nothing in it is sealed.
std::string resealed(const std::string& json, const std::string& address, const Sealer& old, const Sealer& next);

}  // namespace verba
