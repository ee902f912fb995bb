// SPDX-License-Identifier: Apache-2.0
#include "provider/file/wanted_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "provider/file/file_script.h"
#include "provider/inputs.h"

namespace verba {
namespace {

constexpr std::array<const char*, 4> shown_fields = {"path", "mode", "owner", "group"};

const std::string* text_of(const Value& with, std::string_view field) {
  const Value* value = with.find(field);
  return value != nullptr && value->is_string() ? &value->string() : nullptr;
}

/// As written, or as its template came to.
const std::string* content_of(const Resource& resource) {
  const std::string* content = text_of(resource.inputs, "content");
  return content != nullptr ? content : text_of(resource.inputs, "rendered");
}

bool is_mode(std::string_view text) {
  return (text.size() == 3 || text.size() == 4) &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
}

bool is_owner(std::string_view text) {
  return !text.empty() && text.front() != '-' && !has_control(text) &&
         text.find_first_of(": ") == std::string_view::npos;
}

/// Is there a ".." behind a name? What that leads to is known only when the name is there, and no link.
bool climbs_down_and_up(std::string_view path) {
  const std::string plain = plain_path(path);
  std::string_view rest = plain;
  while (rest.starts_with("../")) rest.remove_prefix(3);
  return rest.find("/../") != std::string_view::npos;
}

/// What is wrong with a path; null: nothing.
const char* fault_of_path(std::string_view path) {
  const std::string_view last = path.substr(path.rfind('/') + 1);
  if (path.empty()) return "it is empty";
  if (has_control(path)) return "it has a control character in it";
  if (path.starts_with("~/")) return "'~' means nothing here";
  if (last.empty() || last == "." || last == "..") return "it names no file";
  if (climbs_down_and_up(path)) return "'..' may only stand at its beginning";
  return nullptr;
}

/// For a message: a text with a line end in it would spoil it.
std::string named(const std::string& text) {
  return has_control(text) ? "that" : fmt::format("'{}'", text);
}

void check_shown(const Value& with, std::vector<FileMistake>& out) {
  for (const char* field : shown_fields) {
    const Value* value = with.find(field);
    if (value == nullptr) continue;
    if (const Value* secret = find_secret(*value)) {
      out.push_back({"file.secret", fmt::format("'{}' may not be a secret: it is shown", field),
                     "secrets have their place in 'content'", secret->where});
    }
  }
}

void check_content(const Value& with, Where task, std::vector<FileMistake>& out) {
  std::vector<const Value*> written;
  for (const char* field : {"content", "source", "template"}) {
    if (const Value* value = with.find(field)) written.push_back(value);
  }
  if (written.size() > 1) {
    out.push_back({"file.two-contents", "'content', 'source' and 'template' exclude one another",
                   "keep the one that says what is in it", written[1]->where});
  } else if (written.empty()) {
    out.push_back({"file.no-content", "nothing says what is in it",
                   "add 'content' with the text, or 'source' with the file or directory that has it",
                   with.where ? with.where : task});
  }
  if (const Value* values = with.find("values"); values != nullptr && with.find("template") == nullptr) {
    out.push_back({"file.values", "'values' goes with 'template'", "remove it", values->where});
  }
}

std::string octal(unsigned mode) {
  return fmt::format("{:04o}", mode);
}

unsigned number_of(const std::string& mode) {
  return static_cast<unsigned>(std::stoul(mode, nullptr, 8));
}

}  // namespace

std::vector<FileMistake> mistakes_of(const Value& with, Where task) {
  std::vector<FileMistake> found;
  check_content(with, task, found);
  check_shown(with, found);
  if (!found.empty() && found.back().code == "file.secret") return found;  // no message may show it
  if (const std::string* path = text_of(with, "path")) {
    if (const char* fault = fault_of_path(*path)) {
      found.push_back({"file.path", fmt::format("{} cannot be the path of a file: {}", named(*path), fault),
                       "for example: /etc/app/app.conf", with.find("path")->where});
    }
  }
  if (const std::string* mode = text_of(with, "mode"); mode != nullptr && !is_mode(*mode)) {
    found.push_back({"file.mode", fmt::format("'{}' is no mode", *mode), "write three or four octal digits: \"0644\"",
                     with.find("mode")->where});
  }
  for (const char* field : {"owner", "group"}) {
    const std::string* name = text_of(with, field);
    if (name == nullptr || is_owner(*name)) continue;
    found.push_back({"file.owner", fmt::format("{} cannot be the name of a user or group", named(*name)),
                     "write a name or a number", with.find(field)->where});
  }
  return found;
}

std::string plain_path(std::string_view path) {
  std::string plain = path.starts_with('/') ? "/" : "";
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (!plain.empty() && plain.back() != '/') plain += '/';
    plain += name;
  }
  return plain;
}

