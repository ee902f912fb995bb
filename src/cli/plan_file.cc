// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "manifest/locations/origin.h"
#include "plan/plan_digest.h"
#include "plan/planner.h"
#include "value/json.h"
#include "view/json/plan_json.h"

namespace verba {
namespace {

/// A location without what lets one in: credentials, and in the address of a file all that is asked for but the
/// checksum.
std::string as_kept(const std::string& location) {
  std::string text = without_credentials(location);
  const auto parsed = parse_location(location);
  const auto* origin = std::get_if<Origin>(&parsed);
  const auto query = text.find('?');
  if (!origin || origin->kind != Origin::Kind::url || query == std::string::npos) return text;
  text.resize(query);
  return origin->sha256.empty() ? text : text + "?checksum=sha256:" + origin->sha256;
}

constexpr std::string_view kFormat = "verba-plan/1";

Error broken(const std::string& path, const std::string& why) {
  return Error(Error::Kind::usage, "usage.plan-file", "the plan file '" + path + "' cannot be used: " + why,
               "make a new one with `verba plan --out " + path + "`");
}

/// What `verba plan --out` writes begins so; whatever its version.
bool is_plan_text(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && text[begin] == '{' && text.find("\"verba-plan/") != std::string_view::npos;
}

/// A path was given where a plan file can be, and something else is there: a manifest, most likely.
Error no_plan_file(const Call& call, const std::string& path) {
  const bool manifest = path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
  std::string hint = manifest ? fmt::format("manifests are named with -f: verba {} -f {}", call.command.name, path)
                              : "`verba plan --out plan.json` makes one";
  return Error(Error::Kind::usage, "usage.plan-file", "'" + path + "' is no plan file", std::move(hint));
}

/// Members of a plan file; whatever is not as written is an error.
struct Reader {
  const std::string& path;
  const Value& root;

