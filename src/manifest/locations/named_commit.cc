// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/named_commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "manifest/locations/git.h"

namespace verba {
namespace {

using Ref = Origin::Ref;

/// Commits, all digits; "" where there is none of the kind.
struct Named {
  std::string head;
  std::string branch;
  std::string tag;
  std::string other;  ///< of a name in full: "refs/pull/7/head"
};

/// Of the lines "COMMIT<tab>NAME".
Named read_names(std::string_view text, const std::string& ref) {
  Named named;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view commit = line.substr(0, tab);
    const std::string_view name = line.substr(tab + 1);
    const bool sound = (commit.size() == 40 || commit.size() == 64) &&
                       commit.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (!sound) continue;
    if (name == "HEAD") named.head = commit;
    if (name == ref) named.other = commit;
    if (name == "refs/heads/" + ref) named.branch = commit;
    if (name == "refs/tags/" + ref && named.tag.empty()) named.tag = commit;
    if (name == "refs/tags/" + ref + "^{}") named.tag = commit;  // what an annotated tag is about
  }
  return named;
}

std::string chosen_of(const Named& named, const Origin& origin) {
  const std::string& where = origin.address;
  if (origin.ref_kind == Ref::head) {
    if (!named.head.empty()) return named.head;
    throw_location(fmt::format("'{}' has no commit yet", where), "push to it, or name a branch with ?ref=");
  }
  const bool any = origin.ref_kind == Ref::any;
  if (any && !named.branch.empty() && !named.tag.empty() && named.branch != named.tag) {
    throw_location(fmt::format("'{}' of '{}' is a branch and a tag", origin.ref, where), "write ?branch= or ?tag=");
  }
  if (any && !named.other.empty()) return named.other;
  const std::string& found = origin.ref_kind == Ref::tag || (any && named.branch.empty()) ? named.tag : named.branch;
  if (!found.empty()) return found;
  const std::string_view what = any ? "branch or tag" : origin.ref_kind == Ref::tag ? "tag" : "branch";
  throw_location(fmt::format("'{}' has no {} '{}'", where, what, origin.ref),
                 "check the name; of a commit all 40 digits are wanted");
}

}  // namespace

Async<std::string> commit_named(System& system, Origin origin) {
  GitCall call;
  call.arguments = {"ls-remote", "--quiet", "--", origin.address, "HEAD"};
  for (const char* form : {"refs/heads/{}", "refs/tags/{}", "refs/tags/{}^{{}}"}) {
    if (!origin.ref.empty()) call.arguments.push_back(fmt::format(fmt::runtime(form), origin.ref));
  }
  if (origin.ref.starts_with("refs/")) call.arguments.push_back(origin.ref);
  Async<GitAnswer> asking = run_git(system, origin, std::move(call));
  const GitAnswer answer = co_await asking;
  co_return chosen_of(read_names(answer.output, origin.ref), origin);
}

}  // namespace verba
