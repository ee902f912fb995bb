// SPDX-License-Identifier: Apache-2.0
// Buckets and objects in S3.
#pragma once

#include <string>

#include "aws/account.h"

namespace verba {

const AwsService& s3_service();

/// May a bucket have that name?
bool is_bucket_name(std::string_view name);

struct S3Bucket {
  std::string name;
  std::string owner = {};  ///< id of the account that it must be of: of others nothing is read or written; "": any
};

/// Where an object is, by an address that has the bucket in its path.
std::string object_url(const AwsAccount& account, std::string_view bucket, std::string_view key);

/// Why a bucket cannot be worked with; nothing: it can. Its answer has no words of AWS: they are ours.
Async<std::optional<AwsFailure>> look_at_bucket(AwsAccount& account, std::string name, Stop& stop);

/// Is there an object of that name? No, when nobody can tell.
Async<bool> has_object(AwsAccount& account, S3Bucket bucket, std::string key, Stop& stop);

/// Writes an object unless there is one of that name already; that is well, too: for names that are made of the
/// content.
Async<AwsAnswer> put_object_once(AwsAccount& account, S3Bucket bucket, std::string key, std::string content,
                                 std::string content_type, Stop& stop);

/// Makes a bucket in the account's region unless it is there: closed to the public, encrypted with S3's own keys. Those
/// two are what AWS does of itself since 2023, so that a bucket of which only the making was reached is sound, too.
/// Safe to do at once from several sides. REQUIRES: an owner.
Async<AwsAnswer> make_bucket(AwsAccount& account, S3Bucket bucket, Stop& stop);

}  // namespace verba
