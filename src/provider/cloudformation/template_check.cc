// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "provider/cloudformation/cloudformation_type.h"
#include "provider/cloudformation/import_template.h"
#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/template_parameters.h"
#include "provider/cloudformation/template_references.h"
#include "provider/cloudformation/template_retained.h"

namespace verba {
namespace {

constexpr std::size_t most_resources = 500;
constexpr std::size_t longest_template_bytes = 1 << 20;

/// The types of IAM that take a capability, and the property that gives a thing a name of its own ("AWS CloudFormation
/// API Reference", CreateChangeSet).
struct IamType {
  std::string_view type;
  std::string_view name = {};
};
constexpr std::array<IamType, 8> iam_types = {{
    {"AWS::IAM::AccessKey"},
    {"AWS::IAM::Group", "GroupName"},
    {"AWS::IAM::InstanceProfile", "InstanceProfileName"},
    {"AWS::IAM::ManagedPolicy", "ManagedPolicyName"},
    {"AWS::IAM::Policy"},
    {"AWS::IAM::Role", "RoleName"},
    {"AWS::IAM::User", "UserName"},
    {"AWS::IAM::UserToGroupAddition"},
}};

constexpr std::string_view iam = "CAPABILITY_IAM";
constexpr std::string_view named_iam = "CAPABILITY_NAMED_IAM";

const Value* map_at(const Value& tree, std::string_view name) {
  const Value* value = tree.find(name);
  return value != nullptr && value->is_map() ? value : nullptr;
}

/// `Fn::If` may choose to give none, and AWS::NoValue is none.
bool gives_name(const Value& resource, std::string_view property) {
  const Value* properties = property.empty() ? nullptr : map_at(resource, "Properties");
  const Value* name = properties != nullptr ? properties->find(property) : nullptr;
  if (name == nullptr || name->is_null() || name->find("Fn::If") != nullptr) return false;
  const Value* reference = name->find("Ref");
  return reference == nullptr || !reference->is_string() || reference->string() != "AWS::NoValue";
}

class TemplateCheck {
 public:
  TemplateCheck(const Resource& resource, Where task, bool is_sent, Diagnostics& diagnostics)
      : resource_(resource), with_(resource.inputs), task_(task), is_sent_(is_sent), diagnostics_(diagnostics) {}

  void run() {
    switches();
    const Value* data = with_.find("data");
    const Value* file = with_.find("template");
    const bool in_manifest = data != nullptr && !data->is_null();
    if (!in_manifest && (file == nullptr || !file->is_string())) return;
    where_ = in_manifest ? data->where : file->where;
    if (!where_) where_ = task_;
    if (in_manifest && !data->is_map() && !data->is_string()) return;
    const TemplateText written = template_of(resource_);
    if (!in_manifest && written.path.empty()) return;  // it was not read, and that was told
    if (in_manifest && data->is_map()) {
      references(*data, nullptr);
      return outermost(*data, written, nullptr);
    }
    is_secret_ = in_manifest && has_secret(*data);
    const TemplateRead read = read_template_text(written.body, in_manifest ? "data" : written.path);
    if (!read.tree) return unreadable(read);
    note_lost(read);
    note_repeated(read);
    references(*read.tree, &read.sources);
    outermost(*read.tree, written, &read.sources);
  }

 private:
  /// `text`: the one that it was read from; null: the manifest.
  void outermost(const Value& tree, const TemplateText& written, const Sources* text) {
    if (written.body.size() > longest_template_bytes) {
      error(fmt::format("the template has {} bytes, and at most {} can be sent", written.body.size(),
                        longest_template_bytes),
            "take it apart into several stacks");
    }
    one(tree, written.path.empty() ? "the template" : written.path, directory_of(written.path), {written.path});
    parameters(tree, text);
    capabilities();
    check_retained(with_, tree, diagnostics_);
    if (text != nullptr) imports(tree);  // of a manifest's own check_stack() has told
  }

  void imports(const Value& tree) {
    const Value* wanted = with_.find("import");
    const bool may_make_more = tree.find("Transform") != nullptr;
    for (const auto& [key, value] : wanted != nullptr && wanted->is_map() ? wanted->map() : Map()) {
      const std::optional<BadStack> fault =
          value.is_null() || may_make_more ? std::nullopt : import_fault(tree, key.name);
      if (!fault) continue;
      diagnostics_.error("cloudformation.import", fault->message, value.where ? value.where : task_, fault->hint);
    }
  }

