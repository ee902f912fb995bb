// SPDX-License-Identifier: Apache-2.0
// What a template names of this machine: code of functions and layers, other templates, definitions. The places are
// those that `aws cloudformation package` knows (AWS CLI Command Reference).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sources.h"
#include "manifest/resource.h"
#include "manifest/schema.h"
#include "value/value.h"

namespace verba {

/// A property of a type of resource that says where an object of S3 is.
struct ArtifactPlace {
  std::string_view type;      ///< "AWS::Lambda::Function"
  std::string_view property;  ///< "Code"; "Command.ScriptLocation" is one in another
  enum class Content : std::uint8_t { code, file, nested } content = Content::file;  ///< code is an archive in S3
  std::string_view bucket = {};   ///< it is a map with these two: "S3Bucket"; "": it is one text
  std::string_view key = {};      ///< "S3Key"
  std::string_view version = {};  ///< "S3ObjectVersion"; "": no version can be said there
};

/// Something of this machine that stands in such a place.
struct Artifact {
  const ArtifactPlace* place;
  Value* value;    ///< in the template: the path, as text
  std::string by;  ///< "CodeUri of Hello"
};

/// A text that was read as a template.
struct TemplateRead {
  Sources sources = {};            ///< the text, for places in the tree
  std::optional<Value> tree = {};  ///< nothing when it cannot be read
  std::string fault = {};          ///< then: why, and where: "site.yaml:4:7: ..."
  std::string lost = {};           ///< a tag that nobody knows, and where: it is not in the tree
  std::string repeated = {};  ///< a key that is there twice, and where: to CloudFormation, too, the last one counts
};

/// A template (JSON or YAML) as a tree with the long forms of all functions, in which scalars mean what they mean to
/// CloudFormation (`yes` is true, as in YAML 1.1; 0123 and 1.10, which JSON would tell otherwise, are texts). `name`:
/// what messages call it.
TemplateRead read_template_text(const std::string& text, const std::string& name);
/// The tree alone.
std::optional<Value> parse_template(const std::string& text);
/// The same; nothing, too, when it names no resource that could have an artifact.
std::optional<Value> read_template(const std::string& text);

/// Borrows the tree.
std::vector<Artifact> artifacts_in(Value& tree);

/// The template with maps in the place of addresses (s3://BUCKET/KEY, with ?versionId=VERSION where it says one) that
/// stand where CloudFormation takes a map alone. JSON when there were any; else as it was.
std::string with_object_maps(std::string text);

/// Where a path in a template leads from the resource's directory. `base`: the template's own directory, from there.
std::string artifact_path(const std::string& base, const std::string& written);
/// The directory of a file, for `base`; "" where it is the resource's own.
std::string directory_of(const std::string& path);

/// See TaskType::names.
std::vector<NamedFile> named_by_template(const Resource&);

}  // namespace verba
