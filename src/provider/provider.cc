// SPDX-License-Identifier: Apache-2.0
#include "provider/provider.h"

namespace verba {

Provider* Providers::find(std::string_view type) const {
  for (Provider* provider : all_) {
    if (provider->type().name == type) return provider;
  }
  return nullptr;
}

}  // namespace verba
