// SPDX-License-Identifier: Apache-2.0
// AWS's Signature Version 4, in the Authorization header, as "Signing AWS API requests" in the IAM User Guide has it.
// Every known case of AWS's own test suite (awslabs/aws-c-auth, v4) comes out right.
#pragma once

#include <string>
#include <string_view>

#include "aws/place.h"
#include "base/instant.h"
#include "os/system.h"

namespace verba {

/// A request as its meaning is: nothing in it is encoded. What goes over the wire (see wire_path and wire_query) is in
/// the form in which it is signed, so that no server can read it otherwise.
struct AwsMessage {
  std::string method = "POST";
  std::string path = "/";
  Variables query = {};
  Variables headers = {};  ///< Host among them
  std::string body = {};
  std::string answered_by = {};  ///< what a good answer has, see read_aws_answer(); not part of the request
};

/// What a signature is good for.
struct SigningScope {
  std::string region;
  std::string service;  ///< its signing name: "cloudformation"
  Instant at;           ///< as the server's clock has it: it takes five minutes' difference
};

/// How a service reads paths: S3 as they are, all others tidied and encoded twice.
struct PathRules {
  bool tidied = true;  ///< "." and ".." resolved, no empty segments
  bool encoded_twice = true;
};
PathRules path_rules(std::string_view service);

/// RFC 3986: all but letters, digits and "-._~" becomes %XX.
std::string percent_encoded(std::string_view text, bool keep_slashes = false);
std::string wire_path(const AwsMessage&);
/// Without the '?': encoded, sorted by name and value; "a=" for a name without a value.
std::string wire_query(const AwsMessage&);

/// Names in lower case joined by ';', as they are signed.
std::string signed_headers(const AwsMessage&);
std::string canonical_request(const AwsMessage&, const PathRules&, std::string_view payload_digest);

/// Adds X-Amz-Date, X-Amz-Security-Token where there is one, X-Amz-Content-Sha256 for S3, and Authorization over all
/// headers that are there then. REQUIRES: none of them is in it yet.
void sign(AwsMessage&, const AwsCredentials&, const SigningScope&, const PathRules&);

}  // namespace verba
