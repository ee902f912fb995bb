// SPDX-License-Identifier: Apache-2.0
// A sealed text is base64 of: version (1 byte), nonce (12), ciphertext, tag (16).
#include "state/seal.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <filesystem>
#include <memory>

#include "base/base64.h"
#include "base/error.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr char version = 1;
constexpr std::string_view marker = "$sealed";

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void require(bool worked, std::string_view what) {
  if (!worked) throw Error(Error::Kind::system, "system.crypto", fmt::format("OpenSSL could not {}", what));
}

[[noreturn]] void cannot_open(std::string_view context) {
  throw Error(Error::Kind::state, "state.cannot-open",
              fmt::format("a secret of '{}' cannot be opened: it was sealed with another key, or changed", context),
              "use the key file that the state was written with");
}

/// HKDF-SHA-256: one key in, one for each use out.
std::string derive(const std::string& key, std::string_view use) {
  std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  require(kdf != nullptr, "find HKDF");
  std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  std::string digest = "SHA256", secret = key, info(use), out(key_bytes, '\0');
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                             OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
                             OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
                             OSSL_PARAM_construct_end()};
  require(context != nullptr && EVP_KDF_derive(context.get(), bytes_of(out), out.size(), parameters) == 1,
          "derive a key");
  return out;
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext new_context() {
  CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  require(context != nullptr, "make a cipher");
  return context;
}

int length_of(std::string_view text) {
  require(std::in_range<int>(text.size()), "seal more than 2 GiB");
  return static_cast<int>(text.size());
}

/// "$sealed", "$$sealed", ...
bool looks_sealed(std::string_view key) {
  std::size_t dollars = key.find_first_not_of('$');
  return dollars != std::string_view::npos && dollars > 0 && key.substr(dollars - 1) == marker;
}

}  // namespace

Sealer::Sealer(const std::string& key)
    : sealing_key_(derive(key, "verba sealing 1")), digest_key_(derive(key, "verba digests 1")) {
  if (key.size() != key_bytes) {
    throw Error(Error::Kind::state, "state.bad-key",
                fmt::format("the key has {} bytes, not {}", key.size(), key_bytes));
  }
}

std::string Sealer::seal(std::string_view clear, std::string_view context) const {
  std::string sealed(1 + nonce_bytes + clear.size() + tag_bytes, version);
  unsigned char* nonce = bytes_of(sealed) + 1;
  unsigned char* text = nonce + nonce_bytes;
  require(RAND_bytes(nonce, nonce_bytes) == 1, "make random bytes");
  CipherContext cipher = new_context();
  int length = 0;
  bool worked = EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(sealing_key_), nonce, nullptr) == 1 &&
                EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), length_of(context)) == 1 &&
                EVP_EncryptUpdate(cipher.get(), text, &length, bytes_of(clear), length_of(clear)) == 1 &&
                EVP_EncryptFinal_ex(cipher.get(), text + clear.size(), &length) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, text + clear.size()) == 1;
  require(worked, "seal a secret");
  return to_base64(sealed);
}

std::string Sealer::open(std::string_view sealed_text, std::string_view context) const {
  std::optional<std::string> sealed = from_base64(sealed_text);
  if (!sealed || sealed->size() < 1 + nonce_bytes + tag_bytes || sealed->front() != version) cannot_open(context);
  unsigned char* nonce = bytes_of(*sealed) + 1;
  std::string_view text = std::string_view(*sealed).substr(1 + nonce_bytes);
  text.remove_suffix(tag_bytes);
  std::string tag = sealed->substr(sealed->size() - tag_bytes);
  std::string clear(text.size() + 1, '\0');  // one more, so that there is an address to write an empty text to
  CipherContext cipher = new_context();
  int length = 0;
  bool worked = EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(sealing_key_), nonce, nullptr) == 1 &&
                EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), length_of(context)) == 1 &&
                EVP_DecryptUpdate(cipher.get(), bytes_of(clear), &length, bytes_of(text), length_of(text)) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, bytes_of(tag)) == 1 &&
                EVP_DecryptFinal_ex(cipher.get(), bytes_of(clear) + text.size(), &length) == 1;
  if (!worked) cannot_open(context);
  clear.resize(text.size());
  return clear;
}

namespace {

Value sealed_parts(const Sealer& sealer, const Value& value, std::string_view context) {
  if (value.secret) {
    Map sealed;
    sealed.set(marker, sealer.seal(to_json(value, SecretsAs::clear), context));
    return sealed;
  }
  if (value.is_list()) {
    List list;
    for (const Value& item : value.list()) list.push_back(sealed_parts(sealer, item, context));
    return list;
  }
  if (!value.is_map()) return value;
  Map map;
  for (const auto& [key, item] : value.map()) {
    std::string name = looks_sealed(key.name) ? "$" + key.name : key.name;
    map.append(Key{std::move(name), {}}, sealed_parts(sealer, item, context));
  }
  return map;
}

[[noreturn]] void not_json(std::string_view context, const std::string& why) {
  throw Error(Error::Kind::state, "state.corrupt",
              fmt::format("what is recorded of '{}' is not JSON: {}", context, why));
}

Value opened_parts(const Sealer& sealer, const Value& value, std::string_view context) {
  if (value.is_list()) {
    List list;
    for (const Value& item : value.list()) list.push_back(opened_parts(sealer, item, context));
    return list;
  }
  if (!value.is_map()) return value;
  const Value* sealed = value.find(marker);
  if (sealed != nullptr && sealed->is_string()) {
    std::string why;
    std::optional<Value> clear = parse_json(sealer.open(sealed->string(), context), why);
    if (!clear) not_json(context, "a sealed part of it is damaged");  // `why` could tell of the secret
    make_secret(*clear);
    return *std::move(clear);
  }
  Map map;
  for (const auto& [key, item] : value.map()) {
    std::string name = looks_sealed(key.name) ? key.name.substr(1) : key.name;
    map.append(Key{std::move(name), {}}, opened_parts(sealer, item, context));
  }
  return map;
}

/// The 32 bytes that 64 digits stand for.
std::optional<std::string> from_hex(std::string_view hex) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (hex.size() != 2 * key_bytes || hex.find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(digits.find(hex[i]) << 4U | digits.find(hex[i + 1]));
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

}  // namespace

std::string Sealer::to_sealed_json(const Value& value, std::string_view context) const {
  return to_json(sealed_parts(*this, value, context));
}

Value Sealer::from_sealed_json(std::string_view json, std::string_view context) const {
  std::string why;
  std::optional<Value> value = parse_json(json, why);
  if (!value) not_json(context, why);
  return opened_parts(*this, *value, context);
}

std::string load_or_make_key(System& system, const std::string& path) {
  std::optional<std::string> text = system.read_file(path, 4096);
  if (!text) {
    std::string directory = std::filesystem::path(path).parent_path().string();
    if (!directory.empty()) system.make_directories(directory, 0700);
    system.write_file(path, to_hex(system.random_bytes(key_bytes)) + "\n", 0600);
    // Read again: should another process have made it at the same time, both use the one that is there.
    text = system.read_file(path, 4096);
  }
  std::string_view hex = text ? std::string_view(*text) : std::string_view();
  while (hex.ends_with('\n') || hex.ends_with('\r')) hex.remove_suffix(1);
  std::optional<std::string> key = from_hex(hex);
  if (!key) {
    throw Error(Error::Kind::state, "state.bad-key", fmt::format("'{}' holds no key: 64 hexadecimal digits", path),
                "put the key file of this state in its place");
  }
  return *std::move(key);
}

}  // namespace verba
