// SPDX-License-Identifier: Apache-2.0
#include "provider/provider.h"

namespace verba {

Async<Preview> Provider::preview(Resource, std::optional<Recorded>, Attempt&) {
  co_return Preview{};
}

void Provider::examine(const Resource&, Where, Diagnostics&) const {}

Async<std::optional<Outcome>> Provider::foresee(Resource, Attempt&) {
  co_return std::nullopt;
}

Provider* Providers::find(std::string_view type) const {
  for (Provider* provider : all_) {
    if (provider->type().name == type) return provider;
  }
  return nullptr;
}

}  // namespace verba
