// SPDX-License-Identifier: Apache-2.0
// HttpRequest: one request, and what undoes it.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_http_provider();

}  // namespace verba
