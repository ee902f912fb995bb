// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/utf8.h"

namespace verba {
namespace {

using Parsed = std::variant<Origin, BadLocation>;

constexpr std::size_t longest_location = 4096;

bool is_hex(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) && is_hex(text);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// %41 becomes A. Nothing when a % is not followed by two digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !is_hex(text.substr(i + 1, 2))) return std::nullopt;
    out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

/// "scheme" of scheme://..., in lower case; "" when there is none.
std::string scheme_of(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string scheme = lower(text.substr(0, colon));
  const bool sound = std::ranges::all_of(scheme, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  return sound ? scheme : std::string();
}

/// USER@HOST:PATH, as scp and git take it.
bool is_scp_form(std::string_view text) {
  const auto colon = text.find(':');
  const auto at = text.find('@');
  if (at == std::string_view::npos || colon == std::string_view::npos || at == 0 || at + 1 >= colon) return false;
  return text.substr(0, colon).find('/') == std::string_view::npos && colon + 1 < text.size();
}

/// What git calls a well-formed name (git-check-ref-format), and no option.
bool is_ref_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '-' || name.front() == '/' || name.back() == '/' ||
      name.back() == '.' || name == "@" || has_control(name)) {
    return false;
  }
  for (const std::string_view bad : {"..", "@{", "//", "/.", ".lock/"}) {
    if (name.find(bad) != std::string_view::npos) return false;
  }
  return name.front() != '.' && !name.ends_with(".lock") && name.find_first_of(" ~^:?*[\\") == std::string_view::npos;
}

/// "a/b" of "/a//./b/"; nothing when it leads out.
std::optional<std::string> inner_path(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    if (part == "..") return std::nullopt;
    if (!part.empty() && part != ".") out += (out.empty() ? "" : "/") + std::string(part);
    begin = end + 1;
  }
  return out;
}

bool is_true(std::string_view text) {
  return lower(text) == "true" || text == "1" || lower(text) == "yes";
}

/// One field of the older URL extension, or nothing: what is wrong.
std::optional<BadLocation> older_field(Origin& origin, std::string_view name, std::string value) {
  if (name == "branch") {
    origin.ref = std::move(value);
    origin.ref_kind = Origin::Ref::branch;
  } else if (name == "relative_start_directory") {
    origin.directory = std::move(value);
  } else if (name == "ssh_private_key_path") {
    origin.ssh_key = std::move(value);
  } else if (name == "include_file_regex") {
    origin.include = std::move(value);
  } else if (name == "set_no_verify_ssl") {
    origin.verify_tls = !is_true(value);
  } else {
    static const std::vector<std::string_view> known = {"branch", "relative_start_directory", "ssh_private_key_path",
                                                        "include_file_regex", "set_no_verify_ssl"};
    return BadLocation{fmt::format("'{}' cannot stand after %00 in a location", name),
                       did_you_mean(name, known, fmt::format("these can: {}", fmt::join(known, ", ")))};
  }
  return std::nullopt;
}

/// URL%00name%3Dvalue...: fields of the Python forerunner. Takes them off the text.
std::optional<BadLocation> take_older_fields(std::string& text, Origin& origin) {
  const auto first = text.find("%00");
  if (first == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(text).substr(first + 3);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("%00"), rest.size());
    const auto field = percent_decoded(rest.substr(0, end));
    const auto equals = field ? field->find('=') : std::string::npos;
    if (equals == std::string::npos) {
      return BadLocation{"what stands after %00 in a location is no name=value", "for example %00branch%3Dmain"};
    }
    if (auto bad = older_field(origin, std::string_view(*field).substr(0, equals), field->substr(equals + 1)))
      return bad;
    rest.remove_prefix(std::min(end + 3, rest.size()));
  }
  text.resize(first);
  return std::nullopt;
}

std::optional<BadLocation> set_flag(bool& flag, std::string_view name, const std::string& value) {
  flag = is_true(value);
  if (flag || lower(value) == "false" || value == "0" || lower(value) == "no") return std::nullopt;
  return BadLocation{fmt::format("'{}' of a location is true or false, and this is neither", name),
                     fmt::format("write {}=true, or leave it out", name)};
}

