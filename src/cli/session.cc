// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/utf8.h"
#include "cli/exit_code.h"
#include "cli/identities.h"
#include "cli/surroundings.h"
#include "plan/exchanges.h"
#include "value/json.h"
#include "value/yaml.h"

namespace verba {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// Adds what is not there yet. Environments share their manifests, and so their mistakes.
void add_new(Diagnostics& to, const Diagnostics& from) {
  const auto key = [](const Diagnostic& d) {
    return std::tuple(d.code, d.message, d.where.source, d.where.begin, d.where.end);
  };
  std::set<decltype(key(std::declval<const Diagnostic&>()))> known;
  for (const Diagnostic& d : to.all()) known.insert(key(d));
  std::vector<const Diagnostic*> fresh;
  for (const Diagnostic& d : from.all()) {
    if (known.insert(key(d)).second) fresh.push_back(&d);
  }
  for (const Diagnostic* d : fresh) to.add(*d);
}

Value scalar_of(const std::string& text) {
  Sources sources;
  Diagnostics ignored;
  const auto source = sources.add("--var", text);
  const auto documents = parse_yaml(sources, source, ignored);
  if (ignored.has_errors() || documents.size() != 1) return text;
  const Value& value = documents.front();
  const bool typed = value.is(Value::Kind::boolean) || value.is(Value::Kind::integer) || value.is(Value::Kind::real) ||
                     (value.is_null() && !text.empty() && text.front() != '#') ||
                     (value.is_list() && text.front() == '[') || (value.is_map() && text.front() == '{');
  if (!typed) return text;
  Value plain = value;
  plain.where = {};
  return plain;
}

}  // namespace

const Kit& Call::kit() {
  if (made_kit == nullptr) made_kit = &keep(make_kit());
  return *made_kit;
}

std::vector<std::string> said_locations(Call& call) {
  std::vector<std::string> said;
  for (const char* flag : {"system", "project", "file"}) {
    for (std::string& location : call.arguments.list(flag)) said.push_back(std::move(location));
  }
  return said;
}

bool manifests_are_at_hand(Call& call) {
  return !said_locations(call).empty() || call.system.kind_of("verba.yaml") || call.system.kind_of("deploy");
}

std::vector<Location> find_locations(Call& call) {
  std::vector<Location> locations;
  for (std::string& said : said_locations(call)) locations.push_back({std::move(said)});
  if (!call.arguments.list("file").empty() || !call.arguments.list("project").empty()) return locations;
  const auto is_there = [&call](const char* name) {
    try {
      return call.system.kind_of(name).has_value();
    } catch (const Error&) {  // reading it will say why
      return true;
    }
  };
  for (const char* name : {"verba.yaml", "deploy"}) {
    if (!is_there(name)) continue;
    locations.push_back({name});
    return locations;
  }
  if (!locations.empty() && call.command.looks_at_systems) return locations;
  throw Error(Error::Kind::usage, "usage.no-manifests", "there are no manifests here: neither verba.yaml nor deploy/",
              locations.empty() ? "`verba init` makes a project that runs at once; -f names manifests elsewhere"
                                : "-s names the systems alone; -p or -f names what is deployed there");
}

FetchSettings fetch_settings(Call& call) {
  return {git_cache_directory(call.system), call.arguments.flag("offline"),
          [&call](const std::string& line) { say(call, line); }};
}

Project& load(Call& call, std::vector<Location> locations, Network network) {
  auto made = std::make_unique<Project>();
  made->locations = std::move(locations);
  FetchSettings settings = fetch_settings(call);
  if (network == Network::never) settings.offline = true;
  const CodesOfSecrets codes(call);
  Loaded loaded = load_manifests(made->locations, settings, call.kit().catalogue,
                                 make_surroundings(call.system, settings, call.logins()), call.system, made->sources,
                                 made->diagnostics);
  made->documents = std::move(loaded.documents);
  made->manifests = std::move(loaded.manifests);
  made->brought = std::move(loaded.brought);
  check_names(made->manifests, call.kit().catalogue, made->sources, made->diagnostics);
  if (made->manifests.empty() && !made->diagnostics.has_errors()) {
    // What has lost its content must not be taken for the wish that nothing is there.
    made->diagnostics.error("manifest.none", "there is no manifest in what was read", {},
                            "`verba init` writes a first one; `verba destroy` deletes what is deployed");
  }
  return call.keep(std::move(made));
}

