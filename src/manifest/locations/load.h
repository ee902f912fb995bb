// SPDX-License-Identifier: Apache-2.0
// From what was said after -f to all manifests: locations lead to manifests, and some of those are locations again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "manifest/locations/checkout.h"
#include "manifest/manifest.h"
#include "manifest/model.h"

namespace verba {

/// One location that was fetched.
struct Brought {
  std::string location;  ///< as shown()
  std::string commit;    ///< of a repository, all digits
  std::string sha256;    ///< of a URL's file, or of all texts that were read there, in order
};

struct Loaded {
  std::vector<Document> documents;
  std::vector<Manifest> manifests;
  std::vector<Brought> brought;  ///< in order of fetching; local ones left out
};

/// Fetches, reads and checks every location and every manifest of a location kind in them, level by level; what has to
/// be fetched is fetched at the same time. No file is read twice, so that circles end. What goes wrong becomes
/// diagnostics, and the rest is loaded all the same. Of `surroundings` only variables and secrets are asked for, by
/// the headers of URLs.
Loaded load_manifests(const std::vector<Location>&, const FetchSettings&, const Catalogue&, const Surroundings&,
                      System&, Sources&, Diagnostics&);

/// What fetches and reads in the background; private to this folder.
using Fetched = std::variant<Checkout, std::string, BadLocation>;

/// Each origin's checkout or text, or why there is none; local ones give an empty text. At most eight at a time.
std::vector<Fetched> fetch_all(const std::vector<Origin>&, const FetchSettings&, System&);

/// Where the manifest of a location kind was read.
struct ReadFrom {
  const Origin& origin;
  const Checkout* checkout;  ///< null: a local file, or a URL
};

/// What a manifest of a location kind says, or nothing, with diagnostics. A relative path starts at the manifest; in a
/// repository it stays in that commit of it.
std::optional<Origin> origin_of(const Manifest&, const ReadFrom&, const Surroundings&, System&, Diagnostics&);
bool is_location(const Manifest&);

/// What Project manifests ask for: the deployments of a project come after those of its parents, and are in scope in
/// its environments only. `via`: beside `manifests`, the names of the locations that led to each.
void apply_projects(std::vector<Manifest>& manifests, const std::vector<std::vector<std::string>>& via, Diagnostics&);

/// Leaves a manifest in scope at most in `environments` (empty: no limit); `where`: what says so. Nothing is left: a
/// diagnostic.
void narrow(Manifest&, const std::vector<std::string>& environments, Where where, Diagnostics&);

}  // namespace verba
