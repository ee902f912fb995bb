// SPDX-License-Identifier: Apache-2.0
// JSON to Value and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "value/value.h"

namespace verba {

/// Strict JSON (RFC 8259), one document. Integers stay exact in 64 bits, larger ones become reals. Duplicate keys,
/// bad UTF-8, nesting past 256 and trailing text are refused. On failure: nothing, and `why` says what and at which
/// byte. No places.
std::optional<Value> parse_json(std::string_view text, std::string& why);

/// What to do with a secret part.
enum class SecretsAs { stars, clear };

/// Compact, keys in the order of the map. Unknown prints as null, an expression as its text, a real that is not finite
/// as null.
std::string to_json(const Value&, SecretsAs = SecretsAs::stars);
/// The same over several lines, indented by two.
std::string to_pretty_json(const Value&, SecretsAs = SecretsAs::stars);

/// The one spelling of a content: compact, keys sorted by bytes, no places; shortest round-trip reals, which
/// never look like integers. What digests are made of. A secret prints as {"$secret": hex of keyed_digest(secret_key,
/// its canonical JSON)}, Unknown as {"$unknown": true}, an expression as {"$expression": text}.
/// Appends to `out`.
void to_canonical_json(const Value&, std::string_view secret_key, std::string& out);

/// `text` with U+FFFD in place of each byte that is not UTF-8.
std::string as_utf8(std::string_view text);

/// `text` as a JSON string literal, quotes included, as_utf8(). Appends.
void append_json_string(std::string& out, std::string_view text);

}  // namespace verba
