// SPDX-License-Identifier: Apache-2.0
// One thing that a provider tends, with everything known.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "manifest/model.h"
#include "os/large_file.h"
#include "value/value.h"

namespace verba {

/// The content of a file that an input names.
struct FileInput {
  std::string field;  ///< name of the input: "source"
  std::string path;   ///< as written
  Digest digest;
  std::string content;
  /// Where the input names a directory: the path in it, "conf.d/a.conf". Of what is named in turn (TaskType::names):
  /// its path from the resource's directory.
  std::string inner = {};
  bool executable = false;  ///< told of what is named in turn only
  bool secret = false;      ///< there are secrets in the content: in the state it is sealed, with what is recorded
  /// Of a field that may be Field::large: `content` is empty then, and no copy of it is in the state.
  std::optional<LargeFile> large = {};

  std::uint64_t size_bytes() const { return large ? large->size_bytes : content.size(); }
};

/// FileInput::field of what no field names itself (TaskType::names).
constexpr std::string_view artifact_field = "artifact";

struct StandIn;

/// All a provider is told about what it is to bring about. Made from a Task by evaluating its inputs, or from a record.
/// A plain value; may hold secrets.
struct Resource {
  std::string address;
  std::string type;
  Value inputs;  ///< a map, evaluated, nothing unknown; checked
  std::vector<FileInput> files;
  std::string directory;  ///< absolute; where relative paths start
  std::string account = "deployment-host";
  std::string account_kind = "InfrastructureAccount";
  Value account_spec;
  std::vector<StandIn> instead;  ///< what the task says itself how to do
  Occasion occasion = Occasion::deploy;
  /// Of what is read from a record: its address when it was begun; it may have moved since. Else "".
  std::string begun_as = {};
};

/// What is done in the place of something that the provider of a resource would do, by the provider of its own type.
struct StandIn {
  Verb verb = Verb::update;
  Resource resource;
  std::optional<Retry> retry = {};           ///< of its own; else that of what it stands in for
  std::optional<Milliseconds> timeout = {};  ///< likewise
};

/// Null: its own provider does it.
inline const StandIn* stand_in_for(const Resource& resource, Verb verb) {
  const auto found = std::ranges::find(resource.instead, verb, &StandIn::verb);
  return found == resource.instead.end() ? nullptr : &*found;
}

}  // namespace verba
