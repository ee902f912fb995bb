// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_listing.h"

#include <algorithm>
#include <charconv>
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

void add(const Value& row, ListedObjects& objects) {
  std::string etag = text_at(row, {"ETag"});
  std::erase(etag, '"');
  const std::string size = text_at(row, {"Size"});
  ListedObject& object = objects[text_at(row, {"Key"})];
  object.etag = std::move(etag);
  std::from_chars(size.data(), size.data() + size.size(), object.size_bytes);
  object.written = parse_instant(text_at(row, {"LastModified"}));
}

void add_all(const Value& answer, ListedObjects& objects) {
  const Value* found = answer.find("Contents");
  if (found == nullptr) return;
  if (!found->is_list()) return add(*found, objects);
  for (const Value& one : found->list()) add(one, objects);
}

}  // namespace

Async<std::optional<ListedObjects>> objects_between(AwsAccount& account, std::string bucket, std::string first,
                                                    std::string last, std::size_t most_calls, Stop& stop) {
  ListedObjects objects;
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
    add_all(answer.value, objects);
    token = text_at(answer.value, {"NextContinuationToken"});
    if (token.empty() || (!objects.empty() && objects.rbegin()->first > last)) co_return objects;
  }
  co_return std::nullopt;
}

}  // namespace verba
