// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/packed_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/zip_archive.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t deepest = 16;  ///< that templates may nest one another
constexpr std::string_view any_bytes = "application/octet-stream";
constexpr std::string_view archive = "application/zip";

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

class Packing {
 public:
  Packing(const WantedStack& wanted, const BucketPlace& bucket) : bucket_(bucket) {
    for (const FileInput& file : wanted.artifacts) files_.emplace(file.inner, &file);
  }

  /// The template with its artifacts replaced; what is wrong goes to `wrong`.
  std::string packed(std::string text, const std::string& base, std::size_t depth) {
    text = with_object_maps(std::move(text));
    std::optional<Value> tree = read_template(text);
    std::vector<Artifact> artifacts = tree ? artifacts_in(*tree) : std::vector<Artifact>();
    if (artifacts.empty()) return text;
    for (const Artifact& artifact : artifacts) replace(artifact, base, depth);
    return to_json(*tree, SecretsAs::clear);
  }

  std::string wrong;
  std::map<std::string, Upload> uploads;

 private:
  using Files = std::vector<std::pair<std::string, const FileInput*>>;  ///< by the name in the archive

  void replace(const Artifact& artifact, const std::string& base, std::size_t depth) {
    const std::string path = artifact_path(base, artifact.value->string());
    const Files files = files_of(path);
    if (files.empty()) return complain(artifact, path, "it is not there");
    const bool is_file = files.size() == 1 && files.front().second->inner == path;
    std::string key;
    if (artifact.place->content == ArtifactPlace::Content::nested) {
      if (!is_file) return complain(artifact, path, "a directory is no template");
      if (depth >= deepest) return complain(artifact, path, "templates nest one another too deeply: is it a circle?");
      key = add_nested(path, *files.front().second, depth);
    } else if (is_file &&
               (artifact.place->content == ArtifactPlace::Content::file || is_zip(files.front().second->content))) {
      key = add_file(path, *files.front().second);
    } else {
      key = add_archive(path, files);
    }
    *artifact.value = place_of(*artifact.place, key);
  }

  /// A file, or all that is in a directory.
  Files files_of(const std::string& path) const {
    if (const auto file = files_.find(path); file != files_.end()) return {{name_of(path), file->second}};
    Files files;
    const std::string prefix = path.ends_with('/') ? path : path + "/";
    for (auto file = files_.lower_bound(prefix); file != files_.end() && file->first.starts_with(prefix); ++file) {
      files.emplace_back(file->first.substr(prefix.size()), file->second);
    }
    return files;
  }

  std::string add_nested(const std::string& path, const FileInput& file, std::size_t depth) {
    std::string body = packed(file.content, directory_of(path), depth + 1);
    std::string key = template_key(body);
    uploads.try_emplace(key, Upload{key, path, std::string(template_type), [body = std::move(body)] { return body; }});
    return key;
  }

  std::string add_file(const std::string& path, const FileInput& file) {
    const std::string extension = std::filesystem::path(path).extension().string();
    const bool zipped = is_zip(file.content);
    std::string key = fmt::format("verba/artifacts/{}{}", file.digest.hex(), extension);
    uploads.try_emplace(key, Upload{key, path, std::string(zipped ? archive : any_bytes),
                                    [&content = file.content] { return content; }});
    return key;
  }

  std::string add_archive(const std::string& path, const Files& files) {
    std::string all;
    for (const auto& [name, file] : files) {
      all += fmt::format("{} {} {}\n", file->digest.hex(), file->executable ? "0755" : "0644", name);
    }
    std::string key = fmt::format("verba/artifacts/{}.zip", sha256(all).hex());
    uploads.try_emplace(key, Upload{key, path, std::string(archive), [files] {
                                      std::vector<ZipEntry> entries;
                                      for (const auto& [name, file] : files) {
                                        entries.push_back({name, file->content, file->executable});
                                      }
                                      return zip_archive(entries);
                                    }});
    return key;
  }

  Value place_of(const ArtifactPlace& place, const std::string& key) const {
    if (place.content == ArtifactPlace::Content::nested) return bucket_.address + key;
    if (place.bucket.empty()) return fmt::format("s3://{}/{}", bucket_.name, key);
    Map map;
    map.set(place.bucket, bucket_.name);
    map.set(place.key, key);
    return map;
  }

  void complain(const Artifact& artifact, const std::string& path, std::string_view why) {
    if (wrong.empty()) wrong = fmt::format("{}, '{}': {}", artifact.by, path, why);
  }

  const BucketPlace& bucket_;
  std::map<std::string, const FileInput*> files_;  ///< by path from the resource's directory
};

}  // namespace

std::variant<PackedTemplate, BadStack> pack_template(const WantedStack& wanted, const BucketPlace& bucket) {
  Packing packing(wanted, bucket);
  PackedTemplate packed;
  packed.body = packing.packed(wanted.body, wanted.base, 0);
  if (!packing.wrong.empty()) return BadStack{std::move(packing.wrong), ""};
  for (auto& [key, upload] : packing.uploads) packed.uploads.push_back(std::move(upload));
  return packed;
}

}  // namespace verba
