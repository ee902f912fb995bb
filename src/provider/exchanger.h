// SPDX-License-Identifier: Apache-2.0
// Things that others hold on to, as stacks export what others import. Beside Provider, because few of them exchange
// anything (TaskType::exchange).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifest/resource.h"
#include "os/async.h"
#include "provider/provider.h"

namespace verba {

/// More of what TaskType::exchange tells.
struct Terms {
  struct Given {
    std::string name;
    std::optional<std::string> value = {};  ///< nothing: it is known later
  };
  struct Taken {
    std::string name;
    bool is_sure = false;  ///< false: a condition may leave it out
  };
  std::vector<Given> gives = {};
  std::vector<Taken> takes = {};
  bool is_whole = true;  ///< it gives nothing else: no name of what it gives is known later
};

/// Something that a thing gives, and who takes it now.
struct Held {
  std::string name;
  std::vector<std::string> by;  ///< by what tells things of the type apart; sorted
  bool stays = false;           ///< as another one, under its name
};
struct Holding {
  std::vector<Held> all = {};
  std::string problem = {};  ///< why not all of that is known; "": it is
};

class Exchanger {
 public:
  virtual ~Exchanger() = default;

  virtual Terms terms(const Resource&) const = 0;

  /// Of what a thing gives: what would go, or become another, were it made as it is `wanted` (nothing: deleted), where
  /// somebody takes that now. Leaves everything as it is.
  virtual Async<Holding> held(Recorded recorded, std::optional<Resource> wanted, Attempt& attempt) = 0;
};

/// The provider as one; null: nothing of it is exchanged.
Exchanger* exchanger(Provider*);

}  // namespace verba