  /// `chain`: the paths of those around it, and its own.
  void one(const Value& tree, const std::string& name, const std::string& base, const std::vector<std::string>& chain) {
    const Value* resources = tree.find("Resources");
    if (resources != nullptr && resources->is_unknown()) return;
    const bool any = resources != nullptr && resources->is_map() && !resources->map().empty();
    if (!any) {
      if (tree.find("Fn::Transform") == nullptr) error(name + " has no Resources", "write at least one into it");
      return;
    }
    if (resources->map().size() > most_resources) {
      error(
          fmt::format("{} has {} resources, and a stack has {} at most", name, resources->map().size(), most_resources),
          "take it apart into several stacks");
    }
    for (const auto& [key, resource] : resources->map()) {
      if (key.name.starts_with("Fn::") || resource.is_unknown()) continue;
      const Value* type = resource.find("Type");
      if (type == nullptr) {
        error(fmt::format("'{}' in {} has no Type", key.name, name), "for example: AWS::SNS::Topic", resource.where);
      } else if (type->is_string()) {
        needs_of(tree, key.name, resource, type->string());
      }
    }
    nested(tree, base, chain);
  }

  /// What its parts name and it does not have. AWS looks itself at what is sent.
  void references(const Value& tree, const Sources* text) {
    if (is_sent_ || is_secret_) return;
    for (Dangling& one : dangling_in(tree)) {
      const bool has_place = text != nullptr && one.where;
      std::string message = has_place ? fmt::format("{}: {}", text->place(one.where), one.message) : one.message;
      tell(one.is_sure ? Severity::error : Severity::warning, std::move(message), std::move(one.hint),
           text != nullptr ? Where() : one.where);
    }
  }

  void needs_of(const Value& tree, const std::string& logical, const Value& resource, const std::string& type) {
    if (const auto* known = std::ranges::find(iam_types, type, &IamType::type); known != iam_types.end()) {
      const bool named = gives_name(resource, known->name);
      need(named ? named_iam : iam, named ? fmt::format("{} ({}) has a name of its own", logical, type)
                                          : fmt::format("{} is an {}", logical, type));
    }
    if (type != "AWS::Serverless::Function" || is_sent_) return;
    const Value* properties = map_at(resource, "Properties");
    const Value* globals = map_at(tree, "Globals");
    const Value* all = globals != nullptr ? map_at(*globals, "Function") : nullptr;
    const bool has_role = (properties != nullptr && properties->find("Role") != nullptr) ||
                          (all != nullptr && all->find("Role") != nullptr);
    if (!has_role) need(iam, logical + " gets a role of its own");
  }

  void nested(const Value& tree, const std::string& base, const std::vector<std::string>& chain) {
    Value copy = tree;
    for (const Artifact& artifact : artifacts_in(copy)) {
      if (artifact.place->content != ArtifactPlace::Content::nested) continue;
      const std::string path = artifact_path(base, artifact.value->string());
      if (std::ranges::find(chain, path) != chain.end()) {
        error(fmt::format("{}: {} nests itself", artifact.by, path), "templates nest one another without circles");
        continue;
      }
      const auto file = std::ranges::find_if(
          resource_.files, [&](const FileInput& each) { return each.field == artifact_field && each.inner == path; });
      if (file == resource_.files.end()) continue;  // it was not read, and that was told
      const TemplateRead read = read_template_text(file->content, path);
      if (!read.tree) {
        unreadable(read);
        continue;
      }
      note_lost(read);
      note_repeated(read);
      references(*read.tree, &read.sources);
      std::vector<std::string> deeper = chain;
      deeper.push_back(path);
      one(*read.tree, path, directory_of(path), deeper);
    }
  }

  /// Those that are given, and those that have to be.
  void parameters(const Value& tree, const Sources* text) {
    const Value* given = with_.find("parameters");
    if (given != nullptr && !given->is_map() && !given->is_null()) return;
    const Value* declared = tree.find("Parameters");
    if (tree.find("Fn::Transform") != nullptr || (declared != nullptr && !declared->is_map())) return;
    const Map none;
    const Map& known = declared != nullptr ? declared->map() : none;
    const Map& said = given != nullptr && given->is_map() ? given->map() : none;
    if (known.find("Fn::Transform") != nullptr) return;
    std::vector<std::string_view> names;
    for (const auto& [key, parameter] : known) names.push_back(key.name);
    for (const auto& [key, value] : said) {
      if (const Value* parameter = known.find(key.name)) {
        takes(key.name, *parameter, value, nullptr);
        continue;
      }
      const std::string all = names.empty() ? "it has none" : fmt::format("it has: {}", fmt::join(names, ", "));
      diagnostics_.error("cloudformation.parameters", fmt::format("the template has no parameter '{}'", key.name),
                         key.where ? key.where : where_, did_you_mean(key.name, names, all));
    }
    for (const auto& [key, parameter] : known) {
      if (said.find(key.name) != nullptr || !parameter.is_map()) continue;
      if (const Value* fallback = parameter.find("Default")) {
        takes(key.name, parameter, *fallback, text);
        continue;
      }
      diagnostics_.error("cloudformation.parameters",
                         fmt::format("the parameter '{}' of the template has no Default, and is not given", key.name),
                         given != nullptr && given->where ? given->where : where_,
                         fmt::format("add it to 'parameters': {}: ...", key.name));
    }
  }

