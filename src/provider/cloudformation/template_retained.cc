// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_retained.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "aws/answer.h"
#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {
namespace {

constexpr std::string_view field_name = "retainResources";
constexpr int deepest_nesting = 8;

/// Under which circumstances it stays, after its name; nothing: it goes.
std::optional<std::string_view> how_it_stays(const Value& resource, bool may_stay) {
  const Value* policy = resource.find("DeletionPolicy");
  const bool is_text = policy != nullptr && policy->is_string();
  if (is_text && (policy->string() == "Retain" || policy->string() == "RetainExceptOnCreate")) {
    return resource.find("Condition") != nullptr ? ", if it was made" : "";
  }
  if (policy != nullptr && !is_text) return ", perhaps";
  return may_stay ? std::optional(", if it cannot be deleted") : std::nullopt;
}

class Retained {
 public:
  explicit Retained(const Resource& resource) : resource_(resource) {}

  std::vector<std::string> found() {
    const TemplateText written = template_of(resource_);
    const std::vector<std::string> named = retained_names(resource_);
    if (written.body.find("DeletionPolicy") == std::string::npos && named.empty() && resource_.files.size() < 2) {
      return {};
    }
    add(written.body, directory_of(written.path), "", named, 0);
    return std::move(lines_);
  }

 private:
  /// `named`: of retainResources. `path`: of the nested stack, "Front/".
  void add(const std::string& body, const std::string& base, const std::string& path,
           const std::vector<std::string>& named, int depth) {
    const std::optional<Value> tree = parse_template(body);
    const Value* resources = tree ? tree->find("Resources") : nullptr;
    if (resources == nullptr || !resources->is_map()) return;
    for (const auto& [key, resource] : resources->map()) {
      const bool may_stay = std::ranges::find(named, key.name) != named.end();
      const std::optional<std::string_view> how = how_it_stays(resource, may_stay);
      if (how) lines_.push_back(fmt::format("{}{} ({}){}", path, key.name, text_at(resource, {"Type"}), *how));
      if (!how && depth < deepest_nesting) add_nested(resource, base, path + key.name + "/", depth);
    }
  }

  void add_nested(const Value& resource, const std::string& base, const std::string& path, int depth) {
    const Value* place = at(resource, {"Properties", "TemplateURL"});
    if (place == nullptr) place = at(resource, {"Properties", "Location"});
    if (place == nullptr || !place->is_string()) return;
    const std::string name = artifact_path(base, place->string());
    const auto file = std::ranges::find_if(
        resource_.files, [&](const FileInput& each) { return each.field == artifact_field && each.inner == name; });
    if (file != resource_.files.end()) add(file->content, directory_of(name), path, {}, depth + 1);
  }

  const Resource& resource_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> left_by_stack(const Resource& resource) {
  return Retained(resource).found();
}

std::vector<std::string> retained_names(const Resource& resource) {
  std::vector<std::string> names;
  const Value* list = resource.inputs.find(field_name);
  for (const Value& one : list != nullptr && list->is_list() ? list->list() : List()) {
    if (one.is_string()) names.push_back(one.string());
  }
  return names;
}

void check_retained(const Value& with, const Value& tree, Diagnostics& diagnostics) {
  const Value* list = with.find(field_name);
  const Value* resources = tree.find("Resources");
  if (list == nullptr || !list->is_list() || resources == nullptr || !resources->is_map()) return;
  std::vector<std::string_view> names;
  bool all_known = tree.find("Transform") == nullptr && tree.find("Fn::Transform") == nullptr;
  for (const auto& [key, resource] : resources->map()) {
    names.push_back(key.name);
    all_known = all_known && !key.name.starts_with("Fn::");
  }
  for (const Value& one : all_known ? list->list() : List()) {
    if (!one.is_string() || resources->find(one.string()) != nullptr) continue;
    diagnostics.error("cloudformation.retain", fmt::format("the template has no resource '{}'", one.string()),
                      one.where ? one.where : list->where,
                      did_you_mean(one.string(), names, fmt::format("it has: {}", fmt::join(names, ", "))));
  }
}

}  // namespace verba
