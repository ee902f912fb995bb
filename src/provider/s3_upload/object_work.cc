// SPDX-License-Identifier: Apache-2.0
//
// The way of an upload: all objects are looked at, so that nothing is begun where one of them is somebody else's; those
// that differ are written, each only if it is still as it was seen; then what the upload has no more goes.
#include "provider/s3_upload/object_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/together.h"
#include "provider/ending.h"

namespace verba {
namespace {

constexpr std::size_t looks_at_a_time = 32;
/// From so many objects on those that are absent are told by a list.
constexpr std::size_t worth_a_list = 100;
constexpr std::size_t writes_at_a_time = 8;
constexpr const char* mark_header = "x-amz-meta-verba-task";

ObjectPlace kept_place(const ObjectPlace& place) {
  return {place.bucket, place.key + ".verba-before"};
}

/// The first of them.
std::optional<Outcome> first_problem(std::vector<std::optional<Outcome>> problems) {
  for (std::optional<Outcome>& problem : problems) {
    if (problem) return std::move(problem);
  }
  return std::nullopt;
}

/// Whose ever: it may have had another name when it wrote it.
bool is_of_a_task(const Object& object) {
  return !object.header(mark_header).empty();
}

/// What may not be looked at, or is of another region, was not written: that begins with a look.
bool may_not_look(const AwsFailure& failure) {
  return failure.status == 403 || failure.status == 301;
}

Async<ObjectLook> nothing_to_see() {
  co_return ObjectLook{};
}

/// A key with blanks at its ends may have been read as another one.
bool is_read_right(const std::string& key) {
  return key.front() != ' ' && key.back() != ' ';
}

bool is_as_made(const ListedObject& listed, const WantedObject& wanted, Instant made) {
  return listed.written && *listed.written <= made && !listed.etag.empty() &&
         listed.size_bytes == wanted.content.size_bytes() && listed.etag == print_of(wanted.content).etag;
}

Outcome refusal(const WantedUpload& upload, const std::vector<std::string>& foreign) {
  const std::string more = foreign.size() > 1 ? fmt::format(", and {} more", foreign.size() - 1) : "";
  return failed_for_good(fmt::format("{}{}: there is an object already, and this task did not make it",
                                     to_string(ObjectPlace{upload.bucket, foreign.front()}), more),
                         "`overwrite: true` takes its place, and brings it back when the task is deleted");
}

}  // namespace

ObjectWork::ObjectWork(Attempt& attempt, const std::vector<const Resource*>& there)
    : attempt_(attempt), account_(*attempt.aws), limit_(attempt), marks_{owner_token(attempt)} {
  const auto add = [&](const Resource* one) {
    if (!one->begun_as.empty()) marks_.insert(owner_token(attempt, one->begun_as));
  };
  std::ranges::for_each(there, add);
  std::ranges::for_each(attempt.remains, add);
}

bool ObjectWork::is_marked(const Object& object) const {
  return marks_.contains(object.header(mark_header));
}

Outcome ObjectWork::failed_call(const AwsFailure& failure, const ObjectPlace& place) const {
  Outcome outcome = outcome_of(failure, to_string(place), attempt_, limit_);
  Failed* failed = std::get_if<Failed>(&outcome);
  if (failed == nullptr) return outcome;
  if (failure.code == "NoSuchBucket") {
    failed->hint = "make it first: by a CloudFormation task, say";
  } else if (failure.code == file_changed) {
    failed->hint = "what is larger than 64 MiB is not kept in the state: the file has to stay until it was sent";
  } else if (failure.status == 403) {
    failed->hint = "it takes s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket";
  }
  return outcome;
}

Async<std::optional<ListedObjects>> ObjectWork::list(const WantedUpload& upload) {
  if (upload.objects.size() < worth_a_list) co_return std::nullopt;
  const auto [first, last] = std::ranges::minmax_element(upload.objects, {}, &WantedObject::key);
  Async<std::optional<ListedObjects>> listing = objects_between(account_, upload.bucket, first->key, last->key,
                                                                upload.objects.size() / worth_a_list, limit_.stop());
  std::optional<ListedObjects> there = co_await listing;
  co_return there;
}

Async<UploadLook> ObjectWork::look(const WantedUpload& upload, std::optional<Instant> made) {
  UploadLook result;
  std::vector<Together<ObjectLook>::Job> jobs;
  Async<std::optional<ListedObjects>> listing = list(upload);
  const std::optional<ListedObjects> listed = co_await listing;
  for (const WantedObject& object : upload.objects) {
    bool is_told = false;
    if (listed) {
      const auto there = listed->find(object.key);
      is_told = there == listed->end() ? is_read_right(object.key) : made && is_as_made(there->second, object, *made);
      if (is_told && there != listed->end()) result.untouched.insert(object.key);
    }
    jobs.emplace_back([this, place = upload.place_of(object), is_told] {
      return is_told ? nothing_to_see() : look_at_object(account_, place, limit_.stop());
    });
  }
  Together<ObjectLook> looking(std::move(jobs), looks_at_a_time);
  std::vector<ObjectLook> looks = co_await looking;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    result.objects.push_back(std::move(looks[i].object));
    if (looks[i].failure && !result.failure) {
      result.failure = failed_call(*looks[i].failure, upload.place_of(upload.objects[i]));
    }
  }
  co_return result;
}

