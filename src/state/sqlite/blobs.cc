// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/blobs.h"

#include <fmt/format.h>
#include <zstd.h>

#include "base/error.h"

namespace verba {
namespace {

// Below it, zstd's own header and the time cost more than is gained.
constexpr std::size_t worth_compressing_bytes = 512;
// Definitions are small and written while a person waits; higher levels gain little on them.
constexpr int level = 1;
// More than any column of SQLite can hold is no size of ours.
constexpr std::int64_t largest_bytes = std::int64_t{1} << 31;

enum Encoding { plain = 0, zstd = 1 };

}  // namespace

struct Blobs::Zstd {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> compress{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> decompress{ZSTD_createDCtx(), ZSTD_freeDCtx};
  std::string packed;
};

Blobs::Blobs(Database& database) : database_(database), zstd_(std::make_unique<Zstd>()) {}
Blobs::~Blobs() = default;

void Blobs::put(const Digest& digest, std::string_view content) {
  auto insert = [&](Encoding encoding, std::string_view stored) {
    database_.run("INSERT OR IGNORE INTO blob (digest, encoding, size, content) VALUES (?, ?, ?, ?)", digest,
                  static_cast<int>(encoding), content.size(), Bytes{stored});
  };
  if (content.size() <= worth_compressing_bytes) return insert(plain, content);
  if (database_.query("SELECT 1 FROM blob WHERE digest = ?", digest).next()) return;
  std::string& packed = zstd_->packed;
  packed.resize(ZSTD_compressBound(content.size()));
  std::size_t size =
      ZSTD_compressCCtx(zstd_->compress.get(), packed.data(), packed.size(), content.data(), content.size(), level);
  if (ZSTD_isError(size) != 0 || size >= content.size()) return insert(plain, content);
  insert(zstd, std::string_view(packed).substr(0, size));
}

std::optional<std::string> Blobs::get(const Digest& digest) {
  auto query = database_.query("SELECT encoding, size, content FROM blob WHERE digest = ?", digest);
  if (!query.next()) return std::nullopt;
  std::string content;
  std::int64_t size = query.integer(1);
  if (query.integer(0) == plain) {
    content = query.string(2);
  } else if (size >= 0 && size <= largest_bytes) {
    content.resize(static_cast<std::size_t>(size));
    std::string_view packed = query.text(2);
    std::size_t got =
        ZSTD_decompressDCtx(zstd_->decompress.get(), content.data(), content.size(), packed.data(), packed.size());
    if (got != content.size()) content.clear();
  }
  if (sha256(content) != digest) {
    throw Error(
        Error::Kind::state, "state.corrupt",
        fmt::format("the state in '{}' is damaged: blob {} has another content", database_.path(), digest.hex()),
        "keep the file, and put a backup of it in its place");
  }
  return content;
}

}  // namespace verba
