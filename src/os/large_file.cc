// SPDX-License-Identifier: Apache-2.0
#include "os/large_file.h"

#include "base/error.h"

namespace verba {

std::optional<LargeFile> sum_up(System& system, const std::string& path) {
  LargeFile file{.path = path, .digest = {}, .parts = {}};
  Hashing all;
  for (;;) {
    const std::optional<std::string> part = system.read_part(path, file.size_bytes, large_file_part_bytes);
    if (!part) return std::nullopt;
    if (!part->empty()) file.parts.push_back(sha256(*part));
    all.add(*part);
    file.size_bytes += part->size();
    if (part->size() < large_file_part_bytes) break;
  }
  file.digest = all.digest();
  return file;
}

std::optional<std::string> read_part(System& system, const LargeFile& file, std::size_t index) {
  try {
    std::optional<std::string> part = system.read_part(file.path, index * large_file_part_bytes, large_file_part_bytes);
    if (part && sha256(*part) != file.parts.at(index)) part.reset();
    return part;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace verba
