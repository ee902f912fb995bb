// SPDX-License-Identifier: Apache-2.0
// File: a file or a tree of files.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_file_provider();

}  // namespace verba
