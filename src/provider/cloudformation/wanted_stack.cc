// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/wanted_stack.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "aws/s3.h"
#include "base/digest.h"
#include "provider/cloudformation/import_template.h"
#include "provider/cloudformation/stack_tags.h"
#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/template_exchange.h"
#include "provider/cloudformation/template_retained.h"
#include "provider/inputs.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t longest_body_bytes = 51'200;
constexpr std::size_t longest_template_bytes = 1 << 20;
constexpr std::size_t longest_policy_bytes = 16'384;
constexpr std::string_view name_hint = "it begins with a letter and has letters, digits and '-', 128 at most";

bool is_stack_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= 128 && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

/// What is wrong with it, or "".
std::string add_texts(const Resource& resource, std::string_view field, Variables& texts) {
  const Value* written = resource.inputs.find(field);
  if (written == nullptr || !written->is_map()) return {};
  for (const auto& [key, value] : written->map()) {
    if (value.is_null()) continue;
    const std::optional<std::string> text = parameter_text(value);
    if (!text) return fmt::format("'{}' of {} is a {}", key.name, field, kind_name(value.kind()));
    texts.emplace_back(key.name, *text);
  }
  std::ranges::sort(texts);
  return {};
}

std::vector<std::string> nulls_in(const Value* map) {
  std::vector<std::string> names;
  if (map == nullptr || !map->is_map()) return names;
  for (const auto& [key, value] : map->map()) {
    if (value.is_null()) names.push_back(key.name);
  }
  std::ranges::sort(names);
  return names;
}

/// Why one cannot be, if so.
std::optional<BadStack> add_imports(const Resource& resource, WantedStack& stack) {
  const Value* written = resource.inputs.find("import");
  if (written == nullptr || !written->is_map()) return std::nullopt;
  for (const auto& [key, value] : written->map()) {
    if (value.is_null()) continue;
    WantedImport one{key.name};
    for (const auto& [name, part] : value.is_map() ? value.map() : Map()) {
      if (const std::optional<std::string> told = parameter_text(part)) one.identifiers.emplace_back(name.name, *told);
    }
    if (!value.is_map()) one.identifier = parameter_text(value).value_or("");
    if (one.identifier.empty() && one.identifiers.empty()) {
      return BadStack{fmt::format("'{}' of import says nothing to tell it apart by", key.name),
                      "write its name, as AWS has it, or a map of its identifiers"};
    }
    std::ranges::sort(one.identifiers);
    stack.imports.push_back(std::move(one));
  }
  std::ranges::sort(stack.imports, {}, &WantedImport::logical);
  return std::nullopt;
}

std::string text(const Resource& resource, std::string_view field) {
  const Value* value = resource.inputs.find(field);
  return value != nullptr && value->is_string() ? value->string() : "";
}

}  // namespace

std::optional<std::string> parameter_text(const Value& value) {
  using enum Value::Kind;
  if (value.is_string()) return value.string();
  if (value.is(boolean) || value.is(integer) || value.is(real)) return to_json(value, SecretsAs::clear);
  if (!value.is_list()) return std::nullopt;
  std::string joined;
  for (const Value& item : value.list()) {
    const std::optional<std::string> text = item.is_list() ? std::nullopt : parameter_text(item);
    if (!text) return std::nullopt;
    joined += (&item == value.list().data() ? "" : ",") + *text;
  }
  return joined;
}

TemplateText template_of(const Resource& resource) {
  for (const FileInput& file : resource.files) {
    if (file.field == "template") return {file.content, file.path};
  }
  const Value* data = resource.inputs.find("data");
  if (data == nullptr || data->is_null()) return {};
  return {data->is_string() ? data->string() : to_json(*data, SecretsAs::clear), ""};
}

std::string stack_name(const Resource& resource) {
  return text(resource, "stack");
}

