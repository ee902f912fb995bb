// SPDX-License-Identifier: Apache-2.0
// State that is gone with its object: for tests and simulation.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "state/store.h"

namespace verba {

/// Keeps the contract of Store, but that nothing outlives the object. Can be told to fail.
class MemoryStore : public Store {
 public:
  /// How many calls were made; export, check and the calls of this class aside.
  virtual std::size_t calls() const = 0;
  /// The nth call from now (1: the next one) throws Error(state) "state.full" and does nothing; 0: none will.
  virtual void fail_call(std::size_t n) = 0;
};

std::unique_ptr<MemoryStore> make_memory_store();

}  // namespace verba
