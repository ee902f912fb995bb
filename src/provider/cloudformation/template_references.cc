// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_references.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "aws/answer.h"
#include "base/diagnostic.h"

namespace verba {
namespace {

constexpr std::string_view serverless = "AWS::Serverless-2016-10-31";
constexpr std::string_view language_extensions = "AWS::LanguageExtensions";
/// Sections of which tools make others before CloudFormation gets them.
constexpr std::array<std::string_view, 3> made_before = {"Constants", "Modules", "Packages"};
constexpr std::string_view loop = "Fn::ForEach::";

/// Depth is bounded by the YAML reader.
bool has_inner_transform(const Value& value) {
  if (value.is_list()) return std::ranges::any_of(value.list(), has_inner_transform);
  if (!value.is_map()) return false;
  return std::ranges::any_of(value.map(), [](const auto& entry) {
    return entry.first.name == "Fn::Transform" || has_inner_transform(entry.second);
  });
}

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// One of the sections of a template: what is named there.
class Section {
 public:
  /// All that is in it is known; a loop makes more of it.
  Section(const Value& tree, std::string_view name) : map_(tree.find(name)) {
    is_known_ = map_ == nullptr || map_->is_map();
    for (const auto& [key, value] : entries()) {
      is_known_ = is_known_ && !key.name.starts_with("Fn::");
      names_.push_back(key.name);
    }
  }

  const Map& entries() const {
    static const Map none;
    return map_ != nullptr && map_->is_map() ? map_->map() : none;
  }
  bool is_known() const { return is_known_; }
  bool has(std::string_view name) const { return entries().find(name) != nullptr; }
  const std::vector<std::string_view>& names() const { return names_; }

 private:
  const Value* map_;
  bool is_known_ = true;
  std::vector<std::string_view> names_;
};

class References {
 public:
  explicit References(const Value& tree)
      : parameters_(tree, "Parameters"),
        conditions_(tree, "Conditions"),
        resources_(tree, "Resources"),
        outputs_(tree, "Outputs") {
    const Value* written = tree.find("Transform");
    const List transforms = written == nullptr ? List() : written->is_list() ? written->list() : List{*written};
    const auto is = [](std::string_view name) {
      return [name](const Value& one) { return one.is_string() && one.string() == name; };
    };
    const bool makes_resources = std::ranges::any_of(transforms, is(serverless));
    const auto is_section = [&](std::string_view name) { return tree.find(name) != nullptr; };
    const bool is_plain = !has_inner_transform(tree) && std::ranges::none_of(made_before, is_section) &&
                          std::ranges::all_of(transforms, [&](const Value& one) {
                            return is(serverless)(one) || is(language_extensions)(one);
                          });
    knows_conditions_ = is_plain && conditions_.is_known();
    knows_things_ = is_plain && !makes_resources && parameters_.is_known() && resources_.is_known();
  }

  std::vector<Dangling> found() {
    in_conditions_ = true;
    for (const auto& [key, condition] : conditions_.entries()) {
      if (key.name.starts_with(loop)) continue;
      enter(key.name, condition, true);
      walk(condition);
    }
    in_conditions_ = false;
    for (const auto& [key, resource] : resources_.entries()) {
      if (key.name.starts_with(loop)) continue;
      enter(key.name, resource, resource.find("Condition") == nullptr);
      depends_on(resource);
      part(resource);
    }
    for (const auto& [key, output] : outputs_.entries()) {
      if (key.name.starts_with(loop)) continue;
      enter("Outputs." + key.name, output, output.find("Condition") == nullptr);
      part(output);
    }
    return std::move(all_);
  }

 private:
  void enter(std::string owner, const Value& value, bool is_sure) {
    owner_ = std::move(owner);
    place_ = value.where;
    is_sure_ = is_sure;
  }

  /// A resource or an output. What stands in Metadata is for others.
  void part(const Value& value) {
    if (!value.is_map()) return;
    for (const auto& [key, item] : value.map()) {
      if (key.name == "Condition") {
        const bool was_sure = std::exchange(is_sure_, true);
        condition(item, "Condition");
        is_sure_ = was_sure;
      } else if (key.name != "Metadata" && key.name != "DependsOn") {
        walk(item);
      }
    }
  }

  void depends_on(const Value& resource) {
    const Value* needs = resource.find("DependsOn");
    if (needs == nullptr) return;
    for (const Value& one : needs->is_list() ? needs->list() : List{*needs}) thing(one, "DependsOn", false);
  }

