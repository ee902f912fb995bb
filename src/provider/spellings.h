// SPDX-License-Identifier: Apache-2.0
// The ways in which a secret may be written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace verba {

/// As it is and each of its lines; base64 (both alphabets, its lines when it is folded, and what is left of it inside a
/// longer text that was encoded as a whole); URL-encoded, once and twice; JSON-escaped, with \u where the usual
/// libraries write it, and with \/; hexadecimal; quoted as by `sh -x`. Parts that are too short to tell are left out;
/// doubles are not.
std::vector<std::string> spellings_of(std::string_view secret);

}  // namespace verba
