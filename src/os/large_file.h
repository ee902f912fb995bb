// SPDX-License-Identifier: Apache-2.0
// A file that is too large to be held in memory: what is known of its content, part by part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "os/system.h"

namespace verba {

constexpr std::size_t large_file_part_bytes = std::size_t{8} << 20;

/// A plain value; the content stays in the file.
struct LargeFile {
  std::string path;  ///< absolute
  std::uint64_t size_bytes = 0;
  Digest digest;              ///< of all of it
  std::vector<Digest> parts;  ///< of each large_file_part_bytes; the last one of what is left
};

/// Reads all of it, one part at a time. Nothing when there is no such file. Throws what System::read_part throws.
std::optional<LargeFile> sum_up(System& system, const std::string& path);

/// One part of its content; nothing when that is no longer what it was when it was summed up, or cannot be read.
std::optional<std::string> read_part(System& system, const LargeFile& file, std::size_t index);

}  // namespace verba