std::variant<WantedStack, BadStack> read_stack(const Resource& resource) {
  WantedStack stack;
  stack.name = stack_name(resource);
  if (!is_stack_name(stack.name)) {
    return BadStack{fmt::format("'{}' cannot be the name of a stack", stack.name), std::string(name_hint)};
  }
  TemplateText written = template_of(resource);
  stack.body = with_object_maps(std::move(written.body));
  stack.base = directory_of(written.path);
  for (const FileInput& file : resource.files) {
    if (file.field == artifact_field) stack.artifacts.push_back(file);
  }
  if (stack.body.empty()) return BadStack{"the template is empty", "write one into 'template' or 'data'"};
  if (stack.body.size() > longest_template_bytes) {
    return BadStack{
        fmt::format("the template has {} bytes, and at most {} can be sent", stack.body.size(), longest_template_bytes),
        "take it apart into several stacks"};
  }
  stack.bucket = text(resource, "bucket");
  if (!stack.bucket.empty() && !is_bucket_name(stack.bucket)) {
    return BadStack{fmt::format("'{}' cannot be the name of a bucket", stack.bucket), ""};
  }
  stack.previous = nulls_in(resource.inputs.find("parameters"));
  std::string wrong = add_texts(resource, "parameters", stack.parameters);
  if (wrong.empty()) wrong = add_texts(resource, "tags", stack.tags);
  if (!wrong.empty()) return BadStack{wrong, "write text, a number, true, false, or a list of them"};
  if (const Value* list = resource.inputs.find("capabilities"); list != nullptr && list->is_list()) {
    for (const Value& one : list->list()) stack.capabilities.push_back(one.string());
  }
  stack.role_arn = text(resource, "roleArn");
  if (const Value* list = resource.inputs.find("notificationArns"); list != nullptr && list->is_list()) {
    std::vector<std::string>& arns = stack.notification_arns.emplace();
    for (const Value& one : list->list()) arns.push_back(one.string());
  }
  if (const Value* policy = resource.inputs.find("stackPolicy"); policy != nullptr && !policy->is_null()) {
    stack.policy = policy->is_string() ? policy->string() : to_json(*policy, SecretsAs::clear);
  }
  if (stack.policy.size() > longest_policy_bytes) {
    return BadStack{fmt::format("'stackPolicy' has {} bytes, and at most {} can be sent", stack.policy.size(),
                                longest_policy_bytes),
                    "say less in it"};
  }
  if (const Value* wanted = resource.inputs.find("terminationProtection");
      wanted != nullptr && wanted->is(Value::Kind::boolean)) {
    stack.is_protected = wanted->boolean();
  }
  stack.empty_buckets = is_true(resource, "emptyBuckets", false);
  stack.retained = retained_names(resource);
  stack.disable_rollback = is_true(resource, "disableRollback", false);
  stack.adopt = is_true(resource, "adopt", false);
  stack.express = is_true(resource, "express", false);
  stack.reverts_drift = is_true(resource, "revertDrift", false);
  stack.exports = exports_of_template(resource);
  if (std::optional<BadStack> bad = add_imports(resource, stack)) return *std::move(bad);
  return stack;
}

