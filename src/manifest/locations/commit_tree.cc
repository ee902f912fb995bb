// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/commit_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace verba {
namespace {

constexpr std::size_t files_limit = 200'000;
constexpr std::uint64_t tree_limit_bytes = std::uint64_t{2} << 30;

/// The words before the tab of an entry.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// "https://host" of "https://host/team/web", "git@host" of "git@host:team/web".
std::string host_of(const std::string& address) {
  const auto scheme = address.find("://");
  if (scheme == std::string::npos) return address.substr(0, address.find(':'));
  return address.substr(0, address.find('/', scheme + 3));
}

/// As git does: each ../ takes the last part off the address. Nothing when there is none left.
std::optional<std::string> resolved(std::string base, std::string_view url) {
  char separator = '/';
  const std::size_t least = host_of(base).size();
  while (url.starts_with("./") || url.starts_with("../")) {
    const bool up = url.starts_with("../");
    url.remove_prefix(up ? 3 : 2);
    if (!up) continue;
    const std::size_t cut = base.find_last_of("/:");
    if (cut == std::string::npos || cut < least) return std::nullopt;
    separator = base[cut];
    base.resize(cut);
  }
  return base + separator + std::string(url);
}

}  // namespace

std::vector<TreeEntry> read_tree(std::string_view text) {
  std::vector<TreeEntry> entries;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::vector<std::string_view> words = words_of(line.substr(0, tab));
    if (words.size() < 3) continue;
    TreeEntry entry{std::string(words[0]), std::string(words[1]), std::string(words[2]), 0,
                    std::string(line.substr(tab + 1))};
    if (words.size() > 3) std::from_chars(words[3].data(), words[3].data() + words[3].size(), entry.size_bytes);
    entries.push_back(std::move(entry));
  }
  return entries;
}

void require_small(const std::string& address, const std::vector<TreeEntry>& entries) {
  std::uint64_t total_bytes = 0;
  for (const TreeEntry& entry : entries) total_bytes += entry.size_bytes;
  if (entries.size() <= files_limit && total_bytes <= tree_limit_bytes) return;
  throw_location(fmt::format("'{}' is too large: {} files, {} MiB", address, entries.size(), total_bytes >> 20),
                 fmt::format("at most {} files and {} MiB are fetched: name what is needed with 'sparse'", files_limit,
                             tree_limit_bytes >> 20));
}

std::string index_lines(const std::vector<TreeEntry>& entries) {
  std::string text;
  for (const TreeEntry& entry : entries) {
    text.append(entry.mode).append(" ").append(entry.type).append(" ").append(entry.id).append("\t");
    text.append(entry.path).push_back('\0');
  }
  return text;
}

bool is_dangerous(std::string_view path) {
  if (path.empty() || path.front() == '/') return true;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part == ".git") return true;
    begin = end + 1;
  }
  return false;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> texts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    texts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return texts;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out.append(text).push_back('\0');
  return out;
}

std::vector<std::pair<std::string, std::string>> read_modules(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> paths;
  std::vector<std::pair<std::string, std::string>> urls;
  for (const std::string& setting : split(text)) {
    const std::size_t line_end = std::min(setting.find('\n'), setting.size());
    const std::string_view key = std::string_view(setting).substr(0, line_end);
    const std::string value = setting.substr(std::min(line_end + 1, setting.size()));
    if (!key.starts_with("submodule.")) continue;
    const std::string name(key.substr(0, key.rfind('.')));
    if (key.ends_with(".path")) paths.emplace_back(name, value);
    if (key.ends_with(".url")) urls.emplace_back(name, value);
  }
  std::vector<std::pair<std::string, std::string>> modules;
  for (auto& [name, path] : paths) {
    const auto url = std::ranges::find(urls, name, &std::pair<std::string, std::string>::first);
    if (url != urls.end()) modules.emplace_back(std::move(path), url->second);
  }
  return modules;
}

std::variant<Origin, BadLocation> submodule_origin(const Origin& parent, const std::string& url,
                                                   const std::string& commit) {
  const bool relative = url.starts_with("./") || url.starts_with("../");
  const std::optional<std::string> address = relative ? resolved(parent.address, url) : url;
  if (!address) return BadLocation{"the URL '" + url + "' leads out of its host", "mend .gitmodules there"};
  Origin origin;
  origin.kind = Origin::Kind::git;
  origin.address = *address;
  origin.ref = commit;
  origin.ref_kind = Origin::Ref::commit;
  origin.submodules = true;
  origin.lfs = parent.lfs;
  if (address->starts_with("file:") && !parent.address.starts_with("file:")) {
    return BadLocation{"what was fetched cannot name '" + without_credentials(url) + "' on this machine",
                       "name repositories by https:// or ssh:// in .gitmodules there"};
  }
  auto result = checked(std::move(origin));
  if (auto* sound = std::get_if<Origin>(&result); sound && host_of(sound->address) == host_of(parent.address)) {
    if (sound->user.empty()) {
      sound->user = parent.user;
      sound->password = parent.password;
    }
    sound->ssh_key = parent.ssh_key;
    sound->verify_tls = parent.verify_tls;
  }
  return result;
}

}  // namespace verba
