// SPDX-License-Identifier: Apache-2.0
#include "provider/s3_upload/s3_upload_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "provider/ending.h"
#include "provider/s3_upload/object_work.h"
#include "provider/s3_upload/s3_upload_type.h"
#include "provider/s3_upload/wanted_upload.h"

namespace verba {
namespace {

/// Did it come to its end once? Then all of it is the task's. Outputs of an upload to another place tell nothing.
bool is_whole(const Recorded& recorded) {
  const std::variant<WantedUpload, BadUpload> read = read_upload(recorded.resource);
  const WantedUpload* upload = std::get_if<WantedUpload>(&read);
  return upload != nullptr && text_at(recorded.outputs, {"uri"}) == uri_of(*upload);
}

/// What the upload of a record has and `kept` has not.
std::vector<Leftover> leftovers_of(const Resource& recorded, bool ours, const WantedUpload* kept) {
  std::vector<Leftover> leftovers;
  const std::variant<WantedUpload, BadUpload> read = read_upload(recorded);
  const WantedUpload* then = std::get_if<WantedUpload>(&read);
  if (then == nullptr) return leftovers;  // it was refused, so nothing was made
  std::set<std::string_view> staying;
  if (kept != nullptr && kept->bucket == then->bucket) {
    for (const WantedObject& object : kept->objects) staying.insert(object.key);
  }
  for (const WantedObject& object : then->objects) {
    if (!staying.contains(object.key)) leftovers.push_back({then->place_of(object), ours, then->overwrite});
  }
  return leftovers;
}

std::set<std::string> keys_in(const Resource& recorded, const std::string& bucket) {
  std::set<std::string> keys;
  const std::variant<WantedUpload, BadUpload> read = read_upload(recorded);
  const WantedUpload* then = std::get_if<WantedUpload>(&read);
  if (then == nullptr || then->bucket != bucket) return keys;
  for (const WantedObject& object : then->objects) keys.insert(object.key);
  return keys;
}

/// What outputs of before name and the upload has no more: an update that was broken off may have left it.
std::vector<ObjectPlace> dropped_places(const Value& outputs, const WantedUpload& upload) {
  const std::string bucket = text_at(outputs, {"bucket"});
  std::set<std::string> keys;
  for (const Value& key : list_at(outputs, {"keys"})) {
    if (key.is_string()) keys.insert(key.string());
  }
  if (std::string key = text_at(outputs, {"key"}); !key.empty()) keys.insert(std::move(key));
  if (bucket == upload.bucket) {
    for (const WantedObject& object : upload.objects) keys.erase(object.key);
  }
  std::vector<ObjectPlace> places;
  for (const std::string& key : keys) places.push_back({bucket, key});
  return places;
}

Observed unseen(const Outcome& why) {
  const Failed* failed = std::get_if<Failed>(&why);
  Observed observed;
  observed.detail = failed != nullptr ? failed->message : "stopped";
  return observed;
}

Observed judge(const WantedUpload& upload, const UploadLook& look) {
  using enum Observed::State;
  Observed observed;
  std::vector<std::string> differences;
  std::size_t gone = 0;
  for (std::size_t i = 0; i < upload.objects.size(); ++i) {
    if (look.untouched.contains(upload.objects[i].key)) continue;
    const std::optional<Object>& there = look.objects[i];
    if (!there) ++gone;
    const std::string what = there ? difference(*there, upload.objects[i], upload) : "it is gone";
    if (!what.empty()) differences.push_back(fmt::format("{}: {}", upload.objects[i].key, what));
  }
  observed.state = gone == upload.objects.size() ? absent : differences.empty() ? present : drifted;
  if (observed.state != drifted) return observed;
  observed.detail = differences.front();
  const std::size_t more = differences.size() - 1;
  if (more > 0) observed.detail += fmt::format("; {} more object{}", more, more == 1 ? "" : "s");
  return observed;
}

Async<Observed> look(Recorded recorded, Attempt& attempt) {
  Observed observed;
  const std::variant<WantedUpload, BadUpload> read = read_upload(recorded.resource);
  const WantedUpload* upload = std::get_if<WantedUpload>(&read);
  if (upload == nullptr) {
    observed.state = Observed::State::absent;  // it was refused, so nothing was made
    co_return observed;
  }
  ObjectWork work(attempt);
  const std::string made = recorded.former ? "" : text_at(recorded.outputs, {"lastModified"});
  Async<UploadLook> looking = work.look(*upload, parse_instant(made));
  UploadLook seen = co_await looking;
  if (seen.failure) co_return unseen(*seen.failure);
  Async<PresenceLook> searching = work.look_for(*upload, dropped_places(recorded.outputs, *upload));
  const PresenceLook left = co_await searching;
  if (left.failure) co_return unseen(*left.failure);
  observed = judge(*upload, seen);
  if (!left.there.empty() && observed.state != Observed::State::drifted) {
    observed.state = Observed::State::drifted;
    observed.detail = left.there.front().key + ": it is there still";
  }
  observed.outputs = outputs_of(*upload, seen.objects, *attempt.aws);
  if (!made.empty()) observed.outputs->map().set("lastModified", made);
  co_return observed;
}

/// `before` is what is there now. `whole`: all of it is known to be there.
Async<Outcome> write(Resource wanted, std::optional<Recorded> before, bool whole, Attempt& attempt) {
  const std::variant<WantedUpload, BadUpload> read = read_upload(wanted);
  if (const BadUpload* bad = std::get_if<BadUpload>(&read)) co_return failed_for_good(bad->message, bad->hint);
  const WantedUpload& upload = std::get<WantedUpload>(read);
  std::set<std::string> known;
  std::vector<Leftover> leftovers;
  if (before) {
    if (whole) known = keys_in(before->resource, upload.bucket);
    leftovers = leftovers_of(before->resource, whole, &upload);
  }
  ObjectWork work(attempt);
  Async<Outcome> writing = work.write(upload, std::move(known), std::move(leftovers));
  Outcome outcome = co_await writing;
  co_return outcome;
}

Async<Outcome> take_away(std::vector<Leftover> leftovers, Attempt& attempt) {
  ObjectWork work(attempt);
  Async<Outcome> removing = work.remove(std::move(leftovers));
  Outcome outcome = co_await removing;
  co_return outcome;
}

class S3UploadProvider final : public Provider {
 public:
  const TaskType& type() const override { return s3_upload_type(); }
  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    check_upload(with, task, diagnostics);
  }
  void examine(const Resource& resource, Where task, Diagnostics& diagnostics) const override {
    check_files(resource, task, diagnostics);
  }
  bool can_observe(const Resource&) const override { return true; }
  bool can_remove(const Resource&) const override { return true; }
  bool can_rollback(const Resource&, bool) const override { return true; }
  /// Nothing of it runs on this machine.
  bool is_traced(const Resource&) const override { return false; }
  Outcome recall(const Resource&, bool, int, Attempt&) const override { return broken_off(); }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override { return look(std::move(recorded), attempt); }