namespace {

constexpr std::size_t most_topics = 5;

/// arn:PARTITION:SERVICE:..., and what follows it in the end: "role/deployer".
bool is_arn(std::string_view text, std::string_view service, std::string_view rest) {
  if (!text.starts_with("arn:") || std::ranges::count(text, ':') < 5) return false;
  text.remove_prefix(text.find(':', 4) + 1);
  if (!text.starts_with(service) || text.substr(service.size(), 1) != ":") return false;
  for (int i = 0; i < 3; ++i) text.remove_prefix(text.find(':') + 1);
  return text.starts_with(rest) && text.size() > rest.size();
}

/// Texts that are sent as parameters or tags. What waits for something may become one.
void check_texts(const Value& map, std::string_view field, Diagnostics& diagnostics) {
  for (const auto& [key, value] : map.map()) {
    if (value.is_null() || value.is_expression() || has_unknown(value) || parameter_text(value)) continue;
    const bool is_fine = value.is_list() && std::ranges::all_of(value.list(), [](const Value& one) {
                           return one.is_expression() || (!one.is_list() && parameter_text(one));
                         });
    if (is_fine) continue;
    diagnostics.error("cloudformation.no-text",
                      fmt::format("'{}' of {} is a {}", key.name, field,
                                  value.is_list() ? "list of more than texts" : kind_name(value.kind())),
                      value.where ? value.where : key.where, "write text, a number, true, false, or a list of them");
  }
}

void check_places(const Value& with, Diagnostics& diagnostics) {
  const auto each = [&](std::string_view field, bool (*is)(std::string_view), std::string_view what, const char* hint) {
    const Value* value = with.find(field);
    if (value == nullptr) return;
    for (const Value& one : value->is_list() ? value->list() : List{*value}) {
      if (!one.is_string() || is(one.string())) continue;
      diagnostics.error("cloudformation.bad-place", fmt::format("'{}' {}", one.secret ? "***" : one.string(), what),
                        one.where ? one.where : value->where, hint);
    }
  };
  each("bucket", is_bucket_name, "cannot be the name of a bucket", "it has 3 to 63 small letters, digits, '-' and '.'");
  each(
      "roleArn", [](std::string_view text) { return is_arn(text, "iam", "role/"); }, "is no ARN of a role",
      "for example: arn:aws:iam::123456789012:role/cloudformation");
  each(
      "notificationArns", [](std::string_view text) { return is_arn(text, "sns", ""); }, "is no ARN of a topic",
      "for example: arn:aws:sns:eu-central-1:123456789012:stacks");
  const Value* topics = with.find("notificationArns");
  if (topics != nullptr && topics->is_list() && topics->list().size() > most_topics) {
    diagnostics.error(
        "cloudformation.bad-place",
        fmt::format("there are {} topics, and a stack tells {} at most", topics->list().size(), most_topics),
        topics->where, "take some away");
  }
}

}  // namespace

void check_stack(const Value& with, Where task, Diagnostics& diagnostics) {
  const auto written = [&](std::string_view field) {
    const Value* value = with.find(field);
    return value != nullptr && !value->is_null() ? value : nullptr;
  };
  const Value* file = written("template");
  const Value* data = written("data");
  if (file == nullptr && data == nullptr) {
    diagnostics.error("cloudformation.no-template", "nothing says what the template is", with.where ? with.where : task,
                      "add 'template' with a file, or 'data'");
  } else if (file != nullptr && data != nullptr) {
    diagnostics.error("cloudformation.two-templates", "one stack has one template", data->where,
                      "remove 'template' or 'data'");
  }
  if (data != nullptr && !data->is_string() && !data->is_map() && !data->is_expression() && !data->is_unknown()) {
    diagnostics.error("cloudformation.bad-template", fmt::format("a {} is no template", kind_name(data->kind())),
                      data->where, "write a map with Resources, or text");
  }
  const Value* policy = written("stackPolicy");
  std::string why;
  if (policy != nullptr && policy->is_string() && !parse_json(policy->string(), why)) {
    diagnostics.error("cloudformation.bad-policy", "'stackPolicy' is no JSON: " + why, policy->where,
                      "write a map with Statement, or text that is JSON");
  }
  const auto note = [&](std::string_view field, std::string_view code, const char* message) {
    const Value* value = written(field);
    if (value == nullptr || !value->is(Value::Kind::boolean) || !value->boolean()) return;
    Diagnostic told;
    told.severity = Severity::note;
    told.code = code;
    told.message = message;
    told.where = value->where;
    diagnostics.add(std::move(told));
  };
  note("express", "cloudformation.express",
       "its stack is done as soon as all is configured: what is made may not be ready yet");
  note("revertDrift", "cloudformation.revert-drift",
       "an update of its stack undoes what others have changed in the resources, too");
  const Value* imports = written("import");
  if (data != nullptr && data->is_map() && imports != nullptr && imports->is_map()) {
    for (const auto& [key, value] : imports->map()) {
      const std::optional<BadStack> fault = value.is_null() ? std::nullopt : import_fault(*data, key.name);
      if (fault) diagnostics.error("cloudformation.import", fault->message, value.where, fault->hint);
    }
  }
  if (const Value* parameters = written("parameters"); parameters != nullptr && parameters->is_map()) {
    check_texts(*parameters, "parameters", diagnostics);
  }
  if (const Value* tags = written("tags"); tags != nullptr && tags->is_map()) {
    check_texts(*tags, "tags", diagnostics);
    check_tags(*tags, diagnostics);
  }
  check_places(with, diagnostics);
  const Value* name = written("stack");
  if (name != nullptr && name->is_string() && !is_stack_name(name->string())) {
    diagnostics.error("cloudformation.bad-name", fmt::format("'{}' cannot be the name of a stack", name->string()),
                      name->where, std::string(name_hint));
  }
}

