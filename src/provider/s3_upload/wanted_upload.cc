// SPDX-License-Identifier: Apache-2.0
#include "provider/s3_upload/wanted_upload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/utf8.h"
#include "provider/inputs.h"
#include "provider/s3_upload/content_type.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t longest_key_bytes = 1024;
constexpr std::string_view metadata_prefix = "x-amz-meta-";
constexpr std::array<const char*, 7> shown_fields = {"bucket",       "key",      "prefix",  "contentType",
                                                     "cacheControl", "metadata", "kmsKeyId"};

std::string text(const Value& with, std::string_view field) {
  const Value* value = with.find(field);
  return value != nullptr && value->is_string() ? value->string() : "";
}

/// As the value of a header: blanks around it are no part of it, and S3 tells it without them.
std::string header_value(std::string_view value) {
  const std::size_t begin = std::min(value.find_first_not_of(' '), value.size());
  return std::string(value.substr(begin, value.find_last_not_of(' ') + 1 - begin));
}

bool is_written(const Value& with, std::string_view field) {
  const Value* value = with.find(field);
  return value != nullptr && !value->is_null();
}

/// What is wrong with a key or a prefix; null: nothing.
const char* fault_of_key(std::string_view key) {
  if (key.empty()) return "it is empty";
  if (key.size() > longest_key_bytes) return "it has more than 1024 bytes";
  if (has_control(key)) return "it has a control character in it";
  if (key.front() == '/') return "it begins with '/'";
  return nullptr;
}

/// On one line, whatever is in it.
std::string shown(std::string_view key) {
  std::string text;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return text;
}