Async<PresenceLook> ObjectWork::look_for(const WantedUpload& upload, std::vector<ObjectPlace> places) {
  std::vector<Together<ObjectLook>::Job> jobs;
  for (const ObjectPlace& place : places) {
    jobs.emplace_back([this, place] { return look_at_object(account_, place, limit_.stop()); });
  }
  Together<ObjectLook> looking(std::move(jobs), looks_at_a_time);
  std::vector<ObjectLook> looks = co_await looking;
  PresenceLook result;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const ObjectLook& one = looks[i];
    if (one.failure && !may_not_look(*one.failure) && !result.failure) {
      result.failure = failed_call(*one.failure, places[i]);
    }
    // Where it takes the place of others' objects, those of other tasks may be back there.
    const bool is_ours = one.object && (upload.overwrite ? is_marked(*one.object) : is_of_a_task(*one.object));
    if (is_ours) result.there.push_back(std::move(places[i]));
  }
  co_return result;
}

std::optional<ObjectWork::Orders> ObjectWork::orders_for(const WantedUpload& upload, const UploadLook& look,
                                                         const std::set<std::string>& known,
                                                         std::vector<std::string>* foreign) const {
  Orders orders;
  for (std::size_t i = 0; i < upload.objects.size(); ++i) {
    const WantedObject& wanted = upload.objects[i];
    const std::optional<Object>& there = look.objects[i];
    if (!there) {
      orders.push_back({&wanted, {.is_absent = true}});
    } else if (!difference(*there, wanted, upload).empty()) {
      const bool ours = known.contains(wanted.key) || is_marked(*there);
      if (!ours && !upload.overwrite) foreign->push_back(wanted.key);
      orders.push_back({&wanted, {.etag = there->etag}, !ours});
    }
  }
  if (!foreign->empty()) return std::nullopt;
  return orders;
}

Async<ObjectWork::Problem> ObjectWork::put(const WantedUpload& upload, Order order, Object* written) {
  const ObjectPlace place = upload.place_of(*order.object);
  if (order.keeps) {
    Async<AwsAnswer> keeping = copy_object(account_, place, "", kept_place(place).key, limit_.stop());
    const AwsAnswer kept = co_await keeping;
    if (kept.failure) co_return failed_call(*kept.failure, kept_place(place));
  }
  if (!order.object->version_id.empty()) {
    Async<bool> copying = put_from_version(upload, *order.object, written);
    const bool done = co_await copying;
    if (done) co_return std::nullopt;
  }
  Variables headers = upload.headers;
  headers.emplace_back("content-type", order.object->content_type);
  headers.emplace_back(mark_header, owner_token(attempt_));
  Async<AwsAnswer> putting =
      put_object(account_, place, order.object->content, std::move(headers), order.condition, limit_.stop());
  AwsAnswer answer = co_await putting;
  if (answer.failure) {
    if (!says_changed(*answer.failure)) co_return failed_call(*answer.failure, place);
    Async<Problem> seeing = see_who_wrote(upload, order, written);
    Problem problem = co_await seeing;
    co_return problem;
  }
  *written = written_object(answer);
  co_return std::nullopt;
}

