// SPDX-License-Identifier: Apache-2.0
#include "state/reseal.h"

#include "base/error.h"

namespace verba {

Resealable& resealable(Store& store) {
  auto* found = dynamic_cast<Resealable*>(&store);
  if (found == nullptr) bug("a store that cannot be sealed anew");
  return *found;
}

}  // namespace verba
