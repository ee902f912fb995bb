// SPDX-License-Identifier: Apache-2.0
// An archive in PKWARE's ZIP format (APPNOTE 6.3), by zlib.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace verba {

/// One file of it. Borrows.
struct ZipEntry {
  std::string_view name;  ///< with '/' between its parts
  std::string_view content;
  bool executable = false;
};

/// The archive of the entries, in their order. Nothing but names, contents and executability counts: each file was
/// written at the beginning of 1980, and has the mode 0644 or 0755. Throws Error(system) "system.zip" when it would
/// have 4 GiB or more, or 65,535 files.
std::string zip_archive(const std::vector<ZipEntry>& entries);

/// Is a content an archive already?
bool is_zip(std::string_view content);

}  // namespace verba