  const Value& member(const Value& of, std::string_view name, Value::Kind kind) const {
    const Value* found = of.find(name);
    if (found == nullptr || !found->is(kind)) throw broken(path, "'" + std::string(name) + "' is not as it should be");
    return *found;
  }
  std::string text(std::string_view name) const { return member(root, name, Value::Kind::string).string(); }
  std::vector<std::string> list(const Value& of, std::string_view name) const {
    std::vector<std::string> out;
    for (const Value& item : member(of, name, Value::Kind::list).list()) {
      if (!item.is_string()) throw broken(path, "'" + std::string(name) + "' is not a list of words");
      out.push_back(item.string());
    }
    return out;
  }
};

/// Of the plan as people read it in the file; it is carried out by `digest`, which says nothing of this text.
std::string digest_of_shown(const Value& plan) {
  return sha256(to_json(plan)).hex();
}

PlanFile read(Call& call, const std::string& path, const Value& root) {
  const Reader reader{path, root};
  if (reader.text("format") != kFormat) {
    throw broken(path, "its format is '" + reader.text("format") + "', and this program reads " + std::string(kFormat));
  }
  if (reader.text("directory") != call.system.absolute(".")) {
    throw broken(path, "it was made in " + reader.text("directory") + ", and is to be applied from there");
  }
  PlanFile file;
  file.path = path;
  for (std::string& location : reader.list(root, "locations")) file.request.locations.push_back({std::move(location)});
  if (file.request.locations.empty()) throw broken(path, "it names no manifests");
  file.request.environment = reader.text("environment");
  file.request.variables = reader.list(root, "variables");
  if (root.find("secretVariables")) file.secret_variables = reader.list(root, "secretVariables");
  file.request.state = reader.text("state");
  const std::optional<Goal> goal = goal_from(reader.member(root, "goal", Value::Kind::map));
  const bool known = goal && (goal->kind == Goal::Kind::apply || goal->kind == Goal::Kind::destroy);
  if (!known) throw broken(path, "its goal cannot be read");
  file.request.goal = *goal;
  file.sources = reader.member(root, "sources", Value::Kind::list);
  file.serial = reader.member(root, "serial", Value::Kind::integer).integer();
  file.digest = reader.text("digest");
  if (digest_of_shown(reader.member(root, "plan", Value::Kind::map)) != reader.text("shown")) {
    throw broken(path, "the plan in it was changed by hand");
  }
  return file;
}

Digest digest_with(const Value& sources, const Desk& desk, const Plan& plan) {
  std::string variables;  // in any order; of secrets a digest
  to_canonical_json(Value(desk.model.command_line_variables), desk.sealer.digest_key(), variables);
  return sha256(fmt::format("{}\n{}\n{}\n{}\n", digest_of(plan).hex(), to_json(goal_value(plan.goal)), variables,
                            to_json(sources)));
}

/// The first source that is not what it was.
std::string first_moved(const List& before, const List& now) {
  for (std::size_t i = 0; i < before.size() || i < now.size(); ++i) {
    if (i < before.size() && i < now.size() && before[i] == now[i]) continue;
    const Value* name = (i < now.size() ? now : before)[i].find("name");
    return name != nullptr && name->is_string() ? name->string() : "a manifest";
  }
  return {};
}

/// Is it for one that the file does not hold?
bool is_left_out(const PlanFile& file, const std::string& said) {
  return std::ranges::any_of(file.secret_variables, [&](const std::string& name) { return is_for(said, name); });
}

/// A plan file is applied as it is: what else is asked for must be what it was made with. (Who only looks at it cannot
/// ask for more than the manifests.)
void refuse_other_wishes(Call& call, const PlanFile& file) {
  const Request& planned = file.request;
  const auto refuse = [](std::string_view option) {
    throw Error(Error::Kind::usage, "usage.plan-file",
                "a plan file is applied as it is, --" + std::string(option) + " cannot change it",
                "leave the flag out, or make a new plan with `verba plan --out`");
  };
  std::vector<std::string> variables = call.arguments.list("var");
  std::erase_if(variables, [&](const std::string& said) { return is_left_out(file, said); });
  if (!variables.empty() && variables != planned.variables) refuse("var");
  if (has_option(call.command, "prune")) {
    if (!call.arguments.list("target").empty()) refuse("target");
    if (call.arguments.flag("prune") && !planned.goal.prune) refuse("prune");
    if (call.arguments.text("ttl")) refuse("ttl");
    if (call.arguments.text("on-failure")) refuse("on-failure");
    if (call.arguments.flag("refresh") && !planned.goal.refresh) refuse("refresh");
    if (call.arguments.flag("preview") && !planned.goal.preview) refuse("preview");
  }
  const auto environment = call.arguments.text("env");
  if (environment && environment != planned.environment) refuse("env");
  const std::vector<std::string> files = said_locations(call);
  if (!files.empty() && !std::ranges::equal(files, planned.locations, {}, as_kept, &Location::text)) {
    refuse("file");
  }
}

}  // namespace

Digest plan_digest(const Desk& desk, const Plan& plan) {
  return digest_with(sources_value(desk.project), desk, plan);
}

void write_plan_file(Call& call, const std::string& path, const Request& request, const Desk& desk,
                     const Planned& planned) {
  Map map;
  map.append({"format", {}}, kFormat);
  map.append({"made", {}}, to_string(call.system.now()));
  map.append({"directory", {}}, call.system.absolute("."));
  std::vector<std::string> locations;
  for (const Location& location : request.locations) locations.push_back(as_kept(location.text));
  map.append({"locations", {}}, texts(locations));
  map.append({"environment", {}}, planned.plan.environment);
  const SaidVariables variables = said_variables(desk, request.variables);
  map.append({"variables", {}}, texts(variables.open));
  if (!variables.secret_names.empty()) map.append({"secretVariables", {}}, texts(variables.secret_names));
  map.append({"state", {}}, request.state);
  map.append({"goal", {}}, goal_value(planned.plan.goal));
  map.append({"sources", {}}, sources_value(desk.project));
  map.append({"serial", {}}, planned.snapshot.serial);
  map.append({"digest", {}}, plan_digest(desk, planned.plan).hex());
  std::string why;
  const std::optional<Value> shown = parse_json(to_json(plan_value(planned.plan)), why);  // as it will be read
  map.append({"shown", {}}, digest_of_shown(*shown));
  map.append({"plan", {}}, *shown);
  require_plan_place(call, path);  // it may have come into being since
  call.system.write_file(call.system.absolute(path), to_pretty_json(Value(std::move(map))) + "\n", 0600);
}

void require_plan_place(Call& call, const std::string& path) {
  const auto refuse = [&path](std::string_view why) {
    throw Error(Error::Kind::usage, "usage.plan-file",
                fmt::format("'{}' {}, a plan cannot be written there", path, why), "name a new file: --out plan.json");
  };
  if (path.empty()) refuse("names no file");
  const auto kind = call.system.kind_of(path);
  if (!kind) return;
  if (kind != DirectoryEntry::Kind::file) refuse("is no regular file");
  const auto text = call.system.read_file(path);
  if (text && !text->empty() && !is_plan_text(*text)) refuse("holds something else than a plan");
}

std::optional<PlanFile> plan_file_of(Call& call) {
  const auto& words = call.arguments.words();
  if (words.size() != 1 || call.system.kind_of(words.front()) != DirectoryEntry::Kind::file) return std::nullopt;
  const auto text = call.system.read_file(words.front());
  if (!text || !is_plan_text(*text)) {
    // A deployment may be called like a file that lies about; a path is certainly meant as one.
    if (words.front().find_first_of("./") == std::string::npos) return std::nullopt;
    throw no_plan_file(call, words.front());
  }
  std::string why;
  const auto root = parse_json(*text, why);
  if (!root) throw broken(words.front(), why);
  PlanFile file = read(call, words.front(), *root);
  refuse_other_wishes(call, file);
  for (const std::string& each : call.arguments.list("var")) {
    if (is_left_out(file, each)) file.request.variables.push_back(each);
  }
  require_said_again(file.secret_variables, file.request.variables, "the plan");
  // They may hold the credentials that a plan file does not.
  const std::vector<std::string> said = said_locations(call);
  for (std::size_t i = 0; i < said.size(); ++i) file.request.locations[i].text = said[i];
  return file;
}

void require_same(const PlanFile& file, const Desk& desk, const Planned& planned) {
  if (digest_with(file.sources, desk, planned.plan).hex() == file.digest) return;
  const std::string moved = moved_source(file, desk);
  std::string why = file.request.goal.refresh || file.request.goal.preview
                        ? "what was looked at is not as it was then, or something it depends on changed (a file, a "
                          "variable, a secret)"
                        : "something it depends on changed (a file, a variable, a secret)";
  if (!moved.empty()) {
    why = "'" + moved + "' changed since it was made";
  } else if (planned.snapshot.serial != file.serial) {
    why = "the state changed since it was made (its serial was " + std::to_string(file.serial) + ", and is " +
          std::to_string(planned.snapshot.serial) + ")";
  }
  throw Error(Error::Kind::usage, "usage.plan-moved", "the plan '" + file.path + "' is out of date: " + why,
              "look at a new one: `verba plan --out " + file.path + "`");
}

std::string moved_source(const PlanFile& file, const Desk& desk) {
  return first_moved(file.sources.list(), sources_value(desk.project).list());
}

}  // namespace verba
