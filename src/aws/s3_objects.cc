// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_objects.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "base/base64.h"
#include "base/digest.h"
#include "base/error.h"
#include "os/together.h"

namespace verba {
namespace {

constexpr std::size_t parts_at_a_time = 4;

std::string path_of(const ObjectPlace& place) {
  return fmt::format("/{}/{}", place.bucket, place.key);
}

AwsMessage message_for(std::string method, const ObjectPlace& place, Variables query = {}, Variables headers = {}) {
  return {.method = std::move(method),
          .path = path_of(place),
          .query = std::move(query),
          .headers = std::move(headers),
          .body = {}};
}

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

/// 16 bytes. What S3 calls the ETag of most objects.
std::string md5(std::string_view content) {
  std::array<unsigned char, 16> bytes{};
  if (EVP_Digest(content.data(), content.size(), bytes.data(), nullptr, EVP_md5(), nullptr) != 1) return {};
  return {bytes.begin(), bytes.end()};
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::vector<std::string_view> parts_of(std::string_view content) {
  std::vector<std::string_view> parts;
  for (; !content.empty(); content.remove_prefix(std::min(content.size(), object_part_bytes))) {
    parts.push_back(content.substr(0, object_part_bytes));
  }
  return parts;
}

std::string_view header_in(const Variables& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &Variables::value_type::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

void add_condition(const ObjectCondition& condition, Variables& headers) {
  if (condition.is_absent) headers.emplace_back("If-None-Match", "*");
  if (!condition.etag.empty()) headers.emplace_back("If-Match", fmt::format("\"{}\"", condition.etag));
}

/// What takes long begins to be answered before it ends, with status 200: so an error may be in a good answer.
AwsAnswer with_error_inside(AwsAnswer answer) {
  if (!answer.good() || text_at(answer.value, {"Code"}).empty()) return answer;
  AwsFailure& failure = answer.failure.emplace();
  failure.code = text_at(answer.value, {"Code"});
  failure.message = text_at(answer.value, {"Message"});
  failure.status = 200;
  return answer;
}

/// A list in S3's XML: elements of one name, one after the other.
List several(const Value& value, std::string_view name) {
  const Value* found = value.find(name);
  if (found == nullptr) return {};
  return found->is_list() ? found->list() : List{*found};
}

/// The first thousand objects and versions of a bucket, as DeleteObjects wants them.
Async<AwsAnswer> list_versions(AwsAccount& account, ObjectPlace bucket, std::size_t* count, std::string* order,
                               Stop& stop) {
  Async<AwsAnswer> listing = account.call(s3_service(), message_for("GET", bucket, {{"versions", ""}}), stop);
  AwsAnswer answer = co_await listing;
  pugi::xml_document document;
  pugi::xml_node all = document.append_child("Delete");
  all.append_child("Quiet").text().set("true");
  *count = 0;
  for (const char* kind : {"Version", "DeleteMarker"}) {
    for (const Value& one : several(answer.value, kind)) {
      pugi::xml_node object = all.append_child("Object");
      object.append_child("Key").text().set(text_at(one, {"Key"}).c_str());
      object.append_child("VersionId").text().set(text_at(one, {"VersionId"}).c_str());
      ++*count;
    }
  }
  std::ostringstream text;
  document.save(text, "", pugi::format_raw);
  *order = text.str();
  co_return answer;
}

Async<AwsAnswer> put_whole(AwsAccount& account, ObjectPlace place, std::string_view content, Variables headers,
                           ObjectCondition condition, Stop& stop) {
  add_condition(condition, headers);
  headers.emplace_back("x-amz-checksum-sha256", to_base64(bytes_of(sha256(content))));
  AwsMessage message = message_for("PUT", place, {}, std::move(headers));
  message.body = content;
  Async<AwsAnswer> putting = account.call(s3_service(), std::move(message), stop);
  AwsAnswer answer = co_await putting;
  co_return answer;
}

/// One object on its way in parts.
class Upload {
 public:
  Upload(AwsAccount& account, ObjectPlace place, std::string_view content, Stop& stop)
      : account_(account), place_(std::move(place)), parts_(parts_of(content)), stop_(stop) {}

  Async<AwsAnswer> put(Variables headers, ObjectCondition condition) {
    Async<int> clearing = clear_leftovers();
    co_await clearing;
    headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
    Async<AwsAnswer> beginning =
        account_.call(s3_service(), message_for("POST", place_, {{"uploads", ""}}, std::move(headers)), stop_);
    AwsAnswer begun = co_await beginning;
    id_ = text_at(begun.value, {"UploadId"});
    if (!begun.good()) co_return begun;
    Together<AwsAnswer> sending(jobs(), parts_at_a_time);
    std::vector<AwsAnswer> sent = co_await sending;
    const auto failed = std::ranges::find_if(sent, [](const AwsAnswer& answer) { return !answer.good(); });
    std::optional<AwsAnswer> answer;
    if (failed != sent.end()) {
      answer.emplace(std::move(*failed));
    } else {
      Async<AwsAnswer> completing = complete(sent, condition);
      answer.emplace(co_await completing);
    }
    if (!answer->good()) {
      Async<int> aborting = abort(id_);
      co_await aborting;
    }
    co_return *std::move(answer);
  }

 private:
  /// What is left of a try that was killed costs money for ever. Where we may not look, nothing is done.
  Async<int> clear_leftovers() {
    ObjectPlace bucket{place_.bucket, ""};
    Async<AwsAnswer> asking =
        account_.call(s3_service(), message_for("GET", bucket, {{"uploads", ""}, {"prefix", place_.key}}), stop_);
    const AwsAnswer answer = co_await asking;
    for (const Value& one : several(answer.value, "Upload")) {
      if (!answer.good() || text_at(one, {"Key"}) != place_.key) continue;
      Async<int> aborting = abort(text_at(one, {"UploadId"}));
      co_await aborting;
    }
    co_return 0;
  }

  std::vector<Together<AwsAnswer>::Job> jobs() {
    std::vector<Together<AwsAnswer>::Job> all;
    for (std::size_t i = 0; i < parts_.size(); ++i) all.emplace_back([this, i] { return send(i); });
    return all;
  }

  Async<AwsAnswer> send(std::size_t index) {
    if (broken_) co_return AwsAnswer{};
    AwsMessage message = message_for("PUT", place_, {{"partNumber", std::to_string(index + 1)}, {"uploadId", id_}},
                                     {{"x-amz-checksum-sha256", to_base64(bytes_of(sha256(parts_[index])))}});
    message.body = parts_[index];
    Async<AwsAnswer> sending = account_.call(s3_service(), std::move(message), stop_);
    AwsAnswer answer = co_await sending;
    broken_ = broken_ || !answer.good();
    co_return answer;
  }

  Async<AwsAnswer> complete(const std::vector<AwsAnswer>& sent, const ObjectCondition& condition) {
    Variables headers{{"Content-Type", "application/xml"}};
    add_condition(condition, headers);
    AwsMessage message = message_for("POST", place_, {{"uploadId", id_}}, std::move(headers));
    message.body = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < sent.size(); ++i) {
      message.body +=
          fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag><ChecksumSHA256>{}</ChecksumSHA256></Part>",
                      i + 1, header_in(sent[i].headers, "etag"), to_base64(bytes_of(sha256(parts_[i]))));
    }
    message.body += "</CompleteMultipartUpload>";
    Async<AwsAnswer> completing = account_.call(s3_service(), std::move(message), stop_);
    AwsAnswer answer = co_await completing;
    co_return with_error_inside(std::move(answer));
  }

  /// Even when all is to stop: it is short, and nothing else would ever do it.
  Async<int> abort(std::string id) {
    Stop own;
    Async<AwsAnswer> aborting = account_.call(s3_service(), message_for("DELETE", place_, {{"uploadId", id}}), own);
    co_await aborting;
    co_return 0;
  }

  AwsAccount& account_;
  ObjectPlace place_;
  std::vector<std::string_view> parts_;
  Stop& stop_;
  std::string id_;
  bool broken_ = false;  ///< a part failed: the others need not be sent
};

Async<AwsAnswer> put_in_parts(AwsAccount& account, ObjectPlace place, std::string_view content, Variables headers,
                              ObjectCondition condition, Stop& stop) {
  Upload upload(account, std::move(place), content, stop);
  Async<AwsAnswer> putting = upload.put(std::move(headers), std::move(condition));
  AwsAnswer answer = co_await putting;
  co_return answer;
}

}  // namespace

std::string to_string(const ObjectPlace& place) {
  return fmt::format("s3://{}/{}", place.bucket, place.key);
}

std::string_view Object::header(std::string_view name) const {
  return header_in(headers, name);
}

Async<ObjectLook> look_at_object(AwsAccount& account, ObjectPlace place, Stop& stop) {
  Async<AwsAnswer> asking =
      account.call(s3_service(), message_for("HEAD", place, {}, {{"x-amz-checksum-mode", "ENABLED"}}), stop);
  AwsAnswer answer = co_await asking;
  ObjectLook look;
  if (answer.failure) {
    // Such an answer has no body, so a bucket that is not there looks the same; writing tells.
    if (answer.failure->status == 404) co_return look;
    look.failure = std::move(answer.failure);
    if (look.failure->status == 403) look.failure->message = "access is denied";
    const std::string_view region = header_in(answer.headers, "x-amz-bucket-region");
    if (!region.empty() && region != account.region()) {
      look.failure->message =
          fmt::format("the bucket is in the region {}, the account in {}", region, account.region());
    }
    co_return look;
  }
  Object& object = look.object.emplace();
  object.headers = std::move(answer.headers);
  object.etag = without_quotes(object.header("etag"));
  object.version_id = object.header("x-amz-version-id");
  object.checksum = object.header("x-amz-checksum-sha256");
  co_return look;
}

ObjectPrint print_of(std::string_view content) {
  if (content.size() <= largest_whole_object_bytes) return {hex(md5(content)), to_base64(bytes_of(sha256(content)))};
  std::string sums;
  std::string checksums;
  const std::vector<std::string_view> parts = parts_of(content);
  for (const std::string_view part : parts) {
    sums += md5(part);
    checksums += bytes_of(sha256(part));
  }
  return {fmt::format("{}-{}", hex(md5(sums)), parts.size()),
          fmt::format("{}-{}", to_base64(bytes_of(sha256(checksums))), parts.size())};
}

bool has_print(const Object& object, const ObjectPrint& print) {
  return object.etag == print.etag || object.checksum == print.checksum;
}

Async<AwsAnswer> put_object(AwsAccount& account, ObjectPlace place, std::string_view content, Variables headers,
                            ObjectCondition condition, Stop& stop) {
  if (content.size() <= largest_whole_object_bytes) {
    return put_whole(account, std::move(place), content, std::move(headers), std::move(condition), stop);
  }
  return put_in_parts(account, std::move(place), content, std::move(headers), std::move(condition), stop);
}

Object written_object(const AwsAnswer& answer) {
  Object object;
  const std::string in_body = text_at(answer.value, {"ETag"});  // of one in parts
  object.etag = without_quotes(in_body.empty() ? header_in(answer.headers, "etag") : std::string_view(in_body));
  object.version_id = header_in(answer.headers, "x-amz-version-id");
  return object;
}

bool says_changed(const AwsFailure& failure) {
  return failure.code == "PreconditionFailed" || failure.status == 412;
}

Async<AwsAnswer> copy_object(AwsAccount& account, ObjectPlace from, std::string to_key, Stop& stop) {
  Variables headers{{"x-amz-copy-source", percent_encoded(path_of(from), true)}};
  AwsMessage message = message_for("PUT", {from.bucket, std::move(to_key)}, {}, std::move(headers));
  Async<AwsAnswer> copying = account.call(s3_service(), std::move(message), stop);
  AwsAnswer answer = co_await copying;
  co_return with_error_inside(std::move(answer));
}

Async<Emptied> empty_bucket(AwsAccount& account, std::string bucket, Stop& stop) {
  const ObjectPlace place{std::move(bucket), ""};
  Emptied emptied;
  for (;;) {
    std::size_t count = 0;
    std::string order;
    Async<AwsAnswer> listing = list_versions(account, place, &count, &order, stop);
    AwsAnswer listed = co_await listing;
    if (listed.failure && listed.failure->code == "NoSuchBucket") co_return emptied;
    emptied.failure = std::move(listed.failure);
    if (emptied.failure || count == 0) co_return emptied;
    AwsMessage message = message_for(
        "POST", place, {{"delete", ""}},
        {{"Content-Type", "application/xml"}, {"x-amz-checksum-sha256", to_base64(bytes_of(sha256(order)))}});
    message.body = std::move(order);
    Async<AwsAnswer> deleting = account.call(s3_service(), std::move(message), stop);
    AwsAnswer deleted = co_await deleting;
    if (const List refused = several(deleted.value, "Error"); deleted.good() && !refused.empty()) {
      AwsFailure& failure = deleted.failure.emplace();
      failure.code = text_at(refused.front(), {"Code"});
      failure.message = text_at(refused.front(), {"Key"}) + ": " + text_at(refused.front(), {"Message"});
      failure.status = 200;
    }
    emptied.failure = std::move(deleted.failure);
    if (emptied.failure) co_return emptied;
    emptied.count += count;
  }
}

Async<AwsAnswer> delete_object(AwsAccount& account, ObjectPlace place, Stop& stop) {
  Async<AwsAnswer> deleting = account.call(s3_service(), message_for("DELETE", place), stop);
  AwsAnswer answer = co_await deleting;
  co_return answer;
}

}  // namespace verba
