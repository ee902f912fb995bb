// SPDX-License-Identifier: Apache-2.0
// A provider of things that exist in memory only, in a world that outlives the processes which change it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "provider/provider.h"

namespace verba {

/// Everything by chance, and the same again for the same seed.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  /// 0..below-1
  std::size_t below(std::size_t below) { return static_cast<std::size_t>(engine_() % below); }
  bool percent(std::size_t share) { return below(100) < share; }

 private:
  std::mt19937_64 engine_;
};

using Parts = std::set<std::string>;
struct Thing {
  std::string value;
  bool whole = true;  ///< false: what failed or was ended in the middle left it half done; of parts: those tell it
  Parts parts = {};
  friend bool operator==(const Thing&, const Thing&) = default;
};
using Outside = std::map<std::string, Thing>;  ///< by name: see thing_of()

/// The name of what a task makes: its address, and after @ the name that is written, if one is.
std::string thing_of(const Resource&);
/// The address of the task whose thing that is.
std::string_view address_of(std::string_view thing);

/// The parts of a thing that has some.
Parts parts_of(const Resource&);

/// What a task sets of others; empty: it has a thing of its own.
Outside sets_of(const Resource&);

/// A task that deletes others in their place: how the addresses of those begin; "": it does not.
std::string taken_by(const Resource&);

/// Something to be done outside: that a thing has a value, or (nothing) is gone.
struct Deed {
  std::string verb;  ///< create, update, delete, rollback
  std::string address;
  std::string thing;
  std::optional<std::string> value;
  Parts parts = {};        ///< those that it is to have
  Parts known_parts = {};  ///< those that may be there; others stay
  Outside sets = {};       ///< in place of that: other things that are there get these values
  std::string takes = {};  ///< in place of that: all whose address begins so are gone
};

/// Inputs: `value` (text), `name` (another one needs another thing), `parts` (words), `hidden` (true: it cannot be
/// observed), `sets` (addresses to values: no thing of its own, the others get them, where they are there), `takes` (no
/// thing of its own: those whose address begins so go). Output: `value`.
class SimulatedProvider final : public Provider {
 public:
  SimulatedProvider(System& system, Outside& outside, Chance& chance)
      : system_(system), outside_(outside), chance_(chance) {}

  std::size_t failing_percent = 0;                ///< how many of the deeds fail
  std::function<void(const Deed&)> on_beginning;  ///< called when a deed begins

  /// The process dies. What is under way ends well, ends half done or does not happen, as it chances.
  void die();

  const TaskType& type() const override;
  void validate(const Value&, Where, Diagnostics&) const override {}
  bool can_observe(const Resource&) const override;
  Async<Observed> observe(Recorded recorded, Attempt& attempt) override;
  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override;
  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override;
  bool can_remove(const Resource&) const override { return true; }
  Outcome recall(const Resource&, bool, int, Attempt&) const override { return InDoubt{"nothing is left of it", ""}; }
  bool is_traced(const Resource&) const override { return false; }
  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override;
  bool can_rollback(const Resource&, bool) const override { return true; }

 private:
  Async<Outcome> act(Deed deed, Attempt& attempt);
  /// `most`: of the others, so many.
  void set_others(const Deed&, std::size_t most);
  void take_others(const Deed&, std::size_t most);
  void change_parts(const Deed&, std::size_t percent);
  void carry_out(const Deed&);
  void leave_half(const Deed&);

  System& system_;
  Outside& outside_;
  Chance& chance_;
  std::map<std::uint64_t, Deed> under_way_;
  std::uint64_t begun_ = 0;
};

}  // namespace verba