Async<bool> ObjectWork::put_from_version(const WantedUpload& upload, const WantedObject& object, Object* written) {
  const ObjectPlace place = upload.place_of(object);
  Async<AwsAnswer> copying = copy_object(account_, place, object.version_id, place.key, limit_.stop());
  const AwsAnswer copied = co_await copying;
  if (!copied.good()) co_return false;
  Async<ObjectLook> looking = look_at_object(account_, place, limit_.stop());
  ObjectLook look = co_await looking;
  if (!look.object || !difference(*look.object, object, upload).empty()) co_return false;
  *written = *std::move(look.object);
  co_return true;
}

/// It was we ourselves, when the answer was lost.
Async<ObjectWork::Problem> ObjectWork::see_who_wrote(const WantedUpload& upload, Order order, Object* written) {
  const ObjectPlace place = upload.place_of(*order.object);
  Async<ObjectLook> looking = look_at_object(account_, place, limit_.stop());
  ObjectLook look = co_await looking;
  if (!look.object || !is_marked(*look.object) || !difference(*look.object, *order.object, upload).empty()) {
    Failed failed;
    failed.message = to_string(place) + ": somebody else wrote it in the same moment";
    failed.retryable = !order.condition.is_absent;
    co_return Outcome(std::move(failed));
  }
  *written = *std::move(look.object);
  co_return std::nullopt;
}

Async<std::optional<Outcome>> ObjectWork::foresee(const WantedUpload& upload) {
  Async<std::optional<AwsFailure>> asking = look_at_bucket(account_, upload.bucket, limit_.stop());
  const std::optional<AwsFailure> failure = co_await asking;
  if (failure) co_return failed_call(*failure, {upload.bucket, ""});
  Async<UploadLook> looking = look(upload);
  UploadLook now = co_await looking;
  if (now.failure) co_return std::move(now.failure);
  std::vector<std::string> foreign;
  if (!orders_for(upload, now, {}, &foreign)) co_return refusal(upload, foreign);
  co_return std::nullopt;
}

/// Those that are read part by part, or the others. Of the former one at a time: their parts are sent side by side.
Async<ObjectWork::Problem> ObjectWork::put_all(const WantedUpload& upload, const Orders& orders, bool large,
                                               UploadLook& now) {
  std::vector<Together<Problem>::Job> jobs;
  std::vector<const WantedObject*> objects;
  for (const Order& order : orders) {
    if ((order.object->content.file != nullptr) != large) continue;
    objects.push_back(order.object);
    const auto at = static_cast<std::size_t>(order.object - upload.objects.data());
    jobs.emplace_back([this, &upload, &now, order, at] { return put(upload, order, &now.objects[at].emplace()); });
  }
  Together<Problem> putting(std::move(jobs), large ? 1 : writes_at_a_time);
  std::vector<Problem> problems = co_await putting;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!problems[i]) log(fmt::format("{}, {} bytes", objects[i]->key, objects[i]->content.size_bytes()));
  }
  co_return first_problem(std::move(problems));
}

Async<Outcome> ObjectWork::write(const WantedUpload& upload, std::set<std::string> known,
                                 std::vector<Leftover> leftovers) {
  Async<UploadLook> looking = look(upload);
  UploadLook now = co_await looking;
  if (now.failure) co_return not_begun(*std::move(now.failure));
  std::vector<std::string> foreign;
  const std::optional<Orders> orders = orders_for(upload, now, known, &foreign);
  if (!orders) co_return refusal(upload, foreign);
  for (const bool large : {false, true}) {
    Async<Problem> putting = put_all(upload, *orders, large, now);
    Problem problem = co_await putting;
    if (problem) co_return *std::move(problem);
  }
  Async<Problem> dropping = drop_all(std::move(leftovers));
  Problem problem = co_await dropping;
  if (problem) co_return *std::move(problem);
  log(fmt::format("{} sent, {} as they were, {} removed", orders->size(), upload.objects.size() - orders->size(),
                  removed_));
  Value outputs = outputs_of(upload, now.objects, account_);
  const std::optional<Instant> last = last_written(now.objects);
  if (upload.is_tree && last) outputs.map().set("lastModified", to_string(*last));
  co_return Outcome(Succeeded{std::move(outputs)});
}