std::string root_of(const Resource& resource) {
  std::string path = plain_path(*text_of(resource.inputs, "path"));
  return path.starts_with('/') ? path : "./" + path;
}

std::vector<WantedFile> files_of(const Resource& resource) {
  const std::string root = root_of(resource);
  std::vector<WantedFile> files;
  for (const FileInput& file : resource.files) {
    files.push_back({file.inner.empty() ? root : root + "/" + file.inner, file.content, file.digest, file.executable});
  }
  if (const std::string* content = content_of(resource)) {
    files.push_back({root, *content, sha256(*content)});
  }
  return files;
}

std::vector<std::string> paths_of(const Resource& resource) {
  std::vector<std::string> paths;
  if (!mistakes_of(resource.inputs, {}).empty()) return paths;
  for (WantedFile& file : files_of(resource)) paths.push_back(std::move(file.path));
  return paths;
}

std::string mode_of(const Resource& resource) {
  const std::string* mode = text_of(resource.inputs, "mode");
  if (mode == nullptr) return is_secret(resource) ? "0600" : "0644";
  return octal(number_of(*mode));
}

std::string executable_mode_of(const Resource& resource) {
  return text_of(resource.inputs, "mode") != nullptr ? mode_of(resource) : "0755";
}

std::string directory_mode_of(const Resource& resource) {
  const unsigned mode = number_of(mode_of(resource)) & 0777;
  return octal(mode | 0300 | (mode & 0444) >> 2);
}

std::string owner_of(const Resource& resource) {
  const std::string* owner = text_of(resource.inputs, "owner");
  const std::string* group = text_of(resource.inputs, "group");
  std::string text = owner != nullptr ? *owner : "";
  if (group != nullptr) text += ":" + *group;
  return text.empty() ? "-" : text;
}

bool is_secret(const Resource& resource) {
  for (const char* field : {"content", "rendered"}) {
    const Value* content = resource.inputs.find(field);
    if (content != nullptr && has_secret(*content)) return true;
  }
  return false;
}

Digest digest_of(const std::vector<WantedFile>& files, const std::string& root) {
  if (files.size() == 1 && files.front().path == root) return files.front().digest;
  std::string text;
  for (const WantedFile& file : files) {
    text += fmt::format("{}  {}\n", file.digest.hex(), file.path.substr(root.size() + 1));
  }
  return sha256(text);
}

namespace {

/// Of its mode and owner. Begins with `text`.
std::string difference_of_access(std::string text, const FileSeen& seen, const std::string& mode,
                                 const Resource& resource) {
  const auto add = [&text](std::string more) { text += (text.empty() ? "" : ", ") + more; };
  if (seen.mode != mode) add(fmt::format("its mode is {}, not {}", seen.mode, mode));
  const std::string* owner = text_of(resource.inputs, "owner");
  if (owner != nullptr && seen.user != *owner && seen.user_id != *owner) {
    add(fmt::format("its owner is {}, not {}", seen.user, *owner));
  }
  const std::string* group = text_of(resource.inputs, "group");
  if (group != nullptr && seen.group != *group && seen.group_id != *group) {
    add(fmt::format("its group is {}, not {}", seen.group, *group));
  }
  return text;
}

}  // namespace

std::string difference(const FileSeen& seen, const WantedFile& wanted, const Resource& resource) {
  using enum FileSeen::Kind;
  if (seen.kind == absent) return "it is gone";
  if (seen.kind == link) return "it is a symbolic link";
  if (seen.kind != file) return "it is a directory or a device";
  std::string content = seen.digest != wanted.digest ? "its content is another" : "";
  const std::string mode = wanted.executable ? executable_mode_of(resource) : mode_of(resource);
  return difference_of_access(std::move(content), seen, mode, resource);
}

std::string directory_difference(const FileSeen& seen, const Resource& resource) {
  if (seen.kind != FileSeen::Kind::directory) return "";
  return difference_of_access("", seen, directory_mode_of(resource), resource);
}

}  // namespace verba