/// What may be the value of a header: S3 garbles what is no ASCII.
bool is_header_text(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_metadata_name(std::string_view name) {
  return !name.empty() && name != "verba-task" && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

struct Mistake {
  std::string message;
  std::string hint;
  Where where;
};

void check_contents(const Value& with, Where place, std::vector<Mistake>& out) {
  const bool has_source = is_written(with, "source");
  const bool has_content = is_written(with, "content");
  if (has_source && has_content) {
    out.push_back({"'source' and 'content' exclude each other", "keep the one that says what is in it",
                   with.find("content")->where});
  } else if (!has_source && !has_content) {
    out.push_back({"nothing says what is in it",
                   "add 'source' with the file or directory that has it, or 'content' with the text", place});
  } else if (has_content && !is_written(with, "key")) {
    out.push_back({"'content' needs a 'key'", "write the key of the object", with.find("content")->where});
  }
  if (is_written(with, "key") && is_written(with, "prefix")) {
    out.push_back({"'key' and 'prefix' exclude each other", "write the whole key", with.find("prefix")->where});
  }
}

void check_places(const Value& with, std::vector<Mistake>& out) {
  if (const std::string bucket = text(with, "bucket");
      is_written(with, "bucket") && with.find("bucket")->is_string() && !is_bucket_name(bucket)) {
    out.push_back({fmt::format("'{}' cannot be the name of a bucket", bucket),
                   "it has 3 to 63 small letters, digits, '-' and '.'", with.find("bucket")->where});
  }
  for (const char* field : {"key", "prefix"}) {
    const Value* value = with.find(field);
    if (value == nullptr || !value->is_string()) continue;
    const char* fault = fault_of_key(value->string());
    if (fault == nullptr && field == std::string_view("key") && value->string().ends_with('/'))
      fault = "it names a folder";
    if (fault == nullptr) continue;
    out.push_back({fmt::format("'{}' cannot be the {} of an object: {}", shown(value->string()), field, fault),
                   "for example: site/index.html", value->where});
  }
}

void check_headers(const Value& with, std::vector<Mistake>& out) {
  for (const char* field : {"contentType", "cacheControl", "kmsKeyId"}) {
    if (is_header_text(text(with, field))) continue;
    out.push_back({fmt::format("'{}' has characters that are no ASCII", field), "S3 takes plain text here",
                   with.find(field)->where});
  }
  const Value* metadata = with.find("metadata");
  if (metadata == nullptr || !metadata->is_map()) return;
  for (const auto& [key, value] : metadata->map()) {
    const std::string shown = has_control(key.name) ? "that" : fmt::format("'{}'", key.name);
    if (!is_metadata_name(key.name)) {
      out.push_back({shown + " cannot be the name of metadata",
                     "it has small letters, digits, '-', '_' and '.', and is not 'verba-task'", key.where});
    } else if (value.is_list() || value.is_map() || (value.is_string() && !is_header_text(value.string()))) {
      out.push_back({fmt::format("the metadata {} is no plain text", shown), "write ASCII on one line", value.where});
    }
  }
}

/// As written, or as evaluated.
std::vector<Mistake> mistakes_of(const Value& with, Where task) {
  std::vector<Mistake> found;
  check_contents(with, with.where ? with.where : task, found);
  for (const char* field : shown_fields) {
    const Value* value = with.find(field);
    const Value* secret = value != nullptr ? find_secret(*value) : nullptr;
    if (secret == nullptr) continue;
    // No other message may show it.
    found.push_back({fmt::format("'{}' may not be a secret: it is shown", field),
                     "secrets have their place in 'content'", secret->where});
    return found;
  }
  check_places(with, found);
  check_headers(with, found);
  return found;
}

void add_headers(const Value& with, Variables& headers) {
  const auto add = [&](const char* header, std::string value) {
    value = header_value(value);
    if (!value.empty()) headers.emplace_back(header, std::move(value));
  };
  add("cache-control", text(with, "cacheControl"));
  add("x-amz-server-side-encryption", text(with, "encryption"));
  add("x-amz-server-side-encryption-aws-kms-key-id", text(with, "kmsKeyId"));
  const Value* metadata = with.find("metadata");
  if (metadata == nullptr || !metadata->is_map()) return;
  for (const auto& [key, value] : metadata->map()) {
    if (value.is_null()) continue;
    headers.emplace_back(std::string(metadata_prefix) + key.name,
                         value.is_string() ? header_value(value.string()) : to_json(value, SecretsAs::clear));
  }
}

/// "dist/index.html", "https://example.org/index.html?raw": the last part.
std::string name_of_file(std::string_view path) {
  path = path.substr(0, path.find('?'));
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

std::string folder_of(const Value& with) {
  std::string prefix = text(with, "prefix");
  while (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

/// Of a file that `source` names.
std::string key_of(const Value& with, const FileInput& file) {
  if (std::string key = text(with, "key"); !key.empty()) return key;
  const std::string folder = folder_of(with);
  const std::string name = file.inner.empty() ? name_of_file(file.path) : file.inner;
  return folder.empty() ? name : folder + "/" + name;
}

/// What is wrong with the key that a file of a tree gets.
std::optional<BadUpload> fault_of_file(const std::string& key) {
  const char* fault = fault_of_key(key);
  if (fault == nullptr) return std::nullopt;
  return BadUpload{fmt::format("'{}' cannot be the key of an object: {}", shown(key), fault),
                   "give the file another name"};
}

BadUpload tree_with_key() {
  return {"'source' is a directory, and 'key' names one object", "write 'prefix' in the place of 'key'"};
}

std::optional<BadUpload> add_objects(const Resource& resource, WantedUpload& upload) {
  const std::string key = text(resource.inputs, "key");
  for (const FileInput& file : resource.files) {
    if (file.field != "source") continue;
    upload.is_tree = !file.inner.empty();
    if (upload.is_tree && !key.empty()) {
      return tree_with_key();
    }
    const std::string own = key_of(resource.inputs, file);
    if (std::optional<BadUpload> bad = fault_of_file(own)) return bad;
    ObjectContent content{file.content, file.large ? &*file.large : nullptr};
    upload.objects.push_back({own, file.inner, content, file.digest, {}});
  }
  const Value* content = resource.inputs.find("content");
  if (content != nullptr && content->is_string()) {
    upload.is_secret = has_secret(*content);
    upload.objects.push_back({key, "", {content->string()}, sha256(content->string()), {}});
  }
  const std::string type = header_value(text(resource.inputs, "contentType"));
  for (WantedObject& object : upload.objects) {
    std::optional<std::string_view> content;
    if (object.content.file == nullptr) content = object.content.bytes;
    object.content_type = type.empty() ? content_type_of(object.key, content) : type;
  }
  return std::nullopt;
}

/// All metadata but our mark, sorted.
Variables metadata_in(const Variables& headers) {
  Variables metadata;
  for (const auto& header : headers) {
    if (header.first.starts_with(metadata_prefix) && header.first != "x-amz-meta-verba-task")
      metadata.push_back(header);
  }
  std::ranges::sort(metadata);
  return metadata;
}

std::string header_of(const WantedUpload& upload, std::string_view name) {
  const auto found = std::ranges::find(upload.headers, name, &Variables::value_type::first);
  return found == upload.headers.end() ? "" : found->second;
}

}  // namespace

std::variant<WantedUpload, BadUpload> read_upload(const Resource& resource) {
  const std::vector<Mistake> mistakes = mistakes_of(resource.inputs, {});
  if (!mistakes.empty()) return BadUpload{mistakes.front().message, mistakes.front().hint};
  WantedUpload upload;
  upload.bucket = text(resource.inputs, "bucket");
  upload.prefix = folder_of(resource.inputs);
  upload.overwrite = is_true(resource, "overwrite", false);
  add_headers(resource.inputs, upload.headers);
  if (std::optional<BadUpload> bad = add_objects(resource, upload)) return *std::move(bad);
  return upload;
}

void check_upload(const Value& with, Where task, Diagnostics& diagnostics) {
  for (Mistake& mistake : mistakes_of(with, task)) {
    diagnostics.error("s3.upload", std::move(mistake.message), mistake.where, std::move(mistake.hint));
  }
}

void check_files(const Resource& resource, Where task, Diagnostics& diagnostics) {
  for (const FileInput& file : resource.files) {
    if (!file.large || file.large->parts.size() <= most_object_parts) continue;
    const Value* source = resource.inputs.find("source");
    diagnostics.error("s3.upload",
                      fmt::format("'{}' is larger than what S3 takes in {} parts of {} MiB", file.path,
                                  most_object_parts, large_file_part_bytes >> 20),
                      source != nullptr && source->where ? source->where : task, "split it");
  }
  const Value* const written = resource.inputs.find("source");
  for (const FileInput& file : resource.files) {
    if (file.field != "source" || file.inner.empty()) continue;
    std::optional<BadUpload> bad = fault_of_file(key_of(resource.inputs, file));
    if (!bad) continue;
    diagnostics.error("s3.upload", std::move(bad->message),
                      written != nullptr && written->where ? written->where : task, std::move(bad->hint));
  }
  const Value* key = resource.inputs.find("key");
  if (key == nullptr || key->is_null()) return;
  const auto of_tree = [](const FileInput& file) { return file.field == "source" && !file.inner.empty(); };
  if (std::ranges::none_of(resource.files, of_tree)) return;
  BadUpload bad = tree_with_key();
  diagnostics.error("s3.upload", std::move(bad.message), key->where ? key->where : task, std::move(bad.hint));
}

std::vector<std::string> objects_of(const Resource& resource) {
  const std::string bucket = text(resource.inputs, "bucket");
  for (const char* field : {"bucket", "key", "prefix"}) {
    const Value* value = resource.inputs.find(field);
    if (bucket.empty() || (value != nullptr && value->is_unknown())) return {};
  }
  std::vector<std::string> objects;
  for (const FileInput& file : resource.files) {
    if (file.field == "source") objects.push_back(to_string(ObjectPlace{bucket, key_of(resource.inputs, file)}));
  }
  const std::string key = text(resource.inputs, "key");
  if (objects.empty() && !key.empty()) objects.push_back(to_string(ObjectPlace{bucket, key}));
  return objects;
}

std::string uri_of(const WantedUpload& upload) {
  const bool is_one = !upload.is_tree && !upload.objects.empty();
  return to_string(ObjectPlace{upload.bucket, is_one ? upload.objects.front().key : upload.prefix});
}

Digest digest_of(const WantedUpload& upload) {
  if (!upload.is_tree && upload.objects.size() == 1) return upload.objects.front().digest;
  std::string lines;
  for (const WantedObject& object : upload.objects) lines += fmt::format("{}  {}\n", object.digest.hex(), object.inner);
  return sha256(lines);
}

std::string difference(const Object& object, const WantedObject& wanted, const WantedUpload& upload) {
  std::string differences;
  const auto add = [&differences](std::string one) {
    differences += (differences.empty() ? "" : ", ") + std::move(one);
  };
  const auto compare = [&](std::string_view what, std::string_view now, const std::string& then) {
    if (now != then) add(fmt::format("its {} is '{}', not '{}'", what, now, then));
  };
  if (!has_print(object, print_of(wanted.content))) add("its content is another");
  compare("type", object.header("content-type"), wanted.content_type);
  compare("cacheControl", object.header("cache-control"), header_of(upload, "cache-control"));
  if (metadata_in(object.headers) != metadata_in(upload.headers)) add("its metadata is another");
  if (const std::string encryption = header_of(upload, "x-amz-server-side-encryption"); !encryption.empty()) {
    compare("encryption", object.header("x-amz-server-side-encryption"), encryption);
  }
  return differences;
}

}  // namespace verba
