// SPDX-License-Identifier: Apache-2.0
#include "cli/troubles.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>
#include <utility>

namespace verba {
namespace {

/// So many with the same trouble are told of one by one.
constexpr std::size_t shown_alone = 5;

/// Does it name the account? A word in it may be spelt the same.
bool names(std::string_view why, const std::string& account) {
  return why.starts_with(account + ":") || why.find(" " + account + ":") != std::string_view::npos ||
         why.find("'" + account + "'") != std::string_view::npos;
}

/// Why one cannot get in, as it would be said of another account with the same trouble.
std::string without_names(const Identity& identity) {
  std::string reason = identity.why;
  const std::string host = identity.place.substr(identity.place.find('@') + 1);  // all of it where there is no @
  for (const std::string& name : {identity.account, identity.place, host, host.substr(0, host.find(' '))}) {
    for (std::size_t at = name.empty() ? std::string::npos : reason.find(name); at != std::string::npos;
         at = reason.find(name, at + 3)) {
      reason.replace(at, name.size(), "[*]");
    }
  }
  return reason;
}

/// Such a reason in words about all of them.
std::string about_all(std::string reason) {
  static constexpr std::string_view one = "[*]";
  static constexpr std::string_view and_place = " ([*])";
  auto at = reason.find(one);
  if (at == std::string::npos) return reason;
  const bool has_place = reason.compare(at + one.size(), and_place.size(), and_place) == 0;
  reason.replace(at, one.size() + (has_place ? and_place.size() : 0), "any of them");
  while ((at = reason.find(one)) != std::string::npos) reason.replace(at, one.size(), "...");
  return reason;
}

}  // namespace

std::string Trouble::text() const {
  return !many && names(why, who) ? why : who + ": " + why;
}

std::vector<Trouble> troubles_of(const std::vector<Identity>& identities) {
  std::vector<std::pair<std::string, std::vector<const Identity*>>> reasons;  // in the order of the accounts
  std::unordered_map<std::string, std::size_t> known;
  for (const Identity& identity : identities) {
    std::string reason = without_names(identity);
    const auto [at, is_new] = known.emplace(reason, reasons.size());
    if (is_new) reasons.emplace_back(std::move(reason), std::vector<const Identity*>());
    reasons[at->second].second.push_back(&identity);
  }
  std::vector<Trouble> troubles;
  for (const auto& [reason, all] : reasons) {
    if (all.size() > shown_alone) {
      troubles.push_back({fmt::format("{} accounts, {} to {}", all.size(), all.front()->account, all.back()->account),
                          about_all(reason), all.front()->hint, true});
      continue;
    }
    for (const Identity* each : all) troubles.push_back({each->account, each->why, each->hint});
  }
  return troubles;
}

}  // namespace verba
