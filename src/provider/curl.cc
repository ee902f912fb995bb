// SPDX-License-Identifier: Apache-2.0
#include "provider/curl.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/number.h"
#include "base/utf8.h"
#include "os/curl.h"

namespace verba {
std::string hint_about_url(std::string_view bad, std::string_view example) {
  if (bad.find(' ') != std::string_view::npos) return "a blank in it is written %20";
  return fmt::format("for example: {}", example);
}

bool is_http_url(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  if (has_control(url) || url.find_first_of(" \"<>{}\\^`|") != std::string_view::npos) return false;
  std::string_view place = url.substr(url.find("//") + 2);
  place = place.substr(0, place.find_first_of("/?#"));
  place = place.substr(place.rfind('@') + 1);
  if (place.starts_with('[')) {
    const std::size_t end = place.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    place = place.substr(end + 1);
    if (!place.empty() && !place.starts_with(':')) return false;
  } else if (place.empty() || place.starts_with(':')) {
    return false;
  }
  const std::size_t colon = place.find(':');
  if (colon == std::string_view::npos) return true;
  const auto port = number_in<int>(place.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535;
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

bool was_never_sent(int curl_code) {
  static constexpr std::array<int, 8> codes = {1, 3, 5, 6, 7, 35, 60, 77};
  return std::ranges::find(codes, curl_code) != codes.end();
}

}  // namespace verba
