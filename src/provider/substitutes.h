// SPDX-License-Identifier: Apache-2.0
// What a task says itself how to do, in the place of what its provider would do.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

/// A provider of the same type that does what Resource::instead says by the provider of the substitute's own type, and
/// all else by `own`. A substitute is told the outputs that are recorded of the thing. One for `update` that has
/// outputs itself gives the thing's new ones; else they stay. A check answers with its exit code: 0 as deployed, 2
/// drifted, 3 absent, else nobody knows.
///
/// A resource of delete.tasks (Occasion::remove) acts when it is removed: that is when `own` applies it. To apply it is
/// to do nothing. Borrows both.
std::unique_ptr<Provider> with_substitutes(Provider& own, const Providers& all);

}  // namespace verba
