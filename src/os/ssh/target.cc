// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/target.h"

#include <algorithm>
#include <string_view>

namespace verba {
namespace {

bool is_made_of(std::string_view text, std::string_view signs) {
  if (text.empty() || text.size() > 255 || text.front() == '-') return false;
  return std::ranges::all_of(text, [&](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || signs.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string identity_of(const SshTarget& target) {
  std::string text;
  for (const SshTarget* at = &target; at != nullptr; at = at->jump.get()) {
    for (const std::string& part : {at->host, at->user, std::to_string(at->port), at->key_file, at->secret,
                                    at->host_key, std::to_string(static_cast<int>(at->login))}) {
      text.append(part).append(1, '\0');
    }
  }
  return text;
}

std::string place_of(const SshTarget& target) {
  std::string text = target.user.empty() ? target.host : target.user + "@" + target.host;
  if (target.port != 0) text += " port " + std::to_string(target.port);
  return text;
}

bool is_host(std::string_view text) {
  // ssh puts things in the place of %: it is for the zone of an address alone, fe80::1%eth0.
  const std::size_t zone = text.find('%');
  return is_made_of(text, "-_.:%") && (zone == std::string_view::npos || text.find(':') < zone);
}

bool is_login_name(std::string_view text) {
  return is_made_of(text, "-_.+@");
}

}  // namespace verba