  /// `text`: the one that the value is in; null: the manifest.
  void takes(const std::string& name, const Value& parameter, const Value& value, const Sources* text) {
    std::optional<NotTaken> fault = not_taken(name, parameter, value, is_secret_);
    if (!fault) return;
    const bool has_place = text != nullptr && fault->where && !is_secret_;
    diagnostics_.error("cloudformation.parameters",
                       has_place ? fmt::format("{}: {}", text->place(fault->where), fault->message) : fault->message,
                       text == nullptr && fault->where ? fault->where : where_, std::move(fault->hint));
  }

  void need(std::string_view capability, std::string why) { needs_.emplace(capability, std::move(why)); }

  void capabilities() {
    const Value* given = with_.find("capabilities");
    const auto has = [&](std::string_view capability) {
      return given != nullptr && given->is_list() && std::ranges::any_of(given->list(), [&](const Value& one) {
               return one.is_string() && one.string() == capability;
             });
    };
    if (needs_.contains(named_iam) || has(named_iam)) needs_.erase(iam);
    std::string names;
    std::string reasons;
    for (const auto& [capability, why] : needs_) {
      if (has(capability)) continue;
      names += fmt::format("{}{}", names.empty() ? "" : ", ", capability);
      reasons += fmt::format("{}{}", reasons.empty() ? "" : "; ", why);
    }
    if (names.empty()) return;
    const Where where = given != nullptr && given->where ? given->where : where_;
    diagnostics_.error("cloudformation.capabilities", fmt::format("the template needs {}: {}", names, reasons), where,
                       fmt::format("write it into 'capabilities', if the template may do that: [{}]", names));
  }

  void unreadable(const TemplateRead& read) {
    error("the template cannot be read: " + (is_secret_ ? "it is no YAML" : read.fault), "");
  }

  /// A tag that is not known stays where the text is sent as it is.
  void note_lost(const TemplateRead& read) {
    if (read.lost.empty()) return;
    Value copy = *read.tree;
    if (!artifacts_in(copy).empty()) {
      return error("the template cannot be sent with its artifacts: " + (is_secret_ ? "it has a tag" : read.lost),
                   "write the function in its long form");
    }
    diagnostics_.warning("cloudformation.tag", is_secret_ ? "the template has a tag that is not known" : read.lost,
                         where_, "if CloudFormation knows it, all is well");
  }

  /// What is true or false, and what is a text, may have come out of an expression as something else.
  void switches() {
    const auto is_open = [](const Value& value) {
      return value.is(Value::Kind::unknown) || value.is(Value::Kind::expression);
    };
    const auto require = [&](std::string_view field, const Value& value, bool holds, std::string_view wanted) {
      if (holds || is_open(value)) return;
      diagnostics_.error("cloudformation.input",
                         fmt::format("'{}' came out as {}, not {}", field, kind_name(value.kind()), wanted),
                         value.where ? value.where : task_, "");
    };
    for (const Field& field : cloudformation_type().inputs) {
      const Value* value = field.type == FieldType::boolean ? with_.find(field.name) : nullptr;
      if (value != nullptr) require(field.name, *value, value->is(Value::Kind::boolean), "true or false");
    }
    const Value* topics = with_.find("notificationArns");
    for (const Value& one : topics != nullptr && topics->is_list() ? topics->list() : List()) {
      require("notificationArns", one, one.is_string(), "text");
    }
  }

  void note_repeated(const TemplateRead& read) {
    if (read.repeated.empty() || is_secret_) return;
    diagnostics_.warning("cloudformation.template", read.repeated, where_,
                         "CloudFormation takes the last one: remove the other");
  }

  void error(std::string message, std::string hint, Where where = {}) {
    tell(Severity::error, std::move(message), std::move(hint), where);
  }

  void tell(Severity severity, std::string message, std::string hint, Where where) {
    // Places in a template that is a file are of another text.
    const bool is_here = where && where_ && where.source == where_.source && with_.find("data") != nullptr &&
                         with_.find("data")->is_map();
    Diagnostic told;
    told.severity = severity;
    told.code = "cloudformation.template";
    told.message = std::move(message);
    told.where = is_here ? where : where_;
    told.hint = std::move(hint);
    diagnostics_.add(std::move(told));
  }

  const Resource& resource_;
  const Value& with_;
  Where task_;
  bool is_sent_;
  Diagnostics& diagnostics_;
  Where where_;
  bool is_secret_ = false;
  std::map<std::string_view, std::string> needs_;  ///< why, by capability: the first reason
};

}  // namespace

void check_template(const Resource& resource, Where task, Diagnostics& diagnostics) {
  TemplateCheck(resource, task, false, diagnostics).run();
}

std::optional<BadStack> fault_of(const Resource& resource) {
  Diagnostics found;
  check_stack(resource.inputs, {}, found);
  TemplateCheck(resource, {}, true, found).run();
  for (const Diagnostic& one : found.all()) {
    if (one.severity == Severity::error) return BadStack{one.message, one.hint};
  }
  return std::nullopt;
}

}  // namespace verba