  Async<std::optional<Outcome>> foresee(Resource wanted, Attempt& attempt) override {
    const std::variant<WantedUpload, BadUpload> read = read_upload(wanted);
    if (const BadUpload* bad = std::get_if<BadUpload>(&read)) {
      co_return Outcome(failed_for_good(bad->message, bad->hint));
    }
    ObjectWork work(attempt);
    Async<std::optional<Outcome>> doing = work.foresee(std::get<WantedUpload>(read));
    std::optional<Outcome> obstacle = co_await doing;
    co_return obstacle;
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    const bool whole = before && is_whole(*before);
    return write(std::move(wanted), std::move(before), whole, attempt);
  }

  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    return take_away(leftovers_of(recorded.resource, is_whole(recorded), nullptr), attempt);
  }

  /// What was done may be half done: of that only what bears the task's mark goes.
  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (!before) return take_away(leftovers_of(done.resource, false, nullptr), attempt);
    return put_back(*std::move(before), std::move(done.resource), attempt);
  }

 private:
  static Async<Outcome> put_back(Recorded before, Resource done, Attempt& attempt) {
    std::variant<WantedUpload, BadUpload> read = read_upload(before.resource);
    if (const BadUpload* bad = std::get_if<BadUpload>(&read)) co_return failed_for_good(bad->message, bad->hint);
    WantedUpload& upload = std::get<WantedUpload>(read);
    // The content of a large file is not in the state, but the bucket may keep it.
    if (!upload.is_tree && upload.objects.front().content.file != nullptr) {
      upload.objects.front().version_id = text_at(before.outputs, {"versionId"});
    }
    ObjectWork work(attempt);
    Async<Outcome> writing =
        work.write(upload, keys_in(before.resource, upload.bucket), leftovers_of(done, false, &upload));
    Outcome outcome = co_await writing;
    co_return outcome;
  }
};

}  // namespace

std::unique_ptr<Provider> make_s3_upload_provider() {
  return std::make_unique<S3UploadProvider>();
}

}  // namespace verba
