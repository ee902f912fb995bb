// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_exchange.h"

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
    if (value.is_string()) return value.string();
    if (const Value* name = value.find("Ref"); name != nullptr && name->is_string()) return reference(name->string());
    if (const Value* pattern = value.find("Fn::Sub")) return filled_in(*pattern);
    if (const Value* parts = value.find("Fn::Join")) return joined(*parts);
    return std::nullopt;
  }

 private:
  std::optional<std::string> reference(const std::string& name) const {
    if (name == "AWS::StackName") return stack_name(resource_);
    if (name.starts_with("AWS::")) return name == "AWS::StackId" ? std::nullopt : std::optional("${" + name + "}");
    const Value* given = at(resource_.inputs, {"parameters", name});
    if (given == nullptr || given->is_null()) given = at(tree_, {"Parameters", name, "Default"});
    return given != nullptr && given->is_string() ? std::optional(given->string()) : std::nullopt;
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

/// Depth is bounded by the YAML reader.
void add_imports(const Value& value, const Names& names, std::vector<std::string>& all) {
  if (value.is_list()) {
    for (const Value& item : value.list()) add_imports(item, names, all);
  } else if (value.is_map()) {
    if (const Value* name = value.find("Fn::ImportValue")) {
      if (std::optional<std::string> text = names.text(*name)) all.push_back(*std::move(text));
    }
    for (const auto& [key, item] : value.map()) add_imports(item, names, all);
  }
}

}  // namespace

Exchange exchange_of_stack(const Resource& resource) {
  Exchange exchange;
  const std::string body = template_of(resource).body;
  if (body.find("Export") == std::string::npos && body.find("ImportValue") == std::string::npos) return exchange;
  const std::optional<Value> tree = parse_template(body);
  if (!tree) return exchange;
  const Names names(resource, *tree);
  add_imports(*tree, names, exchange.takes);
  const Value* outputs = tree->find("Outputs");
  if (outputs == nullptr || !outputs->is_map()) return exchange;
  for (const auto& [key, output] : outputs->map()) {
    const Value* name = at(output, {"Export", "Name"});
    std::optional<std::string> text = name != nullptr ? names.text(*name) : std::nullopt;
    if (text) exchange.gives.push_back(*std::move(text));
  }
  return exchange;
}

}  // namespace verba
