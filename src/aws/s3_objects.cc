// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_objects.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "aws/transport.h"
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

AwsMessage message_for(std::string method, const ObjectPlace& place, Variables query, Variables headers,
                       std::string answered_by) {
  return {.method = std::move(method),
          .path = path_of(place),
          .query = std::move(query),
          .headers = std::move(headers),
          .body = {},
          .answered_by = std::move(answered_by)};
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

std::size_t count_of_parts(const ObjectContent& content) {
  return static_cast<std::size_t>((content.size_bytes() + large_file_part_bytes - 1) / large_file_part_bytes);
}

/// Of bytes.
std::string_view part_of(const ObjectContent& content, std::size_t index) {
  return content.bytes.substr(index * large_file_part_bytes, large_file_part_bytes);
}

Digest digest_of_part(const ObjectContent& content, std::size_t index) {
  return content.file != nullptr ? content.file->parts.at(index) : sha256(part_of(content, index));
}

bool is_whole(const ObjectContent& content) {
  return content.file == nullptr && content.bytes.size() <= largest_whole_object_bytes;
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

/// A list in S3's XML: elements of one name, one after the other.
List several(const Value& value, std::string_view name) {
  const Value* found = value.find(name);
  if (found == nullptr) return {};
  return found->is_list() ? found->list() : List{*found};
}

/// The first thousand objects and versions of a bucket, as DeleteObjects wants them.
Async<AwsAnswer> list_versions(AwsAccount& account, ObjectPlace bucket, std::size_t* count, std::string* order,
                               Stop& stop) {
  Async<AwsAnswer> listing = account.call(s3_service(), message_for("GET", bucket, {{"versions", ""}}, {}, "*"), stop);
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
  AwsMessage message = message_for("PUT", place, {}, std::move(headers), "etag:");
  message.body = content;
  Async<AwsAnswer> putting = account.call(s3_service(), std::move(message), stop);
  AwsAnswer answer = co_await putting;
  co_return answer;
}

/// One object on its way in parts.
class Upload {
 public:
  Upload(AwsAccount& account, ObjectPlace place, const ObjectContent& content, Stop& stop)
      : account_(account),
        place_(std::move(place)),
        content_(content),
        checksums_(count_of_parts(content)),
        stop_(stop) {}

  Async<AwsAnswer> put(Variables headers, ObjectCondition condition) {
    headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
    AwsMessage message = message_for("POST", place_, {{"uploads", ""}}, std::move(headers), "*/UploadId");
    Async<AwsAnswer> beginning = account_.call(s3_service(), std::move(message), stop_);
    AwsAnswer begun = co_await beginning;
    id_ = text_at(begun.value, {"UploadId"});
    Async<int> clearing = clear_others();
    co_await clearing;
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
  /// What is left of a run that was killed, or of a beginning whose answer was lost, costs money for ever. Where we may
  /// not look, nothing is done.
  Async<int> clear_others() {
    ObjectPlace bucket{place_.bucket, ""};
    AwsMessage message = message_for("GET", bucket, {{"uploads", ""}, {"prefix", place_.key}}, {}, "*");
    Async<AwsAnswer> asking = account_.call(s3_service(), std::move(message), stop_);
    const AwsAnswer answer = co_await asking;
    for (const Value& one : several(answer.value, "Upload")) {
      const std::string id = text_at(one, {"UploadId"});
      if (!answer.good() || text_at(one, {"Key"}) != place_.key || id == id_) continue;
      Async<int> aborting = abort(id);
      co_await aborting;
    }
    co_return 0;
  }

  std::vector<Together<AwsAnswer>::Job> jobs() {
    std::vector<Together<AwsAnswer>::Job> all;
    for (std::size_t i = 0; i < checksums_.size(); ++i) all.emplace_back([this, i] { return send(i); });
    return all;
  }

  Async<AwsAnswer> send(std::size_t index) {
    if (broken_) co_return AwsAnswer{};
    checksums_[index] = to_base64(bytes_of(digest_of_part(content_, index)));
    AwsMessage message = message_for("PUT", place_, {{"partNumber", std::to_string(index + 1)}, {"uploadId", id_}},
                                     {{"x-amz-checksum-sha256", checksums_[index]}}, "etag:");
    std::optional<std::string> part = read(index);
    broken_ = !part;
    if (broken_) co_return changed_file();
    message.body = *std::move(part);
    Async<AwsAnswer> sending = account_.call(s3_service(), std::move(message), stop_);
    AwsAnswer answer = co_await sending;
    broken_ = broken_ || !answer.good();
    co_return answer;
  }

  std::optional<std::string> read(std::size_t index) const {
    if (content_.file != nullptr) return read_part(account_.system(), *content_.file, index);
    return std::string(part_of(content_, index));
  }

  AwsAnswer changed_file() const {
    AwsAnswer answer;
    AwsFailure& failure = answer.failure.emplace();
    failure.code = file_changed;
    failure.message = fmt::format("'{}' is no longer what it was when it was planned", content_.file->path);
    failure.status = 400;
    return answer;
  }

  /// An upload that is no longer there is one that is complete where the object is what was sent: the answer was lost.
  Async<AwsAnswer> complete(const std::vector<AwsAnswer>& sent, const ObjectCondition& condition) {
    Variables headers{{"Content-Type", "application/xml"}};
    add_condition(condition, headers);
    AwsMessage message = message_for("POST", place_, {{"uploadId", id_}}, std::move(headers), "*/ETag");
    message.body = "<CompleteMultipartUpload>";
    for (std::size_t i = 0; i < sent.size(); ++i) {
      message.body +=
          fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag><ChecksumSHA256>{}</ChecksumSHA256></Part>",
                      i + 1, header_in(sent[i].headers, "etag"), checksums_[i]);
    }
    message.body += "</CompleteMultipartUpload>";
    Async<AwsAnswer> completing = account_.call(s3_service(), std::move(message), stop_);
    AwsAnswer answer = co_await completing;
    if (!answer.failure || answer.failure->code != "NoSuchUpload") co_return answer;
    Async<ObjectLook> looking = look_at_object(account_, place_, stop_);
    ObjectLook look = co_await looking;
    if (look.object && has_print(*look.object, print_of(content_))) {
      answer.failure.reset();
      answer.headers = std::move(look.object->headers);
    }
    co_return answer;
  }

  /// Even when all is to stop: it is short, and nothing else would ever do it.
  Async<int> abort(std::string id) {
    Stop own;
    Async<AwsAnswer> aborting =
        account_.call(s3_service(), message_for("DELETE", place_, {{"uploadId", id}}, {}, ""), own);
    co_await aborting;
    co_return 0;
  }

  AwsAccount& account_;
  ObjectPlace place_;
  ObjectContent content_;
  std::vector<std::string> checksums_;  ///< of the parts
  Stop& stop_;
  std::string id_;
  bool broken_ = false;  ///< a part failed: the others need not be sent
};

Async<AwsAnswer> put_in_parts(AwsAccount& account, ObjectPlace place, ObjectContent content, Variables headers,
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
      account.call(s3_service(), message_for("HEAD", place, {}, {{"x-amz-checksum-mode", "ENABLED"}}, "etag:"), stop);
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
  object.written = parse_http_date(object.header("last-modified"));
  object.checksum = object.header("x-amz-checksum-sha256");
  co_return look;
}

ObjectPrint print_of(const ObjectContent& content) {
  if (is_whole(content)) return {hex(md5(content.bytes)), to_base64(bytes_of(sha256(content.bytes)))};
  std::string sums;
  std::string checksums;
  const std::size_t count = count_of_parts(content);
  for (std::size_t i = 0; i < count; ++i) {
    if (content.file == nullptr) sums += md5(part_of(content, i));
    checksums += bytes_of(digest_of_part(content, i));
  }
  return {content.file == nullptr ? fmt::format("{}-{}", hex(md5(sums)), count) : "",
          fmt::format("{}-{}", to_base64(bytes_of(sha256(checksums))), count)};
}

bool has_print(const Object& object, const ObjectPrint& print) {
  // Not all who speak S3's language say of how many parts it is.
  const auto without_count = [](std::string_view checksum) { return checksum.substr(0, checksum.find('-')); };
  return without_count(object.checksum) == without_count(print.checksum) ||
         (!print.etag.empty() && object.etag == print.etag);
}

Async<AwsAnswer> put_object(AwsAccount& account, ObjectPlace place, ObjectContent content, Variables headers,
                            ObjectCondition condition, Stop& stop) {
  if (is_whole(content)) {
    return put_whole(account, std::move(place), content.bytes, std::move(headers), std::move(condition), stop);
  }
  return put_in_parts(account, std::move(place), content, std::move(headers), std::move(condition), stop);
}

Object written_object(const AwsAnswer& answer) {
  Object object;
  const std::string in_body = text_at(answer.value, {"ETag"});  // of one in parts
  object.etag = without_quotes(in_body.empty() ? header_in(answer.headers, "etag") : std::string_view(in_body));
  object.version_id = header_in(answer.headers, "x-amz-version-id");
  object.written = parse_http_date(header_in(answer.headers, "date"));
  return object;
}

bool says_changed(const AwsFailure& failure) {
  return failure.code == "PreconditionFailed" || failure.status == 412;
}

Async<AwsAnswer> copy_object(AwsAccount& account, ObjectPlace from, std::string version_id, std::string to_key,
                             Stop& stop) {
  std::string source = percent_encoded(path_of(from), true);
  if (!version_id.empty()) source += "?versionId=" + percent_encoded(version_id);
  Variables headers{{"x-amz-copy-source", std::move(source)}};
  AwsMessage message = message_for("PUT", {from.bucket, std::move(to_key)}, {}, std::move(headers), "*/ETag");
  Async<AwsAnswer> copying = account.call(s3_service(), std::move(message), stop);
  AwsAnswer answer = co_await copying;
  co_return answer;
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
        {{"Content-Type", "application/xml"}, {"x-amz-checksum-sha256", to_base64(bytes_of(sha256(order)))}}, "*");
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
  Async<AwsAnswer> deleting = account.call(s3_service(), message_for("DELETE", place, {}, {}, ""), stop);
  AwsAnswer answer = co_await deleting;
  co_return answer;
}

}  // namespace verba
