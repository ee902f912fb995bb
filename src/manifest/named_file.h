// SPDX-License-Identifier: Apache-2.0
// Which file a manifest means.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "manifest/model.h"

namespace verba {

/// How large a file may be that is held as a whole: one that a field names, and what a field's content names in turn,
/// all files of a directory together (what AWS Lambda takes, unpacked).
constexpr std::uint64_t largest_file_bytes = std::uint64_t{64} << 20;
constexpr std::uint64_t largest_raw_bytes = std::uint64_t{256} << 20;

/// The absolute path, or the location, of the file that the text `source` names by `written`; relative paths start at
/// its directory. What comes from Git names nothing on this machine but what is in its repository: neither by an
/// absolute path nor by a `file:` location. (Where a relative one leads is looked at when it is read.)
std::variant<std::string, NotFound> named_file(const Model&, SourceId source, const std::string& written);

}  // namespace verba