bool is_large(std::string_view body) {
  return body.size() > longest_body_bytes;
}

std::string template_key(std::string_view body) {
  return fmt::format("verba/templates/{}", sha256(body).hex());
}

namespace {

constexpr std::string_view auto_expand = "CAPABILITY_AUTO_EXPAND";

/// Is something in it transformed, or in what it nests? Said of one without a transform it does no harm.
bool may_expand(const WantedStack& wanted) {
  const auto has_transform = [](std::string_view text) {
    return text.find("Transform") != std::string_view::npos ||
           text.find("AWS::Serverless::Application") != std::string_view::npos;
  };
  return has_transform(wanted.body) ||
         std::ranges::find(wanted.capabilities, auto_expand) != wanted.capabilities.end() ||
         std::ranges::any_of(wanted.artifacts, [&](const FileInput& file) { return has_transform(file.content); });
}

}  // namespace

bool needs_bucket(const WantedStack& wanted) {
  return !wanted.artifacts.empty() || is_large(wanted.body);
}

void add_wanted(const WantedStack& wanted, bool updates, const std::string& template_url, Variables& parameters) {
  const auto add = [&](std::string name, std::string value) {
    parameters.emplace_back(std::move(name), std::move(value));
  };
  template_url.empty() ? add("TemplateBody", wanted.body) : add("TemplateURL", template_url);
  std::size_t number = 0;
  for (const auto& [key, value] : wanted.parameters) {
    ++number;
    add(fmt::format("Parameters.member.{}.ParameterKey", number), key);
    add(fmt::format("Parameters.member.{}.ParameterValue", number), value);
  }
  for (const std::string& key : updates ? wanted.previous : std::vector<std::string>()) {
    ++number;
    add(fmt::format("Parameters.member.{}.ParameterKey", number), key);
    add(fmt::format("Parameters.member.{}.UsePreviousValue", number), "true");
  }
  number = 0;
  for (const auto& [key, value] : wanted.tags) {
    ++number;
    add(fmt::format("Tags.member.{}.Key", number), key);
    add(fmt::format("Tags.member.{}.Value", number), value);
  }
  // An empty list takes all tags away; without one they would stay.
  if (wanted.tags.empty()) add("Tags", "");
  add_settings(wanted, parameters);
  for (const auto& [key, value] : wanted.more) add(key, value);
}

void add_settings(const WantedStack& wanted, Variables& parameters) {
  const auto add = [&](std::string name, std::string value) {
    parameters.emplace_back(std::move(name), std::move(value));
  };
  std::size_t number = 0;
  for (const std::string& one : wanted.capabilities) {
    if (one != auto_expand) add(fmt::format("Capabilities.member.{}", ++number), one);
  }
  if (may_expand(wanted)) add(fmt::format("Capabilities.member.{}", ++number), std::string(auto_expand));
  if (!wanted.role_arn.empty()) add("RoleARN", wanted.role_arn);
  number = 0;
  for (const std::string& arn : wanted.notification_arns.value_or(std::vector<std::string>())) {
    add(fmt::format("NotificationARNs.member.{}", ++number), arn);
  }
  if (wanted.notification_arns && number == 0) add("NotificationARNs", "");
}

std::string other_settings(const WantedStack& wanted, const Value& description) {
  std::string told;
  if (wanted.notification_arns) {
    std::set<std::string> topics;
    for (const Value& arn : list_at(description, {"NotificationARNs"})) topics.insert(arn.string());
    const std::set<std::string> those(wanted.notification_arns->begin(), wanted.notification_arns->end());
    if (topics != those) told = "the topics that hear of it differ";
  }
  const std::string role = text_at(description, {"RoleARN"});
  if (!wanted.role_arn.empty() && role != wanted.role_arn) {
    told += fmt::format("{}its role is {}, not {}", told.empty() ? "" : "; ", role.empty() ? "none" : role,
                        wanted.role_arn);
  }
  return told;
}

}  // namespace verba
