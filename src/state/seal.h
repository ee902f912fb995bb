// SPDX-License-Identifier: Apache-2.0
// Secrets at rest: sealed with a key that is never in the database.
#pragma once

#include <string>
#include <string_view>

#include "os/system.h"
#include "value/value.h"

namespace verba {

/// Seals and opens with AES-256-GCM (OpenSSL); every sealing has a fresh random nonce. `context` (an address) is bound
/// as associated data: a sealed text that is moved elsewhere does not open. Throws Error(state) "state.cannot-open"
/// when the key is another one or the text was changed.
class Sealer {
 public:
  /// `key`: 32 bytes.
  explicit Sealer(const std::string& key);

  std::string seal(std::string_view clear, std::string_view context) const;  ///< base64 text
  std::string open(std::string_view sealed, std::string_view context) const;

  /// For keyed digests of secrets; derived from the key (HKDF), not the key itself.
  const std::string& digest_key() const { return digest_key_; }

  /// JSON in which every secret part is {"$sealed": "..."}; back again, marked secret. Other keys that end in "$sealed"
  /// after nothing but '$' gain a '$', so nothing else is taken for one.
  std::string to_sealed_json(const Value&, std::string_view context) const;
  Value from_sealed_json(std::string_view json, std::string_view context) const;

 private:
  std::string sealing_key_;  ///< derived, too
  std::string digest_key_;
};

/// The 32 bytes of the key file (64 hexadecimal digits and a line end). When there is none it is made, for its owner
/// alone, with its directories. Throws Error(state) "state.bad-key" when the file is something else.
std::string load_or_make_key(System&, const std::string& path);

}  // namespace verba