std::optional<BadLocation> git_parameter(Origin& origin, std::string_view name, std::string value) {
  static const std::vector<std::pair<std::string_view, Origin::Ref>> refs = {{"ref", Origin::Ref::any},
                                                                             {"branch", Origin::Ref::branch},
                                                                             {"tag", Origin::Ref::tag},
                                                                             {"commit", Origin::Ref::commit}};
  for (const auto& [known, kind] : refs) {
    if (name != known) continue;
    if (origin.ref_kind != Origin::Ref::head) {
      return BadLocation{"a location names one branch, tag or commit, and this one names two", "leave one of them out"};
    }
    origin.ref = std::move(value);
    origin.ref_kind = kind;
    return std::nullopt;
  }
  if (name == "sparse") {
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      origin.sparse.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
    return std::nullopt;
  }
  if (name == "submodules") return set_flag(origin.submodules, name, value);
  if (name == "lfs") return set_flag(origin.lfs, name, value);
  if (name == "depth") return std::nullopt;  // of go-getter; no more than one commit is fetched anyway
  return BadLocation{fmt::format("a Git location has no parameter '{}'", name),
                     did_you_mean(name, {"ref", "branch", "tag", "commit", "sparse", "submodules", "lfs"},
                                  "it has ref, branch, tag, commit, sparse, submodules and lfs")};
}

