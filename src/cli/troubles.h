// SPDX-License-Identifier: Apache-2.0
// What keeps one out of accounts, told so that it can be read where it is the same for a thousand of them.
#pragma once

#include <string>
#include <vector>

#include "run/hosts.h"

namespace verba {

/// Of one account, or of more than five that have the same one.
struct Trouble {
  std::string who;  ///< "web1"; "12 accounts, web1 to web12"
  std::string why;  ///< names the account, or says "any of them"
  std::string hint;
  bool many = false;

  /// "web1: no such key"; what names the account by itself stands alone.
  std::string text() const;
};

/// Why they are not good, in their order. REQUIRES: all have a reason.
std::vector<Trouble> troubles_of(const std::vector<Identity>&);

}  // namespace verba
