// SPDX-License-Identifier: Apache-2.0
// A stack as it stands in a manifest.
#pragma once

#include <string>
#include <variant>

#include "base/diagnostic.h"
#include "manifest/resource.h"
#include "os/system.h"

namespace verba {

struct WantedStack {
  std::string name;
  std::string body;                        ///< of the template
  Variables parameters = {};               ///< sorted
  std::vector<std::string> previous = {};  ///< names of parameters that keep the value they have; sorted
  Variables tags = {};                     ///< sorted
  std::vector<std::string> capabilities = {};
  std::string role_arn = {};
  std::string bucket = {};  ///< for a template that is too large to be sent as it is
  bool disable_rollback = false;
  bool adopt = false;
};

/// Why there is no such stack.
struct BadStack {
  std::string message;
  std::string hint;
};

/// REQUIRES: the inputs are evaluated.
std::variant<WantedStack, BadStack> read_stack(const Resource&);
/// The name alone.
std::string stack_name(const Resource&);

/// Adds what is wrong with one as written; expressions may stand in it.
void check_stack(const Value& with, Where task, Diagnostics&);

/// Has its template to be put into the bucket?
bool is_large(const WantedStack&);

/// The parameters of CreateChangeSet that say what is wanted: template, parameters, tags, capabilities, role.
/// `template_url`: where a large template is. `updates`: there is a stack; only then there are previous values.
void add_wanted(const WantedStack&, bool updates, const std::string& template_url, Variables& parameters);

}  // namespace verba
