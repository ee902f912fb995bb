// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_artifacts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <set>

#include "base/sources.h"
#include "manifest/locations/origin.h"
#include "provider/cloudformation/wanted_stack.h"
#include "value/json.h"
#include "value/yaml.h"

namespace verba {
namespace {

using enum ArtifactPlace::Content;

constexpr std::array<ArtifactPlace, 25> places = {{
    {"AWS::Serverless::Function", "CodeUri", code},
    {"AWS::Serverless::LayerVersion", "ContentUri", code},
    {"AWS::Serverless::Api", "DefinitionUri"},
    {"AWS::Serverless::HttpApi", "DefinitionUri"},
    {"AWS::Serverless::StateMachine", "DefinitionUri", file, "Bucket", "Key", "Version"},
    {"AWS::Serverless::GraphQLApi", "SchemaUri"},
    {"AWS::Serverless::Application", "Location", nested},
    {"AWS::Lambda::Function", "Code", code, "S3Bucket", "S3Key", "S3ObjectVersion"},
    {"AWS::Lambda::LayerVersion", "Content", code, "S3Bucket", "S3Key", "S3ObjectVersion"},
    {"AWS::CloudFormation::Stack", "TemplateURL", nested},
    {"AWS::StepFunctions::StateMachine", "DefinitionS3Location", file, "Bucket", "Key", "Version"},
    {"AWS::ApiGateway::RestApi", "BodyS3Location", file, "Bucket", "Key", "Version"},
    {"AWS::ApiGatewayV2::Api", "BodyS3Location", file, "Bucket", "Key", "Version"},
    {"AWS::AppSync::GraphQLSchema", "DefinitionS3Location"},
    {"AWS::AppSync::Resolver", "RequestMappingTemplateS3Location"},
    {"AWS::AppSync::Resolver", "ResponseMappingTemplateS3Location"},
    {"AWS::AppSync::FunctionConfiguration", "RequestMappingTemplateS3Location"},
    {"AWS::AppSync::FunctionConfiguration", "ResponseMappingTemplateS3Location"},
    {"AWS::AppSync::Resolver", "CodeS3Location"},
    {"AWS::AppSync::FunctionConfiguration", "CodeS3Location"},
    {"AWS::CloudFormation::ModuleVersion", "ModulePackage"},
    {"AWS::CloudFormation::ResourceVersion", "SchemaHandlerPackage"},
    {"AWS::ElasticBeanstalk::ApplicationVersion", "SourceBundle", file, "S3Bucket", "S3Key"},
    {"AWS::Glue::Job", "Command.ScriptLocation"},
    {"AWS::CodeCommit::Repository", "Code.S3", code, "Bucket", "Key", "ObjectVersion"},
}};

/// `Fn::Transform: {Name: AWS::Include, Parameters: {Location: PATH}}`, which may stand anywhere, and the same in
/// `Transform` of the whole template.
constexpr ArtifactPlace include_place{"AWS::Include", "Location"};

constexpr std::string_view serverless = "AWS::Serverless::";

/// Does the text name something of this machine? Others are addresses (s3://, https://) and dynamic references.
bool is_path(const Value& value) {
  return value.is_string() && !value.string().empty() && value.string().find("://") == std::string::npos &&
         !value.string().starts_with("{{");
}

Value* member(Value* value, std::string_view name) {
  return value != nullptr && value->is_map() ? value->map().find(name) : nullptr;
}

/// Calls `visit` with each place of artifacts in which something stands, and whose it is.
class Places {
 public:
  using Visit = std::function<void(const ArtifactPlace&, Value&, std::string_view owner)>;

  static void visit(Value& tree, const Visit& visit) { Places(visit).visit_template(tree); }

 private:
  explicit Places(const Visit& visit) : visit_(visit) {}

  void visit_template(Value& tree) const {
    if (Value* resources = member(&tree, "Resources"); resources != nullptr && resources->is_map()) {
      for (auto& [name, resource] : resources->map()) {
        const Value* type = member(&resource, "Type");
        if (type != nullptr && type->is_string()) {
          visit_properties(type->string(), member(&resource, "Properties"), name.name);
        }
      }
    }
    if (Value* globals = member(&tree, "Globals"); globals != nullptr && globals->is_map()) {
      for (auto& [name, properties] : globals->map()) {
        visit_properties(std::string(serverless) + name.name, &properties, "Globals." + name.name);
      }
    }
    Value* const transform = member(&tree, "Transform");
    visit_include(transform);
    if (transform != nullptr && transform->is_list()) {
      for (Value& one : transform->list()) visit_include(&one);
    }
    visit_includes(tree);
  }

