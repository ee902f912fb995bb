// SPDX-License-Identifier: Apache-2.0
// The Nth call of the world fails, for N = 1, 2, 3 ... until a small apply gets through: files, spawns, the store.
// After each, the work is taken up again as a new process would.
#include <gmock/gmock.h>

#include <map>

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

}  // namespace
}  // namespace verba