/// Takes ?name=value&... off the text; of a file's URL only `checksum`.
std::optional<BadLocation> take_parameters(std::string& text, Origin& origin) {
  const auto mark = text.find('?');
  if (mark == std::string::npos) return std::nullopt;
  std::string left;
  std::string_view rest = std::string_view(text).substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view item = rest.substr(0, end);
    const std::size_t equals = std::min(item.find('='), item.size());
    const std::string_view name = item.substr(0, equals);
    const auto value = percent_decoded(item.substr(std::min(equals + 1, item.size())));
    const bool ours = origin.kind == Origin::Kind::git || name == "checksum";
    if (ours && !value) return BadLocation{fmt::format("the value of '{}' is not well-formed", name), "write % as %25"};
    if (origin.kind == Origin::Kind::git) {
      if (auto bad = git_parameter(origin, name, *value)) return bad;
    } else if (name == "checksum") {
      origin.sha256 = lower(value->starts_with("sha256:") ? value->substr(7) : *value);
    } else {
      left += (left.empty() ? "?" : "&") + std::string(item);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  text.resize(mark);
  if (origin.kind == Origin::Kind::url) text += left;
  return std::nullopt;
}

/// Takes //DIRECTORY off the address of a repository.
std::optional<BadLocation> take_directory(std::string& text, Origin& origin) {
  const auto scheme = text.find("://");
  const std::size_t from = scheme == std::string::npos ? 0 : scheme + 3;
  // file:///path begins with a slash of its own.
  const auto mark = text.find("//", from + (text.compare(from, 1, "/") == 0 ? 1 : 0));
  if (mark == std::string::npos) return std::nullopt;
  const auto directory = percent_decoded(std::string_view(text).substr(mark + 2));
  if (!directory) return BadLocation{"the directory after // is not well-formed", "write % as %25"};
  origin.directory = *directory;
  text.resize(mark);
  return std::nullopt;
}

/// Takes USER:PASSWORD@ off the address. A user alone stays for ssh, where it is no secret.
std::optional<BadLocation> take_credentials(Origin& origin) {
  std::string& address = origin.address;
  const std::string scheme = scheme_of(address);
  if (scheme.empty()) return std::nullopt;
  const std::size_t begin = scheme.size() + 3;
  const std::size_t end = std::min(address.find_first_of("/?#", begin), address.size());
  const auto at = std::string_view(address).substr(0, end).rfind('@');
  if (at == std::string::npos || at < begin) return std::nullopt;
  const std::string_view said = std::string_view(address).substr(begin, at - begin);
  const std::size_t colon = std::min(said.find(':'), said.size());
  const auto user = percent_decoded(said.substr(0, colon));
  const auto password = percent_decoded(said.substr(std::min(colon + 1, said.size())));
  if (!user || !password || has_control(*user) || has_control(*password)) {
    return BadLocation{"the user or the password in the location is not well-formed", "write % as %25"};
  }
  const bool web = scheme == "http" || scheme == "https";
  if (web) {
    origin.user = *user;
    origin.password = *password;
  } else if (colon < said.size()) {
    return BadLocation{
        fmt::format("a password in a location does not go with {}", scheme),
        "use a key: ssh-agent, your ssh configuration, or ssh_private_key_path of a GitManifestLocation"};
  }
  const std::size_t keep = web ? 0 : colon + 1;
  address.erase(begin + keep, at + 1 - begin - keep);
  return std::nullopt;
}

std::optional<BadLocation> check_address(const Origin& origin) {
  static constexpr std::array<std::string_view, 5> git_schemes = {"https", "http", "ssh", "git", "file"};
  const std::string& address = origin.address;
  const std::string scheme = scheme_of(address);
  const bool git = origin.kind == Origin::Kind::git;
  if (scheme.empty() && git && is_scp_form(address)) {
    const std::string_view host = std::string_view(address).substr(address.find('@') + 1);
    if (address.front() == '-' || host.front() == '-' || host[host.find(':') + 1] == '-') {
      return BadLocation{"no part of a location begins with '-'", "check the location"};
    }
    return std::nullopt;
  }
  if (std::ranges::find(git_schemes, scheme) == git_schemes.end()) {
    return BadLocation{scheme.empty() ? std::string("this is no address of a Git repository")
                                      : fmt::format("manifests do not come from '{}://'", scheme),
                       git ? "Git repositories are at https://, ssh://, git://, file:// or USER@HOST:PATH"
                           : "they come from files, directories, https:// and Git"};
  }
  const std::size_t begin = scheme.size() + 3;
  const std::string_view authority = std::string_view(address).substr(begin, address.find('/', begin) - begin);
  const std::string_view host = authority.substr(authority.rfind('@') + 1);
  if (scheme == "file" ? !authority.empty() : host.empty()) {
    return BadLocation{scheme == "file" ? "a file:// location wants an absolute path" : "the location names no host",
                       scheme == "file" ? "write file:///path/to/repository" : "write it as https://host/path"};
  }
  const std::size_t port = host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
  if (port != std::string_view::npos && host.find_first_not_of("0123456789", port + 1) != std::string_view::npos) {
    return BadLocation{"the port of the location is no number", "a / in a password is written %2F"};
  }
  if (authority.starts_with('-') || host.starts_with('-')) {
    return BadLocation{"no part of a location begins with '-'", "check the location"};
  }
  return std::nullopt;
}

/// "refs/heads/main", or "heads/main", is how git writes a branch in full.
void take_full_name(Origin& origin) {
  static constexpr std::array<std::pair<std::string_view, Origin::Ref>, 4> forms = {
      {{"refs/heads/", Origin::Ref::branch},
       {"refs/tags/", Origin::Ref::tag},
       {"heads/", Origin::Ref::branch},
       {"tags/", Origin::Ref::tag}}};
  for (const auto& [prefix, kind] : forms) {
    const bool in_full = prefix.starts_with("refs/") && origin.ref_kind == kind;
    if (!origin.ref.starts_with(prefix) || (origin.ref_kind != Origin::Ref::any && !in_full)) continue;
    origin.ref.erase(0, prefix.size());
    origin.ref_kind = kind;
    return;
  }
}

std::optional<BadLocation> check_ref(Origin& origin) {
  if (origin.ref_kind == Origin::Ref::any && origin.ref == "HEAD") {
    origin.ref_kind = Origin::Ref::head;
    origin.ref.clear();
  }
  if (origin.ref_kind == Origin::Ref::head) return std::nullopt;
  take_full_name(origin);
  if (origin.ref_kind == Origin::Ref::any && is_commit(origin.ref)) origin.ref_kind = Origin::Ref::commit;
  if (origin.ref_kind == Origin::Ref::commit) {
    origin.ref = lower(origin.ref);
    if (is_commit(origin.ref)) return std::nullopt;
    return BadLocation{fmt::format("'{}' is no commit", origin.ref), "write all 40 digits of it"};
  }
  if (is_ref_name(origin.ref)) return std::nullopt;
  return BadLocation{fmt::format("'{}' is no name of a branch or tag", origin.ref), "see git-check-ref-format(1)"};
}

Origin::Kind kind_of(std::string_view text, bool forced) {
  if (forced) return Origin::Kind::git;
  const std::string scheme = scheme_of(text);
  if (scheme.empty()) return is_scp_form(text) ? Origin::Kind::git : Origin::Kind::local;
  std::string_view path = text.substr(0, text.find('?'));
  const bool repository = path.ends_with(".git") || path.ends_with(".git/") || path.find(".git//") != path.npos;
  const bool web = scheme == "http" || scheme == "https";
  if (web && !repository) return Origin::Kind::url;
  const bool manifest = path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
  if (scheme == "file" && manifest && path.find("//", 8) == path.npos) return Origin::Kind::local;
  return Origin::Kind::git;
}

}  // namespace

