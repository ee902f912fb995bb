// SPDX-License-Identifier: Apache-2.0
#include "aws/transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "aws/redirect.h"
#include "base/number.h"
#include "os/web.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr Milliseconds clock_tolerance{60'000};
constexpr std::size_t slowest_bytes_per_ms = 64;  ///< that a request is given time for
constexpr Milliseconds longest_pause{60'000};
constexpr int tries_unanswered = 5;
constexpr int clocks_most = 3;  ///< that one call follows: services may differ from one another
constexpr int redirects_most = 3;

/// "host:port" and the path of an address.
struct Address {
  std::string host;
  std::string path;
};
Address address_of(std::string_view endpoint) {
  const std::size_t begin = endpoint.find("//");
  if (begin != std::string_view::npos) endpoint.remove_prefix(begin + 2);
  const std::size_t slash = std::min(endpoint.find('/'), endpoint.size());
  return {std::string(endpoint.substr(0, slash)), std::string(endpoint.substr(slash))};
}

double chance_of(System& system) {
  std::uint32_t number = 0;
  for (const char c : system.random_bytes(4)) number = number << 8U | static_cast<unsigned char>(c);
  return static_cast<double>(number) / 4294967296.0;
}

/// `last`: how the service had answered before.
AwsAnswer stopped(const std::string& last) {
  AwsAnswer answer;
  AwsFailure& failure = answer.failure.emplace();
  failure.last = last;
  failure.message = "it was broken off";
  failure.in_doubt = true;
  failure.stopped = true;
  return answer;
}

}  // namespace

AwsMessage query_message(const AwsService& service, std::string_view action, Variables parameters,
                         std::string_view answered_by) {
  AwsMessage message;
  message.answered_by = fmt::format("{}Response{}{}", action, answered_by.empty() ? "" : "/", answered_by);
  message.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  AwsMessage form;
  form.query = std::move(parameters);
  form.query.emplace_back("Action", action);
  form.query.emplace_back("Version", service.version);
  message.body = wire_query(form);
  return message;
}

AwsMessage json_message(std::string_view target, const Value& body, std::string_view answered_by) {
  AwsMessage message;
  message.answered_by = answered_by;
  message.headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", std::string(target)}};
  message.body = to_json(body, SecretsAs::clear);
  return message;
}

AwsMessage get_message(std::string path, Variables query, Variables headers, std::string answered_by) {
  return {.method = "GET",
          .path = std::move(path),
          .query = std::move(query),
          .headers = std::move(headers),
          .body = {},
          .answered_by = std::move(answered_by)};
}

AwsTransport::AwsTransport(System& system) : system_(system) {
  if (const auto tries = system.variable("AWS_MAX_ATTEMPTS"))
    tries_ = std::max(1, number_in<int>(*tries).value_or(tries_));
}

WebRequest AwsTransport::request_of(const AwsCall& call, const std::optional<AwsCredentials>& credentials) {
  AwsMessage message = call.message;
  const Address address = address_of(call.endpoint);
  message.path = address.path + message.path;
  message.headers.emplace_back("Host", address.host);
  if (credentials) {
    const Instant at = system_.now() + clock_ahead_;
    sign(message, *credentials, {call.region, std::string(call.service->name), at}, path_rules(call.service->name));
  }
  WebRequest request;
  request.method = message.method;
  request.url = call.endpoint.substr(0, call.endpoint.size() - address.path.size()) + wire_path(message);
  if (const std::string query = wire_query(message); !query.empty()) request.url += "?" + query;
  request.headers = std::move(message.headers);
  request.headers.emplace_back("User-Agent", "verba");
  request.body = std::move(message.body);
  request.ca_file = ca_file_;
  request.timeout += Milliseconds(request.body.size() / slowest_bytes_per_ms);
  request.direct = call.direct;
  if (call.direct) request.connect_timeout = request.timeout = Milliseconds(1'000);
  return request;
}

/// Takes over the service's clock, unless that is as we had it.
void AwsTransport::set_clock(const AwsAnswer& answer) {
  for (const auto& [name, value] : answer.headers) {
    const auto theirs = name == "date" ? parse_http_date(value) : std::nullopt;
    if (!theirs) continue;
    const Milliseconds ahead = *theirs - system_.now();
    if (std::chrono::abs(ahead - clock_ahead_) >= clock_tolerance) clock_ahead_ = ahead;
    return;
  }
}

/// As the service says, or by chance.
Milliseconds AwsTransport::pause(const AwsAnswer& answer, int retry, AwsTrouble trouble) {
  for (const auto& [name, value] : answer.headers) {
    const auto number = number_in<std::int64_t>(value);
    if (!number || *number < 0) continue;
    if (name == "x-amz-retry-after") return std::min(Milliseconds(*number), longest_pause);
    if (name == "retry-after") return std::min(Milliseconds(std::min<std::int64_t>(*number, 60) * 1000), longest_pause);
  }
  return retry_delay(retry, trouble, chance_of(system_));
}

Async<AwsAnswer> AwsTransport::send(AwsCall call, std::optional<AwsCredentials> credentials, Stop& stop) {
  int paid = 0;
  std::string last;
  int clocks = 0;
  int redirects = 0;
  const int tries = call.direct ? 1 : tries_;
  for (int number = 1;; ++number) {
    const Milliseconds signed_ahead = clock_ahead_;
    Async<std::optional<WebAnswer>> asking = ask(system_, request_of(call, credentials), stop);
    std::optional<WebAnswer> web = co_await asking;
    if (!web) co_return stopped(last);
    AwsAnswer answer =
        read_aws_answer(*std::move(web), call.direct ? AwsBody::any : AwsBody::tree, call.message.answered_by);
    if (answer.good()) {
      budget_.give_back(paid);
      co_return answer;
    }
    if (std::optional<AwsRedirect> elsewhere = redirect_of(call, answer)) {
      if (!elsewhere->endpoint.empty() && redirects++ < redirects_most) {
        call.region = std::move(elsewhere->region);
        call.endpoint = std::move(elsewhere->endpoint);
        continue;
      }
      answer.failure->message = std::move(elsewhere->told);
    }
    if (answer.failure->code.empty() && !call.direct) {
      answer.failure->message += fmt::format(" ({} at {})", call.service->title, call.endpoint);
    }
    last = to_string(*answer.failure);
    const AwsTrouble trouble = trouble_of(*answer.failure);
    if (trouble == AwsTrouble::clock) set_clock(answer);
    // Another call may have set it, while this one was under way.
    if (trouble == AwsTrouble::clock && clock_ahead_ != signed_ahead && clocks++ < clocks_most) continue;
    const bool again = trouble == AwsTrouble::passing || trouble == AwsTrouble::throttled;
    paid = answer.failure->status == 0 ? retry_cost_unanswered : retry_cost;
    const int most = answer.failure->status == 0 ? std::min(tries, tries_unanswered) : tries;
    if (!again || number >= most || !budget_.take(paid)) co_return answer;
    Async<bool> pausing = sleep(system_, pause(answer, number, trouble), stop);
    const bool go_on = co_await pausing;
    if (!go_on) co_return stopped(last);
  }
}

std::optional<Instant> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // The one form that servers may write (RFC 9110): fixed places.
  if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") return std::nullopt;
  const auto month = std::ranges::find(months, text.substr(8, 3));
  if (month == months.end()) return std::nullopt;
  return parse_instant(fmt::format("{}-{:02}-{}T{}Z", text.substr(12, 4), month - months.begin() + 1, text.substr(5, 2),
                                   text.substr(17, 8)));
}

}  // namespace verba