Async<ObjectWork::Problem> ObjectWork::restore(ObjectPlace place, ObjectPlace kept) {
  Async<AwsAnswer> copying = copy_object(account_, kept, "", place.key, limit_.stop());
  const AwsAnswer copied = co_await copying;
  if (copied.failure) co_return failed_call(*copied.failure, place);
  Async<AwsAnswer> deleting = delete_object(account_, kept, limit_.stop());
  const AwsAnswer deleted = co_await deleting;
  if (deleted.failure) co_return failed_call(*deleted.failure, kept);
  co_return std::nullopt;
}

Async<ObjectWork::Problem> ObjectWork::drop(Leftover leftover) {
  ObjectLook there;
  if (!leftover.ours || leftover.restores) {
    Async<ObjectLook> looking = look_at_object(account_, leftover.place, limit_.stop());
    there = co_await looking;
    if (there.failure && (leftover.ours || !may_not_look(*there.failure))) {
      co_return failed_call(*there.failure, leftover.place);
    }
    if (!leftover.ours && !(there.object && is_marked(*there.object))) co_return std::nullopt;
  }
  const ObjectPlace kept = kept_place(leftover.place);
  if (leftover.restores) {
    Async<ObjectLook> looking = look_at_object(account_, kept, limit_.stop());
    const ObjectLook look = co_await looking;
    if (look.failure) co_return failed_call(*look.failure, kept);
    if (look.object) {
      Async<Problem> restoring = restore(leftover.place, kept);
      Problem problem = co_await restoring;
      if (!problem) ++removed_;
      co_return problem;
    }
    // It may be back already: a run was broken off after that.
    if (!there.object || !is_of_a_task(*there.object)) co_return std::nullopt;
  }
  Async<AwsAnswer> deleting = delete_object(account_, leftover.place, limit_.stop());
  const AwsAnswer deleted = co_await deleting;
  if (deleted.failure && deleted.failure->code != "NoSuchBucket") {
    co_return failed_call(*deleted.failure, leftover.place);
  }
  ++removed_;
  co_return std::nullopt;
}

Async<ObjectWork::Problem> ObjectWork::drop_all(std::vector<Leftover> leftovers) {
  std::vector<Together<Problem>::Job> jobs;
  for (Leftover& leftover : leftovers) {
    jobs.emplace_back([this, one = std::move(leftover)] { return drop(one); });
  }
  Together<Problem> dropping(std::move(jobs), writes_at_a_time);
  std::vector<Problem> problems = co_await dropping;
  co_return first_problem(std::move(problems));
}

Async<Outcome> ObjectWork::remove(std::vector<Leftover> leftovers) {
  Async<Problem> dropping = drop_all(std::move(leftovers));
  Problem problem = co_await dropping;
  if (problem) co_return *std::move(problem);
  co_return Outcome(Succeeded{Map{}});
}

std::optional<Instant> last_written(const std::vector<std::optional<Object>>& objects) {
  std::optional<Instant> last;
  for (const std::optional<Object>& object : objects) {
    if (!object || !object->written) return std::nullopt;
    last = std::max(last, object->written);
  }
  return last;
}

Value outputs_of(const WantedUpload& upload, const std::vector<std::optional<Object>>& now, const AwsAccount& account) {
  Map outputs;
  const auto add_print = [&](const char* name, std::string text) {
    Value value(std::move(text));
    value.secret = upload.is_secret;  // of a short secret it would tell too much
    outputs.set(name, std::move(value));
  };
  outputs.set("uri", uri_of(upload));
  outputs.set("bucket", upload.bucket);
  if (upload.is_tree) {
    List keys;
    for (const WantedObject& object : upload.objects) keys.emplace_back(object.key);
    outputs.set("keys", std::move(keys));
  } else {
    const std::string& key = upload.objects.front().key;
    outputs.set("key", key);
    outputs.set("url", object_url(account, upload.bucket, key));
    const std::optional<Object>& object = now.front();
    if (object && !object->etag.empty()) add_print("etag", object->etag);
    if (object && !object->version_id.empty()) outputs.set("versionId", object->version_id);
  }
  add_print("sha256", digest_of(upload).hex());
  return Value(std::move(outputs));
}

}  // namespace verba
