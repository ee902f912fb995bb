// SPDX-License-Identifier: Apache-2.0
// Which file a manifest means.
#pragma once

#include <string>
#include <variant>

#include "manifest/model.h"

namespace verba {

/// The absolute path, or the location, of the file that the text `source` names by `written`; relative paths start at
/// its directory. What comes from Git names nothing on this machine but what is in its repository: neither by an
/// absolute path nor by a `file:` location. (Where a relative one leads is looked at when it is read.)
std::variant<std::string, NotFound> named_file(const Model&, SourceId source, const std::string& written);

}  // namespace verba
