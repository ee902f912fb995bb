// SPDX-License-Identifier: Apache-2.0
// S3Upload: a file or a tree of files as objects in a bucket.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_s3_upload_provider();

}  // namespace verba
