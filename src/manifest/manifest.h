// SPDX-License-Identifier: Apache-2.0
// What the person wrote: locations to documents to checked manifests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/schema.h"
#include "value/value.h"

namespace verba {

/// Where manifests are, as said: a file, a directory (every *.yaml, *.yml, *.json in it and below, sorted; names that
/// begin with a dot are left out), a Git repository, a file at an http(s) address. See locations/origin.h.
struct Location {
  std::string text;
};

/// One text with documents in it.
struct Document {
  SourceId source = 0;
  std::string directory;    ///< absolute; what relative paths in it start from
  std::string commit = {};  ///< of its repository, all digits; "" when it does not come from Git
  std::string branch = {};  ///< or tag, where one was named
  /// Its location holds manifests of v1-alpha: documents of others beside them are left out with a warning.
  bool among_alpha = false;
};

/// kind + name + checked spec.
struct Manifest {
  const Kind* kind = nullptr;
  std::string name;
  Where where;                            ///< of metadata.name
  std::vector<std::string> environments;  ///< empty: all
  std::vector<Where> environment_places;  ///< beside `environments`
  Map labels;
  Value spec;  ///< a map; checked, defaults filled in, expressions parsed
  std::string directory;
  std::string commit;  ///< as of its document
  std::string branch;
  bool alpha = false;
};

/// Parses and checks every document of the text. What is wrong becomes diagnostics; a manifest with mistakes is still
/// returned as far as it makes sense, so that references to it do not add noise.
std::vector<Manifest> check(const Document&, const Catalogue&, const Sources&, Diagnostics&);

}  // namespace verba
