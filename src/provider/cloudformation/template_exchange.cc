// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_exchange.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "aws/answer.h"
#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {
namespace {

/// Works out names.
class Names {
 public:
  Names(const Resource& resource, const Value& tree) : resource_(resource), tree_(tree) {}

  /// Nothing of what only CloudFormation knows.
  std::optional<std::string> text(const Value& value) const {
    if (value.is_string()) return is_looked_up(value.string()) ? std::nullopt : std::optional(value.string());
    if (const Value* name = value.find("Ref"); name != nullptr && name->is_string()) return reference(name->string());
    if (const Value* pattern = value.find("Fn::Sub")) return filled_in(*pattern);
    if (const Value* parts = value.find("Fn::Join")) return joined(*parts);
    return std::nullopt;
  }

  /// Is a part of the template left out by its condition?
  bool is_left_out(const Value& part) const { return truth(part, 0) == false; }

 private:
  static constexpr int deepest_condition = 32;
  static bool is_looked_up(std::string_view text) { return text.find("{{resolve:") != std::string_view::npos; }

  std::optional<std::string> reference(const std::string& name) const {
    if (name == "AWS::StackName") return stack_name(resource_);
    if (name.starts_with("AWS::")) return name == "AWS::StackId" ? std::nullopt : std::optional("${" + name + "}");
    const Value* type = at(tree_, {"Parameters", name, "Type"});
    if (type != nullptr && type->is_string() && type->string().starts_with("AWS::SSM::")) return std::nullopt;
    const Value* given = at(resource_.inputs, {"parameters", name});
    if (given != nullptr && given->is_null()) return std::nullopt;  // as it is now
    if (given == nullptr) given = at(tree_, {"Parameters", name, "Default"});
    if (given != nullptr && given->is(Value::Kind::boolean)) return given->boolean() ? "true" : "false";
    if (given != nullptr && given->is(Value::Kind::integer)) return std::to_string(given->integer());
    return given != nullptr && given->is_string() ? text(*given) : std::nullopt;
  }

  std::optional<bool> are_equal(const Value& two) const {
    if (!two.is_list() || two.list().size() != 2) return std::nullopt;
    const std::optional<std::string> a = text(two.list()[0]);
    const std::optional<std::string> b = text(two.list()[1]);
    if (!a || !b || a->find("${AWS::") != std::string::npos || b->find("${AWS::") != std::string::npos) {
      return std::nullopt;
    }
    return *a == *b;
  }

  /// `settles`: the one that decides all.
  std::optional<bool> all_of(const Value& parts, bool settles, int depth) const {
    std::optional<bool> all = !settles;
    for (const Value& part : parts.is_list() ? parts.list() : List()) {
      const std::optional<bool> one = truth(part, depth);
      if (one == settles) return settles;
      if (!one) all.reset();
    }
    return all;
  }

  std::optional<bool> truth(const Value& value, int depth) const {
    if (depth > deepest_condition) return std::nullopt;
    if (const Value* name = value.find("Condition"); name != nullptr && name->is_string()) {
      const Value* condition = at(tree_, {"Conditions", name->string()});
      return condition != nullptr ? truth(*condition, depth + 1) : std::nullopt;
    }
    if (const Value* two = value.find("Fn::Equals")) return are_equal(*two);
    if (const Value* parts = value.find("Fn::And")) return all_of(*parts, false, depth + 1);
    if (const Value* parts = value.find("Fn::Or")) return all_of(*parts, true, depth + 1);
    const Value* part = value.find("Fn::Not");
    if (part == nullptr || !part->is_list() || part->list().size() != 1) return std::nullopt;
    const std::optional<bool> inner = truth(part->list()[0], depth + 1);
    return inner ? std::optional(!*inner) : std::nullopt;
  }

  std::optional<std::string> filled_in(const Value& pattern) const {
    if (!pattern.is_string()) return std::nullopt;  // one with names of its own is rare
    std::string_view rest = pattern.string();
    std::string all;
    for (std::size_t mark = rest.find("${"); mark != std::string_view::npos; mark = rest.find("${")) {
      const std::size_t end = rest.find('}', mark);
      if (end == std::string_view::npos) return std::nullopt;
      const std::optional<std::string> value = reference(std::string(rest.substr(mark + 2, end - mark - 2)));
      if (!value) return std::nullopt;
      all.append(rest.substr(0, mark)).append(*value);
      rest.remove_prefix(end + 1);
    }
    return all.append(rest);
  }

