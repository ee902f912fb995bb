// SPDX-License-Identifier: Apache-2.0
// Who is to hear of what.
#pragma once

#include <string_view>
#include <vector>

#include "manifest/manifest.h"
#include "manifest/model.h"

namespace verba {

struct Resolution;

/// A channel that hears of something. Borrows the manifest.
struct Listening {
  std::string_view channel;
  std::string_view account;
  std::string_view topic;
};

/// Those that hear of an event ("failed") by a `notify` list. `notify`: null when there is none. Names that lead
/// nowhere are left out: resolving told of them.
std::vector<Listening> who_hears(const Value* notify, std::string_view event, const std::vector<Manifest>& manifests,
                                 std::string_view environment);

/// The `notify` of an environment: its own, or that of the nearest one that it extends; null: none.
const Value* notify_of_environment(const std::vector<Manifest>& manifests, std::string_view environment);

/// A pass of resolving: whether channels, and the accounts of those in scope, are there.
void resolve_notifications(Resolution&);

}  // namespace verba
