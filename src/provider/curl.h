// SPDX-License-Identifier: Apache-2.0
// HTTP by curl, as a child on the account of a task. Nothing of a request is in an argument.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/executor.h"

namespace verba {

/// Redirects are not followed: where one leads is for the person to say.
struct HttpAsk {
  std::string method = "GET";
  std::string url;  ///< http:// or https://
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::string> body = {};
  bool verify_tls = true;
  bool wants_body = true;  ///< of the answer
};

/// Is it an address that can be asked?
bool is_http_url(std::string_view);
/// What to do about one that is none.
std::string hint_about_url(std::string_view bad, std::string_view example);

Work work_of(const HttpAsk&);

/// What came of it.
struct HttpAnswer {
  int status = 0;  ///< 0: nothing was answered
  std::string body;
};
/// From what curl printed.
HttpAnswer read_answer(std::string_view printed);

/// Had nothing been sent yet when curl ended with that code?
bool was_never_sent(int curl_code);

}  // namespace verba