Project& load(Call& call) {
  return load(call, find_locations(call));
}

std::string choose_environment(Call& call, const Project& project) {
  const auto names = environment_names(project.manifests);
  if (const auto said = call.arguments.text("env")) {
    if (std::find(names.begin(), names.end(), *said) != names.end()) return *said;
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    throw Error(Error::Kind::usage, "usage.unknown-environment", "no environment is called '" + *said + "'",
                did_you_mean(*said, candidates, "there are: " + listed(names)));
  }
  if (names.size() == 1) return names.front();
  throw Error(Error::Kind::usage, "usage.which-environment", "there are several environments: say which one",
              "-e with one of: " + listed(names));
}

Map command_line_variables(const std::vector<std::string>& said) {
  Map map;
  for (const std::string& text : said) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(Error::Kind::usage, "usage.var", "--var is '" + text + "', but wants NAME=VALUE");
    }
    if (!is_utf8(text)) {
      throw Error(Error::Kind::usage, "usage.var",
                  "the value of --var " + text.substr(0, equals) + " is not UTF-8 text");
    }
    map.set(text.substr(0, equals), scalar_of(text.substr(equals + 1)));
  }
  return map;
}

/// A temporary thing that nothing can delete would be forgotten, and stay.
static void check_temporary(const Task& task, const Provider& provider, Diagnostics& found) {
  if (task.type->on_demand || provider.can_remove(as_written(task))) return;  // the former is a mistake of its own
  found.warning("manifest.temporary",
                fmt::format("{} is temporary, and nothing says how to delete it: it is only forgotten", task.address),
                task.where, "give it a `delete` script");
}

Resource as_written(const Task& task) {
  Resource resource;
  resource.inputs = *task.with;
  for (const Substitute& each : task.instead) resource.instead.push_back({each.verb, {}});
  return resource;
}

Model& resolve(Call& call, Project& project, const std::string& environment, const Map& variables,
               const Surroundings& surroundings) {
  Diagnostics found;
  const CodesOfSecrets codes(call);
  auto model = std::make_unique<Model>(
      resolve(project.manifests, environment, variables, surroundings, call.kit().catalogue, project.sources, found));
  for (const Task& task : model->tasks) {
    const Provider* provider = task.type != nullptr ? call.kit().providers.find(task.type->name) : nullptr;
    if (provider == nullptr) continue;
    provider->validate(*task.with, task.where, found);
    for (const Substitute& each : task.instead) {
      if (const Provider* its = call.kit().providers.find(each.type->name)) its->validate(each.with, task.where, found);
    }
    if (task.temporary) check_temporary(task, *provider, found);
  }
  add_new(project.diagnostics, found);
  return call.keep(std::move(model));
}

Model& resolve_in_order(Call& call, Project& project, const std::string& environment, const Map& variables,
                        const Surroundings& surroundings) {
  Model& model = resolve(call, project, environment, variables, surroundings);
  Diagnostics found;
  if (!project.diagnostics.has_errors()) order_exchanges(model, rehearsed(surroundings), found);
  add_new(project.diagnostics, found);
  return model;
}

void require(Call& call, const Project& project) {
  require(call, project, project.diagnostics);
}

void require(Call& call, const Project& project, const Diagnostics& diagnostics) {
  if (!diagnostics.empty()) call.console.err(render(diagnostics, project.sources, call.err_style.colour));
  if (diagnostics.has_errors()) throw Exit{exit_code(diagnostics)};
}

Format format_of(const Call& call) {
  const std::string said = call.arguments.text("output").value_or("text");
  const auto found = std::ranges::find(call.command.formats, said, name_of);
  if (found != call.command.formats.end()) return *found;
  std::vector<std::string> known;
  for (const Format each : call.command.formats) known.emplace_back(name_of(each));
  throw Error(Error::Kind::usage, "usage.format", fmt::format("verba {} cannot print {}", call.command.name, said),
              "it can be " + listed(known));
}

void print(Call& call, Format format, const Value& value) {
  call.console.out(format == Format::yaml ? as_utf8(to_yaml(value)) : to_pretty_json(value) + "\n");
}

void print(Call& call, std::string_view text) {
  call.console.out(text);
}

void say(Call& call, std::string_view line) {
  call.console.err(std::string(line) + "\n");
}

}  // namespace verba
