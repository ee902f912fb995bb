// SPDX-License-Identifier: Apache-2.0
// One small world from a seed: manifests that change, commands of every kind, and whatever can go wrong. The invariants
// that are checked are written down in docs/design/simulation.md, by the same names.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace verba {

/// An invariant does not hold.
class Violated : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What happened over all the worlds: that nothing went wrong tells little when nothing happened.
struct Tally {
  std::uint64_t runs = 0, steps = 0, kills = 0, store_faults = 0, file_faults = 0, takeovers = 0, interrupts = 0,
                failures = 0, undone = 0, settled = 0;
};

/// Lives one world. Throws Violated; `log` then says what was done in it.
void simulate(std::uint64_t seed, Tally&, std::string& log);

}  // namespace verba
