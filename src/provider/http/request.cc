// SPDX-License-Identifier: Apache-2.0
#include "provider/http/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include <re2/re2.h>

#include "manifest/locations/origin.h"
#include "os/curl.h"
#include "value/json.h"

namespace verba {
namespace {

std::optional<std::string> scalar_text(const Value& value) {
  using enum Value::Kind;
  if (value.is_string()) return value.string();
  if (value.is(boolean) || value.is(integer) || value.is(real)) return to_json(value, SecretsAs::clear);
  return std::nullopt;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

const Value* member(const Value& from, std::string_view path) {
  const Value* at = &from;
  while (at != nullptr && !path.empty()) {
    const std::size_t end = std::min(path.find('.'), path.size());
    at = at->find(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return at;
}

const RE2& placeholder() {
  static const RE2 pattern(R"(\{outputs\.([A-Za-z0-9_.-]+)\})");
  return pattern;
}

/// Fills in {outputs.NAME}.
class Filling {
 public:
  explicit Filling(const Value* outputs) : outputs_(outputs) {}

  std::string fill(const std::string& text, bool in_url) {
    if (outputs_ == nullptr) return text;
    std::string out;
    std::string_view rest = text;
    re2::StringPiece piece(rest.data(), rest.size());
    re2::StringPiece whole[2];
    while (placeholder().Match(piece, 0, piece.size(), RE2::UNANCHORED, whole, 2)) {
      const auto before = static_cast<std::size_t>(whole[0].data() - piece.data());
      out.append(piece.data(), before);
      out += value_of(std::string(whole[1].data(), whole[1].size()), in_url);
      piece.remove_prefix(before + whole[0].size());
    }
    return out.append(piece.data(), piece.size());
  }

  Value fill(const Value& value) {
    Value filled = value;
    if (value.is_string()) {
      filled = Value(fill(value.string(), false));
    } else if (value.is_list()) {
      for (Value& item : filled.list()) item = fill(item);
    } else if (value.is_map()) {
      for (auto& [key, item] : filled.map()) item = fill(item);
    }
    return filled;
  }

  const std::string& lacking() const { return lacking_; }

 private:
  std::string value_of(const std::string& name, bool in_url) {
    const Value* value = member(*outputs_, name);
    const std::optional<std::string> text = value != nullptr ? scalar_text(*value) : std::nullopt;
    if (!text) lacking_ = name;
    return in_url ? percent_encoded(text.value_or("")) : text.value_or("");
  }

  const Value* outputs_;
  std::string lacking_;
};

bool same_header(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](unsigned char c) { return std::tolower(c); }, [](unsigned char c) { return std::tolower(c); });
}

bool has_header(const HttpAsk& ask, std::string_view name) {
  return std::ranges::any_of(ask.headers, [name](const auto& header) { return same_header(header.first, name); });
}

void set_body(HttpAsk& ask, const Value* body, Filling& filling) {
  if (body == nullptr || body->is_null()) return;
  const Value filled = filling.fill(*body);
  ask.body = filled.is_string() ? filled.string() : to_json(filled, SecretsAs::clear);
  if (has_header(ask, "content-type")) return;
  ask.headers.emplace_back("Content-Type", filled.is_string() ? "text/plain; charset=utf-8" : "application/json");
}

std::optional<BadHttpRequest> set_headers(HttpAsk& ask, const Value* headers, Filling& filling) {
  if (headers == nullptr || !headers->is_map()) return std::nullopt;
  for (const auto& [key, value] : headers->map()) {
    if (value.is_null()) continue;
    const std::optional<std::string> text = scalar_text(filling.fill(value));
    if (!text) return BadHttpRequest{fmt::format("the header {} is a {}", key.name, kind_name(value.kind())), ""};
    if (!is_header(key.name, *text)) return BadHttpRequest{fmt::format("'{}' makes no header", key.name), ""};
    ask.headers.emplace_back(key.name, *text);
  }
  return std::nullopt;
}

constexpr std::string_view example_url = "https://api.example.org/items";

}  // namespace

bool HttpRequest::accepts(int code) const {
  if (gone_is_fine && (code == 404 || code == 410)) return true;
  if (!status.is_list()) return code >= 200 && code <= 299;
  return std::ranges::any_of(status.list(), [code](const Value& one) { return one == Value(code); });
}

bool HttpRequest::is_safe() const {
  return ask.method == "GET" || ask.method == "HEAD" || ask.method == "OPTIONS";
}

bool HttpRequest::can_be_repeated() const {
  return is_safe() || ask.method == "PUT" || ask.method == "DELETE";
}

std::string HttpRequest::name() const {
  return ask.method + " " + ask.url.substr(0, ask.url.find('?'));
}

std::variant<HttpRequest, BadHttpRequest> read_request(const Value& written, const Value* outputs) {
  HttpRequest request;
  Filling filling(outputs);
  const Value* url = written.find("url");
  request.ask.url = filling.fill(url != nullptr && url->is_string() ? url->string() : "", true);
  if (std::optional<BadHttpRequest> bad = set_headers(request.ask, written.find("headers"), filling)) return *bad;
  set_body(request.ask, written.find("body"), filling);
  const Value* method = written.find("method");
  request.ask.method = method != nullptr && method->is_string() ? method->string() : request.ask.body ? "POST" : "GET";
  if (const Value* status = written.find("status")) request.status = *status;
  if (!filling.lacking().empty()) {
    return BadHttpRequest{fmt::format("there is no output '{}' that can be written there", filling.lacking()),
                          "`verba output` shows what was answered"};
  }
  if (!is_http_url(request.ask.url))
    return BadHttpRequest{"its URL is none", hint_about_url(request.ask.url, example_url)};
  return request;
}

void check_request(const Value& written, bool later, Diagnostics& diagnostics) {
  const Value* url = written.find("url");
  if (url != nullptr && url->is_string()) {
    std::string text = url->string();
    if (later) RE2::GlobalReplace(&text, placeholder(), "x");
    const bool braces = text.find_first_of("{}") != std::string::npos;
    if (!is_http_url(text)) {
      diagnostics.error("http.url", url->secret ? "'url' is no URL" : fmt::format("'{}' is no URL", url->string()),
                        url->where,
                        !braces ? hint_about_url(text, example_url)
                        : later ? "what was answered stands in it as {outputs.NAME}, for example {outputs.json.id}"
                                : "nothing was answered yet; values stand in it as ${{ }}");
    }
  }
  if (url != nullptr && url->is_string() && !url->secret && without_credentials(url->string()) != url->string()) {
    diagnostics.error("http.url", fmt::format("'{}' has credentials in it", without_credentials(url->string())),
                      url->where, "send them as a header: {Authorization: \"Bearer ${{ secret('env:TOKEN') }}\"}");
  }
  const Value* headers = written.find("headers");
  if (headers == nullptr || !headers->is_map()) return;
  for (const auto& [key, value] : headers->map()) {
    const std::optional<std::string> text = scalar_text(value);
    const auto same = [&name = key.name](const auto& other) { return same_header(other.first.name, name); };
    if (!is_header(key.name, "")) {
      diagnostics.error("http.header", "that cannot be the name of a header", key.where, "for example: Accept");
    } else if (std::ranges::count_if(headers->map(), same) > 1) {
      diagnostics.error("http.header", fmt::format("the header {} is there twice", key.name), key.where,
                        "upper and lower case are the same in it; keep one");
    } else if (value.is_list() || value.is_map() || (text && !is_header(key.name, *text))) {
      diagnostics.error("http.header", fmt::format("that cannot be the value of the header {}", key.name), value.where,
                        "a value is one line of text, a number, true or false");
    }
  }
}

}  // namespace verba
