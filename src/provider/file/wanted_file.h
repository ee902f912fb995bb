// SPDX-License-Identifier: Apache-2.0
// What a File task wants, from its inputs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "provider/provider.h"

namespace verba {

struct FileSeen;  // provider/file/file_script.h

/// One file of it. Borrows the content from the resource.
struct WantedFile {
  std::string path;  ///< as FileOrder::path
  std::string_view content;
  Digest digest;
  bool executable = false;  ///< its mode is executable_mode_of()
};

/// What is wrong with an input, as written or as evaluated.
struct FileMistake {
  std::string_view code;
  std::string message;
  std::string hint;
  Where where;
};
std::vector<FileMistake> mistakes_of(const Value& with, Where task);

/// Without what leads nowhere: "/srv//app/./f" is "/srv/app/f".
std::string plain_path(std::string_view);

/// REQUIRES for all of these: no mistakes, everything known.
std::string root_of(const Resource&);
std::vector<WantedFile> files_of(const Resource&);
/// The paths of those; of one with mistakes, which is refused, none.
std::vector<std::string> paths_of(const Resource&);
std::string mode_of(const Resource&);             ///< "0644"
std::string executable_mode_of(const Resource&);  ///< "0755"; with `mode` the same for all
std::string directory_mode_of(const Resource&);   ///< "0755"
std::string owner_of(const Resource&);            ///< as for chown, or "-"
/// Is there a secret in what it writes?
bool is_secret(const Resource&);
/// Of one file its content's; of a tree one over all paths and contents.
Digest digest_of(const std::vector<WantedFile>&, const std::string& root);

/// How the file differs from what is wanted, for people: "mode is 0600, not 0644"; "" when it does not.
std::string difference(const FileSeen&, const WantedFile&, const Resource&);
/// Likewise a directory of a tree. One that is gone is told with its files.
std::string directory_difference(const FileSeen&, const Resource&);

}  // namespace verba