  void visit_properties(std::string_view type, Value* properties, std::string_view owner) const {
    for (const ArtifactPlace& place : places) {
      if (place.type == type) visit_place(place, properties, owner);
    }
  }

  void visit_place(const ArtifactPlace& place, Value* properties, std::string_view owner) const {
    const std::size_t dot = place.property.find('.');
    Value* value = member(properties, place.property.substr(0, dot));
    if (dot != std::string_view::npos) value = member(value, place.property.substr(dot + 1));
    if (value != nullptr) visit_(place, *value, owner);
  }

  /// `transform`: may be null, or one of several in a list.
  void visit_include(Value* transform) const {
    const Value* name = member(transform, "Name");
    if (name == nullptr || !name->is_string() || name->string() != include_place.type) return;
    visit_place(include_place, member(transform, "Parameters"), include_place.type);
  }

  void visit_includes(Value& value) const {
    if (value.is_list()) {
      for (Value& item : value.list()) visit_includes(item);
    } else if (value.is_map()) {
      visit_include(value.map().find("Fn::Transform"));
      for (auto& [key, item] : value.map()) visit_includes(item);
    }
  }

  const Visit& visit_;
};

constexpr std::string_view s3_scheme = "s3://";
constexpr std::string_view version_query = "?versionId=";

/// The map that an address of S3 comes to in such a place; nothing of what is no such address, or cannot be said there.
std::optional<Value> object_map(const ArtifactPlace& place, const Value& value) {
  if (place.bucket.empty() || !value.is_string() || !value.string().starts_with(s3_scheme)) return std::nullopt;
  const std::string_view address = std::string_view(value.string()).substr(s3_scheme.size());
  const std::string_view bucket = address.substr(0, address.find('/'));
  const std::string_view rest = address.substr(std::min(bucket.size() + 1, address.size()));
  const std::string_view key = rest.substr(0, rest.find('?'));
  std::string_view version = rest.substr(key.size());
  if (bucket.empty() || key.empty()) return std::nullopt;
  if (!version.empty() && (place.version.empty() || !version.starts_with(version_query))) return std::nullopt;
  version.remove_prefix(std::min(version_query.size(), version.size()));
  Map map;
  map.set(place.bucket, std::string(bucket));
  map.set(place.key, std::string(key));
  if (!version.empty()) map.set(place.version, std::string(version));
  return Value(std::move(map));
}

bool may_have_artifacts(std::string_view text) {
  return text.find(serverless) != std::string_view::npos || text.find(include_place.type) != std::string_view::npos ||
         std::ranges::any_of(
             places, [&](const ArtifactPlace& place) { return text.find(place.type) != std::string_view::npos; });
}

/// A plain scalar as it is written: a truth of YAML 1.1, and the text of a number that JSON would tell otherwise.
void restore_scalar(Value& value, const Sources& sources) {
  static constexpr std::array<std::string_view, 12> booleans = {"yes", "Yes", "YES", "on",  "On",  "ON",
                                                                "no",  "No",  "NO",  "off", "Off", "OFF"};
  if (!value.plain || !value.where) return;
  if (value.is_string()) {
    const auto found = std::ranges::find(booleans, value.string());
    if (found != booleans.end()) value = Value(found - booleans.begin() < 6);
  } else if (value.is(Value::Kind::integer) || value.is(Value::Kind::real)) {
    const std::string_view text =
        sources.text(value.where.source).substr(value.where.begin, value.where.end - value.where.begin);
    if (to_json(value) != text) value = Value(std::string(text));
  }
}

void restore(Value& value, const Sources& sources) {
  if (value.is_list()) {
    for (Value& item : value.list()) restore(item, sources);
  } else if (value.is_map()) {
    for (auto& [key, item] : value.map()) restore(item, sources);
  } else {
    restore_scalar(value, sources);
  }
}

/// What a template and those that it nests name.
class Naming {
 public:
  explicit Naming(const Resource& resource) : resource_(resource) {}

  /// A template that is a text. `name`: what messages call it; "": nothing.
  void add(const std::string& text, const std::string& name, const std::string& base, bool is_fetched) {
    if (!may_have_artifacts(text)) return;
    TemplateRead read = read_template_text(text, name);
    if (!read.tree) return;
    for (const Artifact& artifact : artifacts_in(*read.tree)) {
      const bool placed = !name.empty() && artifact.value->where;
      add_artifact(
          artifact, base, is_fetched,
          placed ? fmt::format("{}: {}", read.sources.place(artifact.value->where), artifact.by) : artifact.by);
    }
  }

