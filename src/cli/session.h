// SPDX-License-Identifier: Apache-2.0
// The passes that commands share, from the words on the command line to a resolved model. Each is a function from
// values to values; none keeps anything between calls.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/logins.h"
#include "base/diagnostic.h"
#include "cli/args.h"
#include "cli/builtin.h"
#include "cli/console.h"
#include "manifest/locations/load.h"
#include "manifest/manifest.h"
#include "manifest/model.h"
#include "manifest/resource.h"
#include "os/system.h"
#include "view/text/style.h"

namespace verba {

/// What a command is given. Borrowed for the time of the command.
struct Call {
  const CommandRow& command;
  const Arguments& arguments;
  System& system;
  Console& console;
  Style out_style;  ///< for standard output
  Style err_style;  ///< for standard error

  /// Holds a large value until the program ends, when it need not be destroyed piece by piece.
  template <class T>
  T& keep(std::unique_ptr<T> value) {
    T& reference = *value;
    kept.push_back(std::shared_ptr<T>(std::move(value)));
    return reference;
  }
  /// What is built in; made when it is first asked for.
  const Kit& kit();

  /// The credentials of AWS of everybody in this command.
  const std::shared_ptr<AwsLogins>& logins() {
    if (!made_logins) made_logins = std::make_shared<AwsLogins>(system);
    return made_logins;
  }

  std::vector<std::shared_ptr<void>> kept = {};
  std::shared_ptr<AwsLogins> made_logins = {};
  const Kit* made_kit = nullptr;
};

/// All that was read, checked as far as that needs no environment. `diagnostics` may hold errors: see require().
struct Project {
  std::vector<Location> locations;
  Sources sources;
  std::vector<Document> documents;
  std::vector<Manifest> manifests;
  std::vector<Brought> brought;
  Diagnostics diagnostics;
};

/// -s, -p and -f, in this order, as said.
std::vector<std::string> said_locations(Call&);
/// Are manifests named, or is there a verba.yaml or deploy/?
bool manifests_are_at_hand(Call&);

/// Those, or verba.yaml or deploy/ here when there is neither -p nor -f. Throws Error(usage) when there are none.
std::vector<Location> find_locations(Call&);

/// Where what is fetched is kept, and --offline.
FetchSettings fetch_settings(Call&);

/// May the network be asked for what was not fetched yet?
enum class Network { as_said, never };

/// Fetches and checks. Kept by the call.
Project& load(Call&, std::vector<Location>, Network = Network::as_said);
Project& load(Call&);

/// -e, or the only one there is. Throws Error(usage) that lists them.
std::string choose_environment(Call&, const Project&);

/// --var, as values: YAML that is a number, true, false, null, [a list] or {a: map} gets its type, all else is text.
Map command_line_variables(const std::vector<std::string>& said);

/// What a provider can be asked about a task before anything is evaluated: what it can undo, observe, delete.
Resource as_written(const Task&);

/// Resolves for one environment, and lets the providers check their tasks. Findings go to project.diagnostics, each
/// only once however many environments it is found in.
Model& resolve(Call&, Project&, const std::string& environment, const Map& variables, const Surroundings&);
/// And with the needs that only the content of templates tells: what imports waits for what exports.
Model& resolve_in_order(Call&, Project&, const std::string& environment, const Map& variables, const Surroundings&);

/// Prints what was found, to standard error. With errors: throws Exit(kUsage).
void require(Call&, const Project&);
void require(Call&, const Project&, const Diagnostics&);

/// -o, or text. Throws Error(usage) when the command has no such form.
Format format_of(const Call&);
/// Prints `value` as JSON or YAML.
void print(Call&, Format, const Value&);
void print(Call&, std::string_view text);
/// A line to standard error.
void say(Call&, std::string_view line);

}  // namespace verba
