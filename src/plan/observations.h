// SPDX-License-Identifier: Apache-2.0
// How recorded things were found when somebody looked.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "provider/provider.h"

namespace verba {

/// By address. What nobody can look at (it has no check) is not in it. Details are masked UTF-8 of one line.
using Observations = std::map<std::string, Observed, std::less<>>;

}  // namespace verba