  /// One that stands in a manifest.
  void add(Value tree) {
    for (const Artifact& artifact : artifacts_in(tree)) {
      const std::size_t before = all_.size();
      const Where where = artifact.value->where;
      add_artifact(artifact, "", false, artifact.by);
      if (all_.size() > before) all_[before].where = where;
    }
  }

  std::vector<NamedFile> take() { return std::move(all_); }

 private:
  void add_artifact(const Artifact& artifact, const std::string& base, bool is_fetched, const std::string& by) {
    std::string path = artifact_path(base, artifact.value->string());
    if (!known_.insert(path).second) return;
    NamedFile& named = all_.emplace_back(NamedFile{path, by});
    if (is_fetched) {
      named.wrong = fmt::format("'{}' is a path, and the template was fetched by itself", artifact.value->string());
    } else if (artifact.place->content == nested) {
      add_nested(path);
    }
  }

  /// Once it was read.
  void add_nested(const std::string& path) {
    for (const FileInput& file : resource_.files) {
      if (file.field == artifact_field && file.inner == path) add(file.content, path, directory_of(path), false);
    }
  }

  const Resource& resource_;
  std::vector<NamedFile> all_;
  std::set<std::string> known_;
};

}  // namespace

std::optional<Value> read_template(const std::string& text) {
  return may_have_artifacts(text) ? parse_template(text) : std::nullopt;
}

TemplateRead read_template_text(const std::string& text, const std::string& name) {
  TemplateRead read;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    read.fault = name + " is empty";
    return read;
  }
  Diagnostics diagnostics;
  std::vector<Value> documents = parse_yaml(read.sources, read.sources.add(name, text), diagnostics);
  bool has_faults = false;
  for (const Diagnostic* one : in_order(diagnostics)) {
    const bool is_tag = one->code == "yaml.unknown-tag";
    const bool is_fault = !is_tag && one->code != "yaml.duplicate-key";
    std::string& told = is_tag ? read.lost : is_fault ? read.fault : read.repeated;
    if (told.empty()) told = fmt::format("{}: {}", read.sources.place(one->where), one->message);
    has_faults = has_faults || is_fault;
  }
  if (has_faults) {
    std::string why;
    if (text[text.find_first_not_of(" \t\r\n")] == '{') read.tree = parse_json(text, why);  // which may have tabs
    if (read.tree) read.fault.clear();
  } else if (documents.empty() || !documents.front().is_map()) {
    read.fault = name + " is no map";
  } else if (documents.size() > 1) {
    read.fault = name + " has several documents";
  } else {
    restore(documents.front(), read.sources);
    read.tree = std::move(documents.front());
  }
  return read;
}

std::optional<Value> parse_template(const std::string& text) {
  return read_template_text(text, "template").tree;
}

std::vector<Artifact> artifacts_in(Value& tree) {
  std::vector<Artifact> found;
  Places::visit(tree, [&](const ArtifactPlace& place, Value& value, std::string_view owner) {
    if (is_path(value)) found.push_back({&place, &value, fmt::format("{} of {}", place.property, owner)});
  });
  return found;
}

std::string with_object_maps(std::string text) {
  if (text.find(s3_scheme) == std::string::npos || !may_have_artifacts(text)) return text;
  TemplateRead read = read_template_text(text, "template");
  if (!read.tree || !read.lost.empty()) return text;
  bool is_changed = false;
  Places::visit(*read.tree, [&](const ArtifactPlace& place, Value& value, std::string_view) {
    std::optional<Value> map = object_map(place, value);
    if (!map) return;
    value = *std::move(map);
    is_changed = true;
  });
  return is_changed ? to_json(*read.tree, SecretsAs::clear) : text;
}

std::string artifact_path(const std::string& base, const std::string& written) {
  std::string path = (std::filesystem::path(base) / written).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string directory_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::vector<NamedFile> named_by_template(const Resource& resource) {
  const TemplateText text = template_of(resource);
  Naming naming(resource);
  const Value* data = text.path.empty() ? resource.inputs.find("data") : nullptr;
  if (data != nullptr && data->is_map()) {
    if (may_have_artifacts(text.body)) naming.add(*data);
  } else {
    const std::string name = text.path.empty() ? "data" : text.path;
    naming.add(text.body, name, directory_of(text.path), is_remote_location(text.path));
  }
  return naming.take();
}

}  // namespace verba
