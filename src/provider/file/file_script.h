// SPDX-License-Identifier: Apache-2.0
// The one shell script that writes, looks at and removes files, here and on other machines, and what is said to it and
// what it says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "os/executor.h"

namespace verba {

/// What is to be done about one path.
struct FileOrder {
  enum class Kind { put, drop, look, own_directory, leave_directory } kind = Kind::look;
  std::string path;               ///< absolute, or beginning with "./": from where the script runs
  std::string_view content = {};  ///< put; borrowed
  Digest digest = {};             ///< put, drop: of the content
  /// put, drop: it is what an earlier step of ours made, whatever is in it now. Else it is so only when its content is
  /// the one of `digest`, and what others made is neither overwritten (unless `overwrite`) nor dropped.
  bool ours = false;
  std::vector<Digest> tried = {};  ///< put, drop: with one of these contents it is ours as well
  bool executable = false;         ///< put: it gets FileOrders::executable_mode
};

struct FileOrders {
  /// write: puts, then drops. remove: drops. look: files and directories, each in the order of their bytes. The first
  /// two: then directories.
  enum class Verb { write, remove, look } verb = Verb::look;
  std::vector<FileOrder> list;
  std::string tag;  ///< of the resource; nothing else that is written at the same time has the same
  std::vector<std::string> former_tags = {};  ///< that it had under other names; what is left of those goes
  std::string root;                           ///< the path that the person wrote, as in FileOrder
  std::string known = "-";  ///< the absolute path of what is deployed; `ours` counts only when root is there
  std::string mode = "0644";
  std::string executable_mode = "0755";
  std::string directory_mode = "0755";  ///< of directories made below root
  std::string owner = "-";              ///< "user", "user:group", ":group"; "-": as it comes
  bool overwrite = false;
  bool parents = true;
};

/// Nothing of a content is in its arguments. It takes about as long as the contents do, however many files they are in.
Work work_of(const FileOrders&);

/// How a path is.
struct FileSeen {
  enum class Kind { file, directory, link, other, absent, unseen } kind = Kind::unseen;
  std::string path;
  std::string mode;         ///< "0644"
  std::string user, group;  ///< names
  std::string user_id, group_id;
  std::optional<Digest> digest;  ///< of a file; nothing: its content cannot be read there
};

/// What it printed.
struct FileReport {
  std::string directory;          ///< absolute, where it ran
  std::vector<std::string> made;  ///< directories that it made, parents first
  std::vector<std::string> left;  ///< what was to be dropped and is not ours
  std::vector<FileSeen> seen;
  std::string refused, refused_path;  ///< "foreign", "other", "parent": why nothing was done; or ""

  std::string absolute(const std::string& path) const;
};
FileReport read_report(std::string_view printed);

/// The exit code that goes with `refused`.
constexpr int file_refused_code = 3;

}  // namespace verba
