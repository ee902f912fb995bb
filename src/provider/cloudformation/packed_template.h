// SPDX-License-Identifier: Apache-2.0
// A template whose artifacts are objects of S3.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "provider/cloudformation/wanted_stack.h"

namespace verba {

/// An object of S3 that has to be there. Its key is made of what is in it: the same key, the same content.
struct Upload {
  std::string key;
  std::string what;  ///< for people: "functions/hello"
  std::string content_type;
  std::function<std::string()> content;  ///< borrows the wanted stack; archives are made only when they are sent
};

struct PackedTemplate {
  std::string body;             ///< JSON when there are artifacts, else as it was written
  std::vector<Upload> uploads;  ///< sorted by key; the body is not among them
};

/// Where objects of a bucket are: by s3:// and, for templates, by an address that ends in '/'.
struct BucketPlace {
  std::string name;
  std::string address;  ///< "https://s3.eu-central-1.amazonaws.com/website/"
};

/// Reads nothing and sends nothing.
std::variant<PackedTemplate, BadStack> pack_template(const WantedStack&, const BucketPlace&);

}  // namespace verba
