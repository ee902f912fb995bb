// SPDX-License-Identifier: Apache-2.0
// The Nth call of the world fails, for N = 1, 2, 3 ... until a small apply gets through: files, spawns, the store.
// After each, the work is taken up again as a new process would.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine_world.h"

namespace verba {
namespace {

using ::testing::IsEmpty;

constexpr const char* scripts = R"(apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: d}
spec:
  onFailure: stop
  tasks:
  - name: a
    type: ShellScript
    with: {run: make-a, outputs: json}
  - name: b
    type: ShellScript
    with: {run: make-b, interpreter: python3, environment: {X: "${{ tasks.a.outputs.x }}"}}
  - name: c
    type: ShellScript
    with: {run: make-c}
)";

std::string task_of(const Command& command) {
  for (const auto& [name, value] : command.environment) {
    if (name == "VERBA_TASK") return value;
  }
  return "?";
}

/// How often each script ended well.
using Finished = std::map<std::string, int>;

void play(EngineWorld& world, Finished& finished) {
  world.system.programs = [&finished](const Command& command) {
    ++finished[task_of(command)];
    return Performance::exit(0, R"({"x": "one"})");
  };
}

/// What must hold after any failure, once the work was taken up again.
void expect_whole(EngineWorld& world, const Finished& recorded_before, Finished& finished) {
  world.run(scripts);
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  for (const auto& [task, times] : recorded_before) EXPECT_EQ(finished[task], times) << task << " was done again";
  for (const Record& record : world.store->snapshot("default").records) {
    EXPECT_EQ(record.status, RecordStatus::deployed) << record.address;
  }
  EXPECT_EQ(world.store->snapshot("default").records.size(), 3U);
  const Finished before = finished;
  world.run(scripts);
  EXPECT_EQ(finished, before);
  EXPECT_EQ(world.system.alive(), 0U);
}

Finished recorded(EngineWorld& world, const Finished& finished) {
  Finished known;
  for (const Record& record : world.store->snapshot("default").records) {
    const std::string task = record.address.substr(2);
    if (record.status == RecordStatus::deployed) known[task] = finished.at(task);
  }
  return known;
}

TEST(Faults, OfFilesAndSpawnsAtEveryCall) {
  bool failed = true;
  for (int n = 1; failed; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    ASSERT_LT(n, 200);
    EngineWorld world;
    Finished finished;
    play(world, finished);
    const int calls_before = world.system.calls();
    world.system.fail_call(n);
    try {
      world.run(scripts);
    } catch (const Error&) {
    }
    failed = world.system.calls() - calls_before >= n;
    world.system.fail_call(0);
    expect_whole(world, recorded(world, finished), finished);
  }
}

TEST(Faults, OfTheStoreAtEveryCall) {
  bool failed = true;
  for (std::size_t n = 1; failed; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    ASSERT_LT(n, 200U);
    EngineWorld world;
    Finished finished;
    play(world, finished);
    failed = false;
    world.store->fail_call(n);
    try {
      world.run(scripts);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::state);
      failed = true;
    }
    world.store->fail_call(0);
    EXPECT_EQ(world.system.alive(), 0U);
    expect_whole(world, recorded(world, finished), finished);
  }
}

// --- Going back: rollback after a failure, rollback to a past run, destroy.

/// One deployment of scripts that put V where their task is, and take it away again; `more` needs b.
std::string scripts_with(int value, const std::string& more = "") {
  const std::string task = R"(
  - name: {}
    type: ShellScript
    dependsOn: {}
    with: {{run: make, delete: unmake, environment: {{V: "{}"}}}})";
  return "apiVersion: verbacratis/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  tasks:" +
         fmt::format(fmt::runtime(task), "a", "[]", value) + fmt::format(fmt::runtime(task), "b", "[a]", value) +
         (more.empty() ? "" : fmt::format(fmt::runtime(task), more, "[b]", value)) + "\n";
}

