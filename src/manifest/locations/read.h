// SPDX-License-Identifier: Apache-2.0
// From a place that is at hand to the texts in it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "manifest/locations/checkout.h"
#include "manifest/manifest.h"

namespace verba {

/// What reading works with. Borrowed.
struct Reading {
  System& system;
  Sources& sources;
  Diagnostics& diagnostics;
  std::set<std::string>& known;  ///< real paths of the files that were read: none is read twice
};

/// The texts of a file or directory on this machine, or of the same in a checkout (the origin says where in it). What
/// cannot be read becomes a diagnostic ("manifest.location") at the origin's place.
std::vector<Document> read_documents(const Origin&, const Checkout*, const Reading&);

/// "git::URL//PATH@COMMIT": what messages call a file of a checkout.
std::string name_in_commit(const Origin&, const Checkout&, std::string_view path);

}  // namespace verba
