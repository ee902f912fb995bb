// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_listing.h"

#include <algorithm>
#include <utility>

namespace verba {
namespace {

/// One that comes before it: shorter by its last character.
std::string before(std::string key) {
  while (!key.empty() && (static_cast<unsigned char>(key.back()) & 0xC0U) == 0x80U) key.pop_back();
  if (!key.empty()) key.pop_back();
  return key;
}

/// How much they have in common, in whole characters.
std::string common_start(const std::string& one, const std::string& other) {
  auto at = static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
  while (at > 0 && at < one.size() && (static_cast<unsigned char>(one[at]) & 0xC0U) == 0x80U) --at;
  return one.substr(0, at);
}

void add_keys(const Value& answer, std::set<std::string>& keys) {
  const Value* found = answer.find("Contents");
  if (found == nullptr) return;
  if (!found->is_list()) {
    keys.insert(text_at(*found, {"Key"}));
    return;
  }
  for (const Value& one : found->list()) keys.insert(text_at(one, {"Key"}));
}

}  // namespace

Async<std::optional<std::set<std::string>>> keys_between(AwsAccount& account, std::string bucket, std::string first,
                                                         std::string last, std::size_t most_calls, Stop& stop) {
  std::set<std::string> keys;
  Variables query{{"list-type", "2"}, {"prefix", common_start(first, last)}};
  if (const std::string start = before(first); !start.empty()) query.emplace_back("start-after", start);
  std::string token;
  for (std::size_t calls = 0; calls < most_calls; ++calls) {
    Variables page = query;
    if (!token.empty()) page.emplace_back("continuation-token", token);
    AwsMessage message{.method = "GET",
                       .path = "/" + bucket + "/",
                       .query = std::move(page),
                       .headers = {},
                       .body = {},
                       .answered_by = "*"};
    Async<AwsAnswer> asking = account.call(s3_service(), std::move(message), stop);
    const AwsAnswer answer = co_await asking;
    if (!answer.good() || !answer.value.is_map()) co_return std::nullopt;
    add_keys(answer.value, keys);
    token = text_at(answer.value, {"NextContinuationToken"});
    if (token.empty() || (!keys.empty() && *keys.rbegin() > last)) co_return keys;
  }
  co_return std::nullopt;
}

}  // namespace verba