/// What is out there, by task.
using Things = std::map<std::string, std::string>;

/// A script for `bad` makes a half and fails.
void play(EngineWorld& world, Things& things) {
  world.system.programs = [&things](const Command& command) {
    std::map<std::string, std::string> variables(command.environment.begin(), command.environment.end());
    const std::string& task = variables["VERBA_TASK"];
    const bool removes = variables["VERBA_ACTION"] == "delete";
    removes ? static_cast<void>(things.erase(task)) : static_cast<void>(things[task] = variables["V"]);
    return Performance::exit(task == "bad" && !removes ? 3 : 0);
  };
}

/// What fails: the world around the run, or its store.
enum class Culprit { world, store };

void fail_call(EngineWorld& world, Culprit culprit, int n) {
  culprit == Culprit::world ? world.system.fail_call(n) : world.store->fail_call(static_cast<std::size_t>(n));
}

struct Way {
  std::string name;
  Culprit culprit;
  std::function<void(EngineWorld&)> prepare;  ///< to where the work begins
  Goal goal;
  std::string manifests;
  Goal afterwards;  ///< to take it up again
  Things end;
};

Goal goal_of(Goal::Kind kind) {
  Goal goal;
  goal.kind = kind;
  if (kind == Goal::Kind::rollback) {
    goal.targets = {"d"};
    goal.to = 1;
  }
  return goal;
}

void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}

class FaultsGoingBack : public ::testing::TestWithParam<Way> {};

std::vector<Way> ways() {
  const auto once = [](EngineWorld& world) { world.run(scripts_with(1)); };
  const auto twice = [](EngineWorld& world) {
    world.run(scripts_with(1));
    world.run(scripts_with(2, "more"));
  };
  const Goal apply = goal_of(Goal::Kind::apply), destroy = goal_of(Goal::Kind::destroy);
  const Goal back = goal_of(Goal::Kind::rollback);
  const Things first{{"a", "1"}, {"b", "1"}};
  std::vector<Way> all;
  for (const Culprit culprit : {Culprit::world, Culprit::store}) {
    const std::string of = culprit == Culprit::world ? "OfTheWorld" : "OfTheStore";
    all.push_back({"Undo" + of, culprit, once, apply, scripts_with(2, "bad"), back, first});
    all.push_back({"Rollback" + of, culprit, twice, back, scripts_with(2, "more"), back, first});
    all.push_back({"Destroy" + of, culprit, twice, destroy, scripts_with(2, "more"), destroy, {}});
  }
  return all;
}

/// False when it was done before the Nth call.
bool break_at(EngineWorld& world, const Way& way, int n) {
  const int calls_before = world.system.calls();
  world.goal = way.goal;
  bool failed = false;
  fail_call(world, way.culprit, n);
  try {
    world.run(way.manifests);
  } catch (const Error&) {
    failed = true;
  }
  fail_call(world, way.culprit, 0);
  return failed || (way.culprit == Culprit::world && world.system.calls() - calls_before >= n);
}

TEST_P(FaultsGoingBack, EndWhereTheyShould) {
  const Way& way = GetParam();
  bool failed = true;
  for (int n = 1; failed; ++n) {
    SCOPED_TRACE("call " + std::to_string(n));
    ASSERT_LT(n, 300);
    EngineWorld world;
    Things things;
    play(world, things);
    way.prepare(world);
    failed = break_at(world, way, n);
    EXPECT_EQ(world.system.alive(), 0U);
    world.goal = way.afterwards;
    world.run(way.manifests);
    EXPECT_EQ(things, way.end);
    EXPECT_EQ(world.store->snapshot("default").records.size(), way.end.size());
    for (const Record& record : world.store->snapshot("default").records) {
      EXPECT_EQ(record.status, RecordStatus::deployed) << record.address;
    }
    EXPECT_THAT(world.plan(way.manifests), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, FaultsGoingBack, ::testing::ValuesIn(ways()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace verba
