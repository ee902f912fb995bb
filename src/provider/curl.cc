// SPDX-License-Identifier: Apache-2.0
#include "provider/curl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/number.h"
#include "base/utf8.h"

namespace verba {
namespace {

/// A value in curl's configuration.
std::string quoted_for_curl(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

bool is_http_url(std::string_view url) {
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  return known && url.size() > url.find("//") + 2 && !has_control(url) && url.find(' ') == std::string_view::npos;
}

bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view no_part = " :()<>@,;\\\"/[]?={}";
  return !name.empty() && name.find_first_of(no_part) == std::string_view::npos && !has_control(name) &&
         !has_control(value);
}

Work work_of(const HttpAsk& ask) {
  std::string text = fmt::format("url = {}\n", quoted_for_curl(ask.url));
  text += ask.method == "HEAD" ? "head\n" : fmt::format("request = {}\n", quoted_for_curl(ask.method));
  text += "silent\nshow-error\ngloboff\nproto = \"=http,https\"\nconnect-timeout = 20\n";
  text += "write-out = \"\\n%{http_code}\"\n";
  if (!ask.wants_body) text += "output = \"/dev/null\"\n";
  if (!ask.verify_tls) text += "insecure\n";
  for (const auto& [name, value] : ask.headers) {
    // With nothing behind the colon curl would leave it out.
    text += fmt::format("header = {}\n", quoted_for_curl(value.empty() ? name + ";" : name + ": " + value));
  }
  Work work;
  if (ask.body) {
    work.argv = {"sh", "-c", "exec curl --disable --config - --data-binary \"@$1\"", "verba-http", ""};
    work.file = {"body", *ask.body, 4};
  } else {
    work.argv = {"curl", "--disable", "--config", "-"};
  }
  work.input = std::move(text);
  return work;
}

HttpAnswer read_answer(std::string_view printed) {
  HttpAnswer answer;
  const std::size_t end = printed.rfind('\n');
  if (end == std::string_view::npos) return answer;
  answer.status = number_in<int>(printed.substr(end + 1)).value_or(0);
  answer.body = printed.substr(0, end);
  return answer;
}

std::string essence_of(std::string_view complaint) {
  while (complaint.ends_with('\n') || complaint.ends_with('\r')) complaint.remove_suffix(1);
  complaint = complaint.substr(complaint.rfind('\n') + 1);
  if (const auto end = complaint.find(") "); complaint.starts_with("curl: (") && end != std::string_view::npos) {
    complaint.remove_prefix(end + 2);
  }
  return std::string(complaint);
}

bool was_never_sent(int curl_code) {
  static constexpr std::array<int, 8> codes = {1, 3, 5, 6, 7, 35, 60, 77};
  return std::ranges::find(codes, curl_code) != codes.end();
}

}  // namespace verba