  void walk(const Value& value) {
    if (value.is_list()) {
      for (const Value& item : value.list()) walk(item);
      return;
    }
    if (!value.is_map()) return;
    if (value.map().size() == 1 && is_function(value.map().begin()->first.name, value.map().begin()->second)) return;
    for (const auto& [key, item] : value.map()) {
      if (!key.name.starts_with(loop)) walk(item);
    }
  }

  /// False: it is none that names something, and may hold others.
  bool is_function(std::string_view name, const Value& value) {
    if (name == "Ref") {
      thing(value, name, true);
    } else if (name == "Fn::GetAtt") {
      const bool is_list = value.is_list() && !value.list().empty();
      thing(is_list ? value.list().front() : value, name, false);
    } else if (name == "Fn::Sub") {
      substitution(value);
    } else if (name == "Fn::If" && value.is_list() && !value.list().empty()) {
      condition(value.list().front(), name);
      const bool was_sure = std::exchange(is_sure_, false);
      walk(value);
      is_sure_ = was_sure;
    } else if (name == "Condition" && in_conditions_) {
      condition(value, name);
    } else {
      return false;
    }
    return true;
  }

  void substitution(const Value& value) {
    const bool is_list = value.is_list() && !value.list().empty();
    const Value& pattern = is_list ? value.list().front() : value;
    const Value* own = is_list && value.list().size() > 1 ? &value.list()[1] : nullptr;
    if (own != nullptr) walk(*own);
    if (!pattern.is_string() || pattern.secret || (own != nullptr && !own->is_map())) return;
    std::string_view rest = pattern.string();
    for (std::size_t mark = rest.find("${"); mark != std::string_view::npos; mark = rest.find("${")) {
      const std::size_t end = rest.find('}', mark);
      if (end == std::string_view::npos) return;
      const std::string_view name = without_blanks(rest.substr(mark + 2, end - mark - 2));
      rest.remove_prefix(end + 1);
      if (name.empty() || name.starts_with('!') || (own != nullptr && own->find(name) != nullptr)) continue;
      named(name, "Fn::Sub", name.find('.') == std::string_view::npos, pattern.where);
    }
  }

  void thing(const Value& name, std::string_view by, bool may_be_parameter) {
    if (name.is_string() && !name.secret) named(name.string(), by, may_be_parameter, name.where);
  }

  void named(std::string_view name, std::string_view by, bool may_be_parameter, Where where) {
    if (!knows_things_ || name.starts_with("AWS::")) return;
    if ((may_be_parameter && parameters_.has(name)) || (!in_conditions_ && has_resource(name))) return;
    std::vector<std::string_view> names;
    if (may_be_parameter) names = parameters_.names();
    if (!in_conditions_) names.insert(names.end(), resources_.names().begin(), resources_.names().end());
    tell(name.substr(0, name.find('.')), by,
         in_conditions_     ? "parameter"
         : may_be_parameter ? "parameter or resource"
                            : "resource",
         names, where);
  }

  /// Of "Topic.TopicName" the first part; of a module "ModuleTopic" and "Module.Topic".
  bool has_resource(std::string_view name) const {
    if (resources_.has(name.substr(0, name.find('.')))) return true;
    return std::ranges::any_of(resources_.entries(), [&](const auto& entry) {
      return name.starts_with(entry.first.name) && text_at(entry.second, {"Type"}).ends_with("::MODULE");
    });
  }

  void condition(const Value& name, std::string_view by) {
    if (!knows_conditions_ || !name.is_string() || name.secret || conditions_.has(name.string())) return;
    tell(name.string(), by, "condition", conditions_.names(), name.where);
  }

  void tell(std::string_view name, std::string_view by, std::string_view what,
            const std::vector<std::string_view>& names, Where where) {
    all_.push_back({fmt::format("{} names '{}' ({}), and there is no such {}", owner_, name, by, what),
                    did_you_mean(name, names), where ? where : place_, is_sure_});
  }

  const Section parameters_;
  const Section conditions_;
  const Section resources_;
  const Section outputs_;
  bool knows_conditions_ = false;
  bool knows_things_ = false;  ///< parameters and resources
  bool in_conditions_ = false;
  std::string owner_;  ///< what is walked through
  Where place_;
  bool is_sure_ = true;
  std::vector<Dangling> all_;
};

}  // namespace

std::vector<Dangling> dangling_in(const Value& tree) {
  return References(tree).found();
}

}  // namespace verba
