// SPDX-License-Identifier: Apache-2.0
#include "provider/s3_upload/s3_upload_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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

/// Of what may be there, and of what else the attempt knows of, that which `kept` has not. `ours`: all of the former
/// was made by the task.
std::vector<Leftover> leftovers_of(const Resource* there, bool ours, const WantedUpload* kept, const Attempt& attempt) {
  std::set<std::string> staying;
  for (const WantedObject& object : kept != nullptr ? kept->objects : std::vector<WantedObject>()) {
    staying.insert(to_string(kept->place_of(object)));
  }
  std::map<std::string, Leftover> leftovers;
  const auto add = [&](const Resource& resource, bool all_ours) {
    const std::variant<WantedUpload, BadUpload> read = read_upload(resource);
    const WantedUpload* then = std::get_if<WantedUpload>(&read);
    if (then == nullptr) return;  // it was refused, so nothing was made
    for (const WantedObject& object : then->objects) {
      const ObjectPlace place = then->place_of(object);
      if (staying.contains(to_string(place))) continue;
      Leftover& leftover = leftovers.try_emplace(to_string(place), Leftover{place}).first->second;
      leftover.ours = leftover.ours || all_ours;
      leftover.restores = leftover.restores || then->overwrite;
    }
  };
  if (there != nullptr) add(*there, ours);
  for (const Resource* one : attempt.remains) add(*one, false);
  std::vector<Leftover> all;
  for (auto& [place, leftover] : leftovers) all.push_back(std::move(leftover));
  return all;
}

std::set<std::string> keys_in(const Resource& recorded, const std::string& bucket) {
  std::set<std::string> keys;
  const std::variant<WantedUpload, BadUpload> read = read_upload(recorded);
  const WantedUpload* then = std::get_if<WantedUpload>(&read);
  if (then == nullptr || then->bucket != bucket) return keys;
  for (const WantedObject& object : then->objects) keys.insert(object.key);
  return keys;
}

/// What else may be there that the upload has not.
std::vector<ObjectPlace> other_places(const WantedUpload& upload, const Attempt& attempt) {
  std::vector<ObjectPlace> places;
  for (Leftover& leftover : leftovers_of(nullptr, false, &upload, attempt)) places.push_back(std::move(leftover.place));
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
  ObjectWork work(attempt, {&recorded.resource});
  const std::string made = recorded.former ? "" : text_at(recorded.outputs, {"lastModified"});
  Async<UploadLook> looking = work.look(*upload, parse_instant(made));
  UploadLook seen = co_await looking;
  if (seen.failure) co_return unseen(*seen.failure);
  Async<PresenceLook> searching = work.look_for(*upload, other_places(*upload, attempt));
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
  const Resource* there = before ? &before->resource : nullptr;
  std::set<std::string> known;
  if (whole) known = keys_in(*there, upload.bucket);
  ObjectWork work(attempt, there != nullptr ? std::vector{there} : std::vector<const Resource*>());
  Async<Outcome> writing = work.write(upload, std::move(known), leftovers_of(there, whole, &upload, attempt));
  Outcome outcome = co_await writing;
  co_return outcome;
}

Async<Outcome> take_away(Resource there, bool ours, Attempt& attempt) {
  ObjectWork work(attempt, {&there});
  Async<Outcome> removing = work.remove(leftovers_of(&there, ours, nullptr, attempt));
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
    const bool whole = is_whole(recorded);
    return take_away(std::move(recorded.resource), whole, attempt);
  }

  /// What was done may be half done: of that only what bears the task's mark goes.
  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (!before) return take_away(std::move(done.resource), false, attempt);
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
    ObjectWork work(attempt, {&done});
    Async<Outcome> writing =
        work.write(upload, keys_in(before.resource, upload.bucket), leftovers_of(&done, false, &upload, attempt));
    Outcome outcome = co_await writing;
    co_return outcome;
  }
};

}  // namespace

std::unique_ptr<Provider> make_s3_upload_provider() {
  return std::make_unique<S3UploadProvider>();
}

}  // namespace verba
