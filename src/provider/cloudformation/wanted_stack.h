// SPDX-License-Identifier: Apache-2.0
// A stack as it stands in a manifest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/resource.h"
#include "os/system.h"

namespace verba {

/// A template as it is written.
struct TemplateText {
  std::string body;
  std::string path;  ///< of its file, as written; "" where it is in the manifest
};
TemplateText template_of(const Resource&);

/// A resource that is out there already, and is to be taken into the stack.
struct WantedImport {
  std::string logical;          ///< its name in the template
  std::string identifier = {};  ///< what tells it apart; "": `identifiers` do
  Variables identifiers = {};   ///< by their names; sorted
};

/// What an output exports.
struct WantedExport {
  std::string output;                    ///< its key; "": there may be more, as macros and loops make
  std::optional<std::string> name = {};  ///< nothing: CloudFormation alone can work it out
};

struct WantedStack {
  std::string name;
  std::string body = {};                   ///< of the template
  std::string base = {};                   ///< where its paths start, from the resource's directory
  std::vector<FileInput> artifacts = {};   ///< what it names of this machine
  Variables parameters = {};               ///< sorted
  std::vector<std::string> previous = {};  ///< names of parameters that keep the value they have; sorted
  Variables tags = {};                     ///< sorted
  std::vector<std::string> capabilities = {};
  std::string role_arn = {};
  std::optional<std::vector<std::string>> notification_arns = {};  ///< nothing: those that it has
  std::string policy = {};                                         ///< JSON; "": the one that it has
  std::optional<bool> is_protected = {};                           ///< against deletion; nothing: as it is
  std::string bucket = {};                 ///< for artifacts, and for a template that is too large to be sent as it is
  bool empty_buckets = false;              ///< before the stack is deleted
  std::vector<std::string> retained = {};  ///< resources that may stay then, where they cannot be deleted
  bool disable_rollback = false;
  bool adopt = false;
  bool express = false;                    ///< an operation ends when the configuration is applied
  bool reverts_drift = false;              ///< an update undoes what others have changed
  std::vector<WantedImport> imports = {};  ///< by name
  std::vector<WantedExport> exports = {};  ///< but for those that a condition leaves out
  Variables more = {};                     ///< parameters of CreateChangeSet besides those that add_wanted() makes
};

/// Why there is no such stack.
struct BadStack {
  std::string message;
  std::string hint;
};

/// REQUIRES: the inputs are evaluated.
std::variant<WantedStack, BadStack> read_stack(const Resource&);
/// As CloudFormation takes a parameter or tag; nothing of a map, nor of what is not known.
std::optional<std::string> parameter_text(const Value&);
/// The name alone.
std::string stack_name(const Resource&);

/// Adds what is wrong with one as written; expressions may stand in it.
void check_stack(const Value& with, Where task, Diagnostics&);

/// Has a template to be put into a bucket, and the key that it gets there.
bool is_large(std::string_view body);
std::string template_key(std::string_view body);
constexpr std::string_view template_type = "text/plain; charset=utf-8";  ///< of its content

/// Is there anything that CloudFormation reads from a bucket?
bool needs_bucket(const WantedStack&);

/// The parameters of CreateChangeSet that say what is wanted: template, parameters, tags, capabilities, role.
/// `template_url`: where a large template is. `updates`: there is a stack; only then there are previous values.
void add_wanted(const WantedStack&, bool updates, const std::string& template_url, Variables& parameters);
/// Those of them that are neither template nor parameters nor tags; UpdateStack has them, too.
void add_settings(const WantedStack&, Variables& parameters);
/// How the topics or the role of a stack are others than what is wanted, as it says for itself; "" when they are not.
std::string other_settings(const WantedStack&, const Value& description);

}  // namespace verba
