// SPDX-License-Identifier: Apache-2.0
// The file calls of System. See there for what each promises.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/system.h"

namespace verba::posix {

std::optional<std::string> read_file(const std::string& path, std::uint64_t limit_bytes);
std::optional<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t count);
void write_file(const std::string& path, std::string_view content, unsigned mode);
std::optional<std::vector<DirectoryEntry>> list_directory(const std::string& path);
std::optional<DirectoryEntry::Kind> kind_of(const std::string& path);
bool is_executable(const std::string& path);
/// Does it belong to who runs us? Links are not followed; absent is false.
bool is_own(const std::string& path);
void make_directories(const std::string& path, unsigned mode);
void empty(const std::string& path);
void remove(const std::string& path);
std::string absolute(const std::string& path);

}  // namespace verba::posix
