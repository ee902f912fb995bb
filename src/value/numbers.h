// SPDX-License-Identifier: Apache-2.0
// How a real is spelled. Private to this folder.
#pragma once

#include <string>

namespace verba {

/// The shortest decimal that reads back as the same real, with a point or an exponent in it. REQUIRES: finite.
void append_real(std::string& out, double);

}  // namespace verba
