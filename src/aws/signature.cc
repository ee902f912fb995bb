// SPDX-License-Identifier: Apache-2.0
#include "aws/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include "base/digest.h"

namespace verba {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Blanks at the ends go, those within become one.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

/// By name; of several of one name the values joined.
std::map<std::string, std::string> canonical_headers(const AwsMessage& message) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : message.headers) {
    const auto [entry, is_new] = headers.emplace(lower(name), trimmed(value));
    if (!is_new) entry->second += "," + trimmed(value);
  }
  return headers;
}

/// "." and ".." resolved as RFC 3986 has it, and no empty segment.
std::string tidied(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") segments.push_back(segment);
    begin = end + 1;
  }
  std::string out;
  for (const std::string_view segment : segments) out.append("/").append(segment);
  const bool ends_in_directory = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  return out.empty() || ends_in_directory ? out + "/" : out;
}

/// "20150830T123600Z".
std::string stamp(Instant at) {
  std::string out;
  for (const char c : to_string(at)) {
    if (c == '.') break;
    if (c != '-' && c != ':') out += c;
  }
  return out + "Z";
}

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

}  // namespace

PathRules path_rules(std::string_view service) {
  return service == "s3" ? PathRules{.tidied = false, .encoded_twice = false} : PathRules{};
}

std::string percent_encoded(std::string_view text, bool keep_slashes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter_or_digit || c == '-' || c == '.' || c == '_' || c == '~' || (keep_slashes && c == '/')) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 0xFU];
    }
  }
  return out;
}

std::string wire_path(const AwsMessage& message) {
  return percent_encoded(message.path, true);
}

std::string wire_query(const AwsMessage& message) {
  Variables encoded;
  for (const auto& [name, value] : message.query) encoded.emplace_back(percent_encoded(name), percent_encoded(value));
  std::ranges::sort(encoded);
  std::string out;
  for (const auto& [name, value] : encoded) out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
  return out;
}

std::string signed_headers(const AwsMessage& message) {
  std::string names;
  for (const auto& [name, value] : canonical_headers(message)) names.append(names.empty() ? "" : ";").append(name);
  return names;
}

std::string canonical_request(const AwsMessage& message, const PathRules& rules, std::string_view payload_digest) {
  std::string path = percent_encoded(rules.tidied ? tidied(message.path) : message.path, true);
  if (rules.encoded_twice) path = percent_encoded(path, true);
  std::string headers;
  for (const auto& [name, value] : canonical_headers(message)) headers += name + ":" + value + "\n";
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", message.method, path, wire_query(message), headers,
                     signed_headers(message), payload_digest);
}

void sign(AwsMessage& message, const AwsCredentials& credentials, const SigningScope& scope, const PathRules& rules) {
  const std::string time = stamp(scope.at);
  const std::string day = time.substr(0, 8);
  const std::string payload = sha256(message.body).hex();
  message.headers.emplace_back("X-Amz-Date", time);
  if (!credentials.session_token.empty()) {
    message.headers.emplace_back("X-Amz-Security-Token", credentials.session_token);
  }
  if (scope.service == "s3") message.headers.emplace_back("X-Amz-Content-Sha256", payload);
  const std::string good_for = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string text = fmt::format("{}\n{}\n{}\n{}", algorithm, time, good_for,
                                       sha256(canonical_request(message, rules, payload)).hex());
  Digest key = keyed_digest("AWS4" + credentials.secret_key, day);
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = keyed_digest(bytes_of(key), part);
  }
  message.headers.emplace_back(
      "Authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm, credentials.access_key, good_for,
                  signed_headers(message), keyed_digest(bytes_of(key), text).hex()));
}

}  // namespace verba
