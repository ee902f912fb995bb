// SPDX-License-Identifier: Apache-2.0
#include "manifest/named_file.h"

#include <fmt/format.h>

#include "manifest/locations/origin.h"

namespace verba {

std::variant<std::string, NotFound> named_file(const Model& model, SourceId source, const std::string& written) {
  const bool absolute = written.starts_with('/');
  const bool remote = !absolute && is_remote_location(written);
  if (!absolute && !remote) {
    return (source < model.directories.size() ? model.directories[source] : std::string()) + "/" + written;
  }
  const bool here = absolute || written.starts_with("file:") || written.starts_with("git::file:");
  if (here && model.from_git.contains(source)) {
    return NotFound{fmt::format("'{}' leads out of its repository", without_credentials(written)),
                    "keep what a manifest needs in its repository"};
  }
  return written;
}

}  // namespace verba
