// SPDX-License-Identifier: Apache-2.0
// What tests of AWS share: answers of services.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "support/fake_system.h"

namespace verba {

inline WebAnswer xml(std::string body, int status = 200) {
  return {.status = status, .body = std::move(body)};
}

inline WebAnswer error(int status, std::string_view code, std::string_view message = "no") {
  return xml(
      fmt::format("<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>", code, message),
      status);
}

/// Credentials of a role, good for that long from `now`.
inline WebAnswer role_credentials(std::string_view action, std::string_view key, Instant expires) {
  return xml(
      fmt::format("<{0}Response><{0}Result><Credentials><AccessKeyId>{1}</AccessKeyId><SecretAccessKey>secret-of-{1}"
                  "</SecretAccessKey><SessionToken>token-of-{1}</SessionToken><Expiration>{2}</Expiration>"
                  "</Credentials></{0}Result></{0}Response>",
                  action, key, to_string(expires)));
}

inline std::string header_of(const WebRequest& request, std::string_view name) {
  for (const auto& [known, value] : request.headers) {
    if (known == name) return value;
  }
  return "";
}

/// The id of the key that a request is signed with; "" of one that is not.
inline std::string signer_of(const WebRequest& request) {
  const std::string header = header_of(request, "Authorization");
  const std::size_t begin = header.find("Credential=");
  if (begin == std::string::npos) return "";
  return header.substr(begin + 11, header.find('/', begin) - begin - 11);
}

/// Is it the call of that action?
inline bool is_action(const WebRequest& request, std::string_view action) {
  return ("&" + request.body + "&").find(fmt::format("&Action={}&", action)) != std::string::npos;
}

}  // namespace verba