  std::optional<std::string> joined(const Value& parts) const {
    if (!parts.is_list() || parts.list().size() != 2 || !parts.list()[0].is_string() || !parts.list()[1].is_list()) {
      return std::nullopt;
    }
    std::string all;
    for (const Value& part : parts.list()[1].list()) {
      const std::optional<std::string> value = text(part);
      if (!value) return std::nullopt;
      all += (&part == parts.list()[1].list().data() ? "" : parts.list()[0].string()) + *value;
    }
    return all;
  }

  const Resource& resource_;
  const Value& tree_;
};

/// Depth is bounded by the YAML reader. `is_sure`: no condition may leave it out.
void add_imports(const Value& value, const Names& names, bool is_sure, std::vector<Terms::Taken>& all) {
  if (value.is_list()) {
    for (const Value& item : value.list()) add_imports(item, names, is_sure, all);
  } else if (value.is_map()) {
    if (const Value* name = value.find("Fn::ImportValue")) {
      if (std::optional<std::string> text = names.text(*name)) all.push_back({*std::move(text), is_sure});
    }
    is_sure = is_sure && value.find("Condition") == nullptr && value.find("Fn::If") == nullptr;
    for (const auto& [key, item] : value.map()) add_imports(item, names, is_sure, all);
  }
}

void add_exports(const Value& outputs, const Names& names, Terms& terms) {
  for (const auto& [key, output] : outputs.map()) {
    const Value* name = at(output, {"Export", "Name"});
    if (name == nullptr || names.is_left_out(output)) continue;
    const Value* value = output.find("Value");
    if (std::optional<std::string> text = names.text(*name)) {
      terms.gives.push_back({*std::move(text), value != nullptr ? names.text(*value) : std::nullopt});
    } else {
      terms.is_whole = false;
    }
  }
}

}  // namespace

Terms terms_of_stack(const Resource& resource) {
  Terms terms;
  const std::string body = template_of(resource).body;
  const auto names_any = [&](std::string_view name) { return body.find(name) != std::string::npos; };
  terms.is_whole = !names_any("Transform") && !names_any("Fn::ForEach");
  if (!names_any("Export") && !names_any("ImportValue")) return terms;
  const std::optional<Value> tree = parse_template(body);
  terms.is_whole = terms.is_whole && tree;
  if (!tree) return terms;
  const Names names(resource, *tree);
  const Value* transform = tree->find("Transform");
  add_imports(*tree, names, transform == nullptr, terms.takes);
  const Value* outputs = tree->find("Outputs");
  if (outputs != nullptr && outputs->is_map()) add_exports(*outputs, names, terms);
  return terms;
}

std::vector<WantedExport> exports_of_template(const Resource& resource) {
  std::vector<WantedExport> all;
  const std::optional<Value> tree = parse_template(template_of(resource).body);
  const Value* outputs = tree ? tree->find("Outputs") : nullptr;
  const auto makes_more = [](const Value& part) {  // macros and loops
    return part.is_map() && std::ranges::any_of(part.map(), [](const auto& entry) {
             return entry.first.name == "Fn::Transform" || entry.first.name.starts_with("Fn::ForEach");
           });
  };
  if (!tree || makes_more(*tree) || (outputs != nullptr && makes_more(*outputs))) all.push_back({""});
  if (outputs == nullptr || !outputs->is_map()) return all;
  const Names names(resource, *tree);
  for (const auto& [key, output] : outputs->map()) {
    const Value* name = at(output, {"Export", "Name"});
    if (name != nullptr && !names.is_left_out(output)) all.push_back({key.name, names.text(*name)});
  }
  return all;
}

Exchange exchange_of_stack(const Resource& resource) {
  const Terms terms = terms_of_stack(resource);
  Exchange exchange;
  for (const Terms::Given& one : terms.gives) exchange.gives.push_back(one.name);
  for (const Terms::Taken& one : terms.takes) exchange.takes.push_back(one.name);
  return exchange;
}

}  // namespace verba
