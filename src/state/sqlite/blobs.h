// SPDX-License-Identifier: Apache-2.0
// Contents by their digest, compressed when that pays. Private to this folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "state/sqlite/database.h"

namespace verba {

/// Holds what zstd needs over and over. One thread.
class Blobs {
 public:
  explicit Blobs(Database& database);
  ~Blobs();
  Blobs(const Blobs&) = delete;
  Blobs& operator=(const Blobs&) = delete;

  /// Writes unless it is there. REQUIRES: `digest` is that of `content`; inside a WriteTransaction.
  void put(const Digest& digest, std::string_view content);
  /// Throws Error(state) "state.corrupt" when what is there has another digest.
  std::optional<std::string> get(const Digest& digest);

 private:
  struct Zstd;
  Database& database_;
  std::unique_ptr<Zstd> zstd_;
};

}  // namespace verba
