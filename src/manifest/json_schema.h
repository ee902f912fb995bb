// SPDX-License-Identifier: Apache-2.0
// The tables as JSON Schema, for editors (yaml-language-server).
#pragma once

#include <string>

#include "manifest/schema.h"
#include "value/value.h"

namespace verba {

/// A draft-07 schema of one document: the head, `spec` by kind, `with` by task type. Looser than check(): what an
/// expression may stand for is any value there.
Value json_schema(const Catalogue&);

}  // namespace verba
