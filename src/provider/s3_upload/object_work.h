// SPDX-License-Identifier: Apache-2.0
// One attempt at the objects of an upload: to look at them, to make them what is wanted, to take them away.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aws/s3_listing.h"
#include "aws/s3_objects.h"
#include "provider/aws_attempt.h"
#include "provider/s3_upload/wanted_upload.h"

namespace verba {

/// An object that is to go.
struct Leftover {
  ObjectPlace place;
  bool ours = false;      ///< the task has made it; else only when it bears its mark
  bool restores = false;  ///< what it took the place of, if anything, comes back
};

/// What is there of an upload, object by object; or why nothing can be said.
struct UploadLook {
  std::vector<std::optional<Object>> objects;  ///< in the order of the upload's
  std::set<std::string> untouched =
      {};  ///< keys of those that were not looked at: a list says that they are as they were
  std::optional<Outcome> failure;
};

/// Those of some objects that are there; or why nothing can be said.
struct PresenceLook {
  std::vector<ObjectPlace> there;
  std::optional<Outcome> failure;
};

/// Objects carry a mark of their task, by which a run knows what another one made that was killed before it could
/// record it. Many objects are worked on at a time. Borrows the attempt; lives as long as what it is asked for is under
/// way.
class ObjectWork {
 public:
  /// `there`: what may be there, besides what the attempt knows of. It bears the marks of the names that it had when it
  /// was begun.
  explicit ObjectWork(Attempt& attempt, const std::vector<const Resource*>& there = {});

  Async<UploadLook> look(const WantedUpload& upload) { return look(upload, std::nullopt); }
  /// All of it was made as the upload says, and was so at that time, by the service's clock. What a list tells to have
  /// its content still, and not to have been written since, is not looked at; of what somebody wrote anew while the
  /// last of it was made only the content counts.
  Async<UploadLook> look(const WantedUpload& upload, std::optional<Instant> made);
  /// Which of the objects that the upload had before are there still. Borrows the upload.
  Async<PresenceLook> look_for(const WantedUpload& upload, std::vector<ObjectPlace> places);
  /// Why write() could not do it where the task has nothing yet. Changes nothing.
  Async<std::optional<Outcome>> foresee(const WantedUpload& upload);
  /// `known`: keys that the task has made in the bucket of the upload. Borrows the upload.
  Async<Outcome> write(const WantedUpload& upload, std::set<std::string> known, std::vector<Leftover> leftovers);
  Async<Outcome> remove(std::vector<Leftover> leftovers);

 private:
  /// What is to be done about one object.
  struct Order {
    const WantedObject* object = nullptr;
    ObjectCondition condition = {};
    bool keeps = false;  ///< what is there is somebody else's, and comes back one day
  };
  using Orders = std::vector<Order>;
  using Problem = std::optional<Outcome>;

  /// Nothing where it is not worth a list, or there is none.
  Async<std::optional<ListedObjects>> list(const WantedUpload& upload);
  bool is_marked(const Object&) const;
  /// Nothing when an object that is in the way is somebody else's; `foreign` counts them then.
  std::optional<Orders> orders_for(const WantedUpload& upload, const UploadLook& look,
                                   const std::set<std::string>& known, std::vector<std::string>* foreign) const;
  Async<Problem> put_all(const WantedUpload& upload, const Orders& orders, bool large, UploadLook& now);
  Async<Problem> put(const WantedUpload& upload, Order order, Object* written);
  /// False where that version cannot be had any more.
  Async<bool> put_from_version(const WantedUpload& upload, const WantedObject& object, Object* written);
  Async<Problem> see_who_wrote(const WantedUpload& upload, Order order, Object* written);
  Async<Problem> drop(Leftover leftover);
  Async<Problem> drop_all(std::vector<Leftover> leftovers);
  Async<Problem> restore(ObjectPlace place, ObjectPlace kept);
  Outcome failed_call(const AwsFailure& failure, const ObjectPlace& place) const;
  void log(const std::string& line) const { attempt_.log(Stream::output, line + "\n"); }

  Attempt& attempt_;
  AwsAccount& account_;
  AttemptLimit limit_;
  std::set<std::string, std::less<>> marks_;  ///< of ours
  std::size_t removed_ = 0;
};

/// When the last of them was written, by the service's clock; nothing where that is not known of each.
std::optional<Instant> last_written(const std::vector<std::optional<Object>>& objects);

/// What the task gives. `now`: what is there, in the order of the upload's objects.
Value outputs_of(const WantedUpload& upload, const std::vector<std::optional<Object>>& now, const AwsAccount& account);

}  // namespace verba
