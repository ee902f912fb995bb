// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>

#include "base/error.h"

namespace verba {
namespace {

/// Looking an algorithm up by name costs more than hashing a kilobyte, so it is done once.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (fetched == nullptr) throw Error(Error::Kind::system, "system.no-sha256", "OpenSSL offers no SHA-256");
  return fetched;
}

[[noreturn]] void fail() {
  throw Error(Error::Kind::system, "system.no-sha256", "OpenSSL could not compute a SHA-256 digest");
}

}  // namespace

std::string Digest::hex() const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = digits[bytes[i] >> 4U];
    text[2 * i + 1] = digits[bytes[i] & 0xFU];
  }
  return text;
}

std::optional<Digest> parse_digest(std::string_view hex) {
  Digest digest;
  if (hex.size() != digest.bytes.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const char* first = hex.data() + 2 * i;
    const auto [end, problem] = std::from_chars(first, first + 2, digest.bytes[i], 16);
    if (problem != std::errc() || end != first + 2) return std::nullopt;
  }
  return digest;
}

Digest sha256(std::string_view content) {
  Digest digest;
  if (EVP_Digest(content.data(), content.size(), digest.bytes.data(), nullptr, sha256_algorithm(), nullptr) != 1)
    fail();
  return digest;
}

Hashing::Hashing() : context_(EVP_MD_CTX_new()) {
  if (EVP_DigestInit_ex2(static_cast<EVP_MD_CTX*>(context_.get()), sha256_algorithm(), nullptr) != 1) fail();
}

void Hashing::Free::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

void Hashing::add(std::string_view piece) {
  if (EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), piece.data(), piece.size()) != 1) fail();
}

Digest Hashing::digest() {
  Digest digest;
  if (EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()), digest.bytes.data(), nullptr) != 1) fail();
  return digest;
}

Digest keyed_digest(std::string_view key, std::string_view content) {
  Digest digest;
  // A null key would mean "the key of last time" to OpenSSL.
  const char* const key_bytes = key.empty() ? "" : key.data();
  if (HMAC(sha256_algorithm(), key_bytes, static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.bytes.data(),
           nullptr) == nullptr) {
    throw Error(Error::Kind::system, "system.no-hmac", "OpenSSL could not compute a keyed digest");
  }
  return digest;
}

}  // namespace verba
