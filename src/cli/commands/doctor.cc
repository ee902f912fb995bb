// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/state_access.h"
#include "cli/state_key.h"

namespace verba {
namespace {

struct Finding {
  enum class Kind { good, note, bad } kind = Kind::good;
  std::string what;
  std::string detail;
};

std::string_view word(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::good:
      return "ok";
    case Finding::Kind::note:
      return "note";
    case Finding::Kind::bad:
      return "bad";
  }
  return "bad";
}

std::optional<std::string> find_program(System& system, const std::string& name) {
  const std::string path = system.variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find(':', at), path.size());
    const std::string candidate = path.substr(at, end - at) + "/" + name;
    if (system.kind_of(candidate) == DirectoryEntry::Kind::file && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    at = end + 1;
  }
  return std::nullopt;
}

void check_programs(System& system, std::vector<Finding>& out) {
  struct Wanted {
    const char* name;
    Finding::Kind when_missing;
    const char* purpose;
  };
  constexpr Wanted kWanted[] = {
      {"sh", Finding::Kind::bad, "runs scripts"},
      {"git", Finding::Kind::note, "fetches manifests from Git"},
      {"curl", Finding::Kind::note, "fetches manifests from https:// addresses"},
      {"flock", Finding::Kind::note, "guards the cache of Git repositories (Debian package util-linux)"},
      {"ssh", Finding::Kind::note, "reaches other hosts"},
      {"dot", Finding::Kind::note, "draws `verba graph --format svg` (Debian package graphviz)"},
  };
  for (const Wanted& wanted : kWanted) {
    const auto path = find_program(system, wanted.name);
    out.push_back({path ? Finding::Kind::good : wanted.when_missing, wanted.name,
                   path ? *path : "not on PATH; it " + std::string(wanted.purpose)});
  }
}

/// Locks of SQLite cannot be trusted on file systems of other machines.
void check_file_system(const std::string& path, std::vector<Finding>& out) {
  constexpr long kNfs = 0x6969, kCifs = 0xff534d42, kSmb = 0xfe534d42, kFuse = 0x65735546;
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return;
  const long type = static_cast<long>(info.f_type);
  const bool remote = type == kNfs || type == kCifs || type == kSmb;
  if (remote)
    out.push_back({Finding::Kind::bad, "file system",
                   "the state is on a network file system, where its locks cannot be trusted"});
  if (type == kFuse)
    out.push_back({Finding::Kind::note, "file system", "the state is on a FUSE file system; some do not lock files"});
  if (!remote && type != kFuse) out.push_back({Finding::Kind::good, "file system", "local"});
}

void check_key(Call& call, const std::string& path, std::vector<Finding>& out) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    out.push_back({Finding::Kind::good, "key", "none yet; `verba apply` makes one"});
  } else if ((info.st_mode & 077) != 0) {
    out.push_back({Finding::Kind::bad, "key", fmt::format("others may read '{}': chmod 600 {}", path, path)});
  } else {
    out.push_back({Finding::Kind::good, "key", path});
  }
  (void)call;
}

void check_state(Call& call, std::vector<Finding>& out) {
  std::string path;
  try {
    path = state_path(call);
  } catch (const Error& error) {
    out.push_back({Finding::Kind::note, "manifests", error.what()});
    return;
  }
  if (!call.system.kind_of(path)) {
    out.push_back({Finding::Kind::good, "state", "none yet at '" + path + "'"});
    return;
  }
  try {
    const auto problems = open_store(path, StoreUse::reading)->check();
    for (const std::string& problem : problems) out.push_back({Finding::Kind::bad, "state", problem});
    if (problems.empty()) out.push_back({Finding::Kind::good, "state", path});
  } catch (const Error& error) {
    out.push_back({Finding::Kind::bad, "state", error.what()});
  }
  check_file_system(path, out);
  if (const KeySource key = key_source(call.system, path); key.kind == KeySource::Kind::file) {
    check_key(call, key.text, out);
  }
}

int doctor(Call& call) {
  const Format format = format_of(call);
  std::vector<Finding> findings;
  check_programs(call.system, findings);
  check_state(call, findings);
  bool sound = true;
  std::string text;
  List list;
  for (const Finding& finding : findings) {
    sound = sound && finding.kind != Finding::Kind::bad;
    text += fmt::format("{:<6}{:<14}{}\n", word(finding.kind), finding.what, finding.detail);
    Map map;
    map.append({"status", {}}, word(finding.kind));
    map.append({"what", {}}, finding.what);
    map.append({"detail", {}}, finding.detail);
    list.push_back(std::move(map));
  }
  if (format == Format::text) {
    print(call, text);
  } else {
    Map answer;
    answer.append({"sound", {}}, sound);
    answer.append({"findings", {}}, std::move(list));
    print(call, format, Value(std::move(answer)));
  }
  return sound ? kDone : kStepFailed;
}

}  // namespace

CommandRow doctor_command() {
  return {.name = "doctor", .group = "Tend", .summary = "what is missing or wrong on this machine", .function = doctor};
}

}  // namespace verba