Parsed checked(Origin origin) {
  if (has_control(origin.address) || has_control(origin.ref) || has_control(origin.directory) ||
      has_control(origin.ssh_key)) {
    return BadLocation{"there is a control character in the location", "remove it, line ends too"};
  }
  if (origin.kind == Origin::Kind::local) return origin;
  if (auto bad = take_credentials(origin)) return *bad;
  if (auto bad = check_address(origin)) return *bad;
  if (auto bad = check_ref(origin)) return *bad;
  const auto directory = inner_path(origin.directory);
  if (!directory) return BadLocation{"a directory in a repository cannot lead out of it", "write it without '..'"};
  origin.directory = *directory;
  for (std::string& path : origin.sparse) {
    const auto inner = inner_path(path);
    if (!inner || inner->empty() || has_control(path)) {
      return BadLocation{"'sparse' names files and directories in the repository, and this is none",
                         "write their paths from its root: sparse: [deploy, scripts]"};
    }
    path = *inner;
  }
  if (origin.lfs && !origin.sparse.empty()) {
    return BadLocation{"'lfs' and 'sparse' exclude one another: git-lfs looks at all files of a commit",
                       "remove one of them"};
  }
  if (!origin.sha256.empty() && !parse_digest(origin.sha256)) {
    return BadLocation{"the checksum is no SHA-256", "write sha256: and the 64 digits that `sha256sum FILE` prints"};
  }
  while (origin.kind == Origin::Kind::git && origin.address.ends_with('/')) origin.address.pop_back();
  return origin;
}

Parsed parse_location(std::string_view said) {
  if (said.size() > longest_location) return BadLocation{"the location is too long", "it has at most 4096 characters"};
  Origin origin;
  std::string text(said);
  const bool forced = text.starts_with("git::");
  if (forced) text.erase(0, 5);
  const auto getter = text.find("::");
  if (getter != std::string::npos && getter < text.find_first_of("/:@.") + 1 && scheme_of(text).empty()) {
    return BadLocation{fmt::format("manifests do not come from '{}::'", text.substr(0, getter)),
                       "they come from files, directories, https:// and Git (git::URL)"};
  }
  origin.kind = kind_of(std::string_view(text).substr(0, text.find("%00")), forced);
  if (origin.kind == Origin::Kind::local) {
    origin.address = text.starts_with("file://") ? text.substr(7) : text;
    return origin;
  }
  if (auto bad = take_older_fields(text, origin)) return *bad;
  if (auto bad = take_parameters(text, origin)) return *bad;
  if (origin.kind == Origin::Kind::git) {
    if (auto bad = take_directory(text, origin)) return *bad;
  }
  origin.address = std::move(text);
  return checked(std::move(origin));
}

bool is_remote_location(std::string_view text) {
  const auto parsed = parse_location(text);
  const auto* origin = std::get_if<Origin>(&parsed);
  return origin == nullptr || origin->kind != Origin::Kind::local;
}

void throw_location(std::string message, std::string hint) {
  throw Error(Error::Kind::manifest, "manifest.location", std::move(message), std::move(hint));
}

void throw_unreachable(std::string message, std::string hint) {
  throw Error(Error::Kind::system, unreachable_location, std::move(message), std::move(hint));
}

std::string shown(const Origin& origin) {
  if (origin.kind == Origin::Kind::local) return origin.address;
  if (origin.kind == Origin::Kind::url) {
    const auto query = origin.address.find('?');
    return query == std::string::npos ? origin.address : origin.address.substr(0, query) + "?...";
  }
  std::string text = "git::" + origin.address;
  if (!origin.directory.empty()) text += "//" + origin.directory;
  bool has_parameters = false;
  const auto add = [&](std::string_view parameter) {
    text += (std::exchange(has_parameters, true) ? '&' : '?');
    text += parameter;
  };
  static constexpr std::array<std::string_view, 5> names = {"", "ref", "branch", "tag", "commit"};
  if (origin.ref_kind != Origin::Ref::head) {
    add(fmt::format("{}={}", names[static_cast<std::size_t>(origin.ref_kind)], origin.ref));
  }
  if (origin.submodules) add("submodules=true");
  if (origin.lfs) add("lfs=true");
  return text;
}

std::string without_credentials(std::string_view text) {
  std::string out(text);
  for (auto mark = out.find("://"); mark != std::string::npos; mark = out.find("://", mark + 3)) {
    const std::size_t begin = mark + 3;
    const std::size_t end = std::min(out.find_first_of("/?#", begin), out.size());
    auto at = std::string_view(out).substr(0, end).rfind('@');
    // A '/' that was left in a password must not save the rest of it.
    if (const auto colon = out.find(':', begin); at == std::string::npos && colon < end) {
      const bool port =
          std::all_of(out.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                      out.begin() + static_cast<std::ptrdiff_t>(end), [](char c) { return c >= '0' && c <= '9'; });
      if (!port) at = out.find('@', end);
    }
    if (at != std::string::npos && at >= begin) out.erase(begin, at + 1 - begin);
  }
  return out;
}

}  // namespace verba
