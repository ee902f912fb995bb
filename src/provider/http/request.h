// SPDX-License-Identifier: Apache-2.0
// A request as it stands in a manifest.
#pragma once

#include <string>
#include <variant>

#include "base/diagnostic.h"
#include "provider/curl.h"
#include "value/value.h"

namespace verba {

/// What can be sent, and what is a good answer.
struct HttpRequest {
  HttpAsk ask;
  Value status;  ///< the list, or null: 200 to 299
  bool gone_is_fine = false;

  bool accepts(int code) const;
  /// Does sending it twice do no more than sending it once, as HTTP promises of the method?
  bool can_be_repeated() const;
  /// Does it change nothing there?
  bool is_safe() const;
  /// "POST https://api.example.org/items", without what is behind a '?'.
  std::string name() const;
};

/// Why there is no such request.
struct BadHttpRequest {
  std::string message;
  std::string hint;
};

/// `written`: a map with method, url, headers, body, status, evaluated. {outputs.NAME} is filled in from `outputs`; a
/// null one has them stay as they are.
std::variant<HttpRequest, BadHttpRequest> read_request(const Value& written, const Value* outputs);

/// Adds what is wrong with one as written; expressions may stand in it. `later`: one in which {outputs.NAME} may stand.
void check_request(const Value& written, bool later, Diagnostics&);

}  // namespace verba
