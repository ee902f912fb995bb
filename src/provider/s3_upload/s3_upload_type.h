// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in an S3Upload, and its manual.
const TaskType& s3_upload_type();

}  // namespace verba
