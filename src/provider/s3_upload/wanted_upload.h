// SPDX-License-Identifier: Apache-2.0
// What an S3Upload task wants, from its inputs.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/s3_objects.h"
#include "base/diagnostic.h"
#include "base/digest.h"
#include "manifest/resource.h"

namespace verba {

/// One object of it. Borrows the content from the resource.
struct WantedObject {
  std::string key;
  std::string inner;  ///< the path in the tree; "" where it is one object
  ObjectContent content;
  Digest digest;
  std::string content_type;
  std::string version_id = {};  ///< which has it in the bucket; "" where none is known
};

struct WantedUpload {
  std::string bucket;
  std::string prefix;  ///< without a '/' at its end
  std::vector<WantedObject> objects;
  Variables headers;  ///< of all of them: cache-control, x-amz-meta-NAME, x-amz-server-side-encryption, ...
  bool is_tree = false;
  bool overwrite = false;
  bool is_secret = false;  ///< the content: its digests are, too

  ObjectPlace place_of(const WantedObject& object) const { return {bucket, object.key}; }
};

/// Why there is no such upload.
struct BadUpload {
  std::string message;
  std::string hint;
};

/// REQUIRES: the inputs are evaluated; the resource stays where it is as long as what is read from it.
std::variant<WantedUpload, BadUpload> read_upload(const Resource&);

/// Adds what is wrong with one as written; expressions may stand in it.
void check_upload(const Value& with, Where task, Diagnostics&);
/// Likewise, of what the files that were read have to do with it.
void check_files(const Resource&, Where task, Diagnostics&);

/// The objects of one whose place is known: "s3://BUCKET/KEY".
std::vector<std::string> objects_of(const Resource&);

/// "s3://BUCKET/KEY", or of a tree "s3://BUCKET/PREFIX".
std::string uri_of(const WantedUpload&);

/// Of one object its content's; of a tree one over all paths and contents.
Digest digest_of(const WantedUpload&);

/// How an object differs from what is wanted, for people: "its content is another"; "" when it does not.
std::string difference(const Object&, const WantedObject&, const WantedUpload&);

}  // namespace verba
