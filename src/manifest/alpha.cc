// SPDX-License-Identifier: Apache-2.0
#include "manifest/alpha.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "manifest/locations/origin.h"
#include "manifest/names.h"

namespace verba {
namespace {

constexpr std::string_view version = "v1-alpha";
constexpr std::array<std::string_view, 4> head_keys{"apiVersion", "kind", "metadata", "spec"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

void authentication(Map& spec) {
  Value* written = spec.find("authentication");
  const Value* name = written ? written->find("authenticationReference") : nullptr;
  if (!name || !name->is_string()) return;
  Value reference = *name;
  *written = std::move(reference);
}

/// One expression that matches what any of a list of them matches; null where nothing is said.
Value any_of(const Value* expressions) {
  if (!expressions || !expressions->is_list()) return expressions ? *expressions : Value();
  std::string all;
  for (const Value& each : expressions->list()) {
    if (each.is_string()) all += (all.empty() ? "" : "|") + each.string();
  }
  Value one(std::move(all));
  one.where = expressions->where;
  return one;
}

/// The locations of one Project.
class Locations {
 public:
  explicit Locations(Value& root) : root_(root) {}

  std::vector<Value> take(Map& spec) {
    Value* locations = spec.find("locations");
    if (!locations) return {};
    const Value include = any_of(spec.find("includeFileRegex"));
    if (locations->is_list()) {
      from_list(locations->list(), include);
    } else if (locations->is_map()) {
      Value names{List{}};
      names.where = locations->where;
      for (const auto& [key, places] : locations->map()) {
        if (!places.is_list()) continue;
        for (const Value& place : places.list()) {
          const Value* path = place.find("path");  // beside its `type`, which is always YAML
          names.list().push_back(add(path ? *path : place, include));
        }
      }
      *locations = std::move(names);
    }
    spec.erase("includeFileRegex");
    return std::move(documents_);
  }

 private:
  void from_list(List& list, const Value& include) {
    for (Value& item : list) {
      const Value* reference = item.find("reference");
      if (!reference) continue;
      const Value* own = item.find("include_file_regex");
      Value name = add(*reference, own ? *own : include);
      item = std::move(name);
    }
  }

  /// A document of its own; its name, at the place of what was written.
  Value add(const Value& place, const Value& include) {
    const std::string location = place.is_string() ? place.string() : "";
    const auto parsed = parse_location(location);
    const auto* origin = std::get_if<Origin>(&parsed);
    const bool is_git = origin && origin->kind == Origin::Kind::git;
    const bool is_url = origin && origin->kind == Origin::Kind::url;
    Value name(fmt::format("{}-{}", name_of_project(), documents_.size() + 1));
    name.where = place.where;
    Map spec;
    spec.set("location", place);
    if (!is_url && !include.is_null()) spec.set("includeFileRegex", include);
    Map document;
    document.set("apiVersion", "v1-alpha");
    document.set("kind", is_git   ? "GitManifestLocation"
                         : is_url ? "FileUrlManifestLocation"
                                  : "LocalDirectoryManifestLocation");
    Map metadata;
    metadata.set("name", name);
    document.set("metadata", Value(std::move(metadata)));
    document.set("spec", Value(std::move(spec)));
    documents_.emplace_back(std::move(document));
    set_places(documents_.back(), place.where);
    return name;
  }

  std::string name_of_project() const {
    const Value* metadata = root_.find("metadata");
    const Value* name = metadata ? metadata->find("name") : nullptr;
    return name && name->is_string() ? name->string() : "project";
  }

  static void set_places(Value& value, Where where) {
    if (!value.where) value.where = where;
    if (!value.is_map()) return;
    for (auto& [key, member] : value.map()) {
      key.where = where;
      set_places(member, where);
    }
  }

  Value& root_;
  std::vector<Value> documents_;
};

/// The forerunner's own expressions.
void variables(Value& value) {
  if (value.is_list()) {
    for (Value& item : value.list()) variables(item);
  } else if (value.is_map()) {
    for (auto& [key, member] : value.map()) variables(member);
  } else if (value.is_string()) {
    constexpr std::string_view kind = "EnvironmentVariables:computed:";
    const std::string& text = value.string();
    const std::size_t open = text.starts_with("${{") ? 3 : text.starts_with("${") ? 2 : 0;
    const std::size_t close = open == 3 ? 2 : 1;
    if (open == 0 || !text.ends_with(open == 3 ? "}}" : "}") || text.size() < open + close) return;
    const std::string_view inner = std::string_view(text).substr(open, text.size() - open - close);
    if (!inner.starts_with(kind) || !is_name(inner.substr(kind.size()))) return;
    value.string() = fmt::format("${{{{ secret('env:{}') }}}}", inner.substr(kind.size()));
  }
}

}  // namespace

bool mentions_alpha(std::string_view text) {
  for (std::size_t at = text.find(version); at != std::string_view::npos; at = text.find(version, at + 1)) {
    const std::size_t line_end = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    const std::size_t begin = line_end == std::string_view::npos ? 0 : line_end + 1;
    const std::string_view key = text.substr(begin, at - begin);
    const std::size_t colon = key.find(':');
    if (lower(key.substr(0, colon)) != "apiversion" || colon == std::string_view::npos) continue;
    if (key.find_first_not_of(" \t\"'", colon + 1) == std::string_view::npos) return true;
  }
  return false;
}

bool is_alpha(Value& root) {
  if (!root.is_map()) return false;
  const auto is_version = [](const Map::Entry& entry) {
    return lower(entry.first.name) == "apiversion" && entry.second.is_string() && entry.second.string() == version;
  };
  if (std::ranges::none_of(root.map(), is_version)) return false;
  for (auto& [key, member] : root.map()) {
    const auto known = std::ranges::find(head_keys, lower(key.name), lower);
    if (known != head_keys.end()) key.name = *known;
  }
  if (Value* kind = root.map().find("kind"); kind && kind->is_string() && lower(kind->string()) == "project") {
    kind->string() = "Project";
  }
  return true;
}

std::vector<Value> from_alpha(Value& root) {
  Value* spec = root.is_map() ? root.map().find("spec") : nullptr;
  if (!spec || !spec->is_map()) return {};
  variables(*spec);
  authentication(spec->map());
  const Value* kind = root.find("kind");
  const bool is_project = kind && kind->is_string() && kind->string() == "Project";
  return is_project ? Locations(root).take(spec->map()) : std::vector<Value>();
}

}  // namespace verba
