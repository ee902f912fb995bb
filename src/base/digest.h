// SPDX-License-Identifier: Apache-2.0
// SHA-256, by OpenSSL.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace verba {

/// 32 bytes that name a content.
struct Digest {
  std::array<unsigned char, 32> bytes{};

  friend auto operator<=>(const Digest&, const Digest&) = default;
  /// 64 lower-case hexadecimal digits.
  std::string hex() const;
};

/// The reverse of Digest::hex(); nothing when the text is no such thing.
std::optional<Digest> parse_digest(std::string_view hex);

Digest sha256(std::string_view content);
/// SHA-256 of what comes piece by piece.
class Hashing {
 public:
  Hashing();
  void add(std::string_view piece);
  /// Of all that was added. Once only.
  Digest digest();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;  ///< OpenSSL's
};
/// HMAC-SHA-256: a digest that only the holder of `key` can make or check.
Digest keyed_digest(std::string_view key, std::string_view content);

}  // namespace verba
