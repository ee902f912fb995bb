// SPDX-License-Identifier: Apache-2.0
// Objects of any size in S3, by its REST protocol (API reference, version 2006-03-01).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/s3.h"
#include "base/instant.h"
#include "os/large_file.h"

namespace verba {

struct ObjectPlace {
  std::string bucket;
  std::string key;
};
/// "s3://bucket/key", for people.
std::string to_string(const ObjectPlace&);

/// What S3 says of an object without its content.
struct Object {
  std::string etag = {};                ///< without the quotes
  std::string version_id = {};          ///< "" where the bucket keeps no versions
  std::string checksum = {};            ///< SHA-256, base64; of one in parts "CHECKSUM-PARTS"; "" where S3 has none
  Variables headers = {};               ///< as S3 gives them, names in lower case: content-type, x-amz-meta-NAME, ...
  std::optional<Instant> written = {};  ///< when, by the service's clock, at the latest

  std::string_view header(std::string_view name) const;  ///< "" when there is none
};

/// The object, or why nothing is known of it; neither: there is none.
struct ObjectLook {
  std::optional<Object> object = {};
  std::optional<AwsFailure> failure = {};
};
Async<ObjectLook> look_at_object(AwsAccount& account, ObjectPlace place, Stop& stop);

/// What is in an object: bytes, or a file that is read part by part. Borrowed.
struct ObjectContent {
  std::string_view bytes = {};
  const LargeFile* file = nullptr;  ///< then there are no bytes

  std::uint64_t size_bytes() const { return file != nullptr ? file->size_bytes : bytes.size(); }
};

/// What is larger is sent in parts of large_file_part_bytes. S3 takes ten thousand of them.
constexpr std::size_t largest_whole_object_bytes = std::size_t{16} << 20;
constexpr std::size_t most_object_parts = 10'000;

/// By what S3 knows a content that was written by put_object(); either tells it.
struct ObjectPrint {
  std::string etag;      ///< MD5, as S3 has it unless it encrypts with a key of KMS; "" of a file
  std::string checksum;  ///< as Object::checksum
};
ObjectPrint print_of(const ObjectContent&);
/// Has an object that content?
bool has_print(const Object&, const ObjectPrint&);

/// Under what condition an object is written: none, that there is none, or that it is still the one of an etag.
struct ObjectCondition {
  bool is_absent = false;
  std::string etag = {};
};

/// Writes an object whole, or in parts, four at a time; S3 checks that it came as it was. Where it fails, nothing is
/// left of the parts; what an earlier attempt that was killed left of its parts, or one whose first answer was lost,
/// goes, too. `headers`: Content-Type, x-amz-meta-NAME and so on. A condition that does not hold is a failure, see
/// says_changed(); it may be our own write, whose answer was lost. A file that is no longer what it was is a failure,
/// too: code `file_changed`.
Async<AwsAnswer> put_object(AwsAccount& account, ObjectPlace place, ObjectContent content, Variables headers,
                            ObjectCondition condition, Stop& stop);
constexpr std::string_view file_changed = "FileChanged";
/// What its good answer says of the object: etag and version.
Object written_object(const AwsAnswer&);
/// The condition of a write did not hold.
bool says_changed(const AwsFailure&);

/// Copies an object, or a version of it, within its bucket, with all that is said of it.
Async<AwsAnswer> copy_object(AwsAccount& account, ObjectPlace from, std::string version_id, std::string to_key,
                             Stop& stop);
/// Gone is fine. Where the bucket keeps versions, they stay.
Async<AwsAnswer> delete_object(AwsAccount& account, ObjectPlace place, Stop& stop);

/// How many objects and versions were deleted, up to a failure.
struct Emptied {
  std::size_t count = 0;
  std::optional<AwsFailure> failure = {};
};
/// Deletes all objects of a bucket, with all their versions. A bucket that is gone is fine.
Async<Emptied> empty_bucket(AwsAccount& account, std::string bucket, Stop& stop);

}  // namespace verba
