// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace verba {

Error::Error(Kind kind, Diagnostic diagnostic) : kind_(kind), diagnostic_(std::move(diagnostic)) {}

Error::Error(Kind kind, std::string_view code, std::string message, std::string hint) : kind_(kind) {
  diagnostic_.code = code;
  diagnostic_.message = std::move(message);
  diagnostic_.hint = std::move(hint);
}

Error& Error::during(std::string doing, Where where) {
  diagnostic_.trail.push_back({std::move(doing), where});
  return *this;
}

void bug(std::string_view what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: a mistake in verba: %.*s\n", file, line, static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace verba
