// SPDX-License-Identifier: Apache-2.0
// The program of session_client.cc, as bytes that lie in ours.
#pragma once

#include <string_view>

namespace verba {

std::string_view carried_client();

}  // namespace verba
