// SPDX-License-Identifier: Apache-2.0
// How fast state is written and read. Writes are durable: they end on the disk that holds $TMPDIR.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "state/sqlite/sqlite_store.h"

namespace verba {
namespace {

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "verba-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string state() const { return (path_ / ".verba" / "state.db").string(); }

 private:
  std::filesystem::path path_;
};

std::string address_of(int i) {
  return "deployment-" + std::to_string(i % 100) + "/task-" + std::to_string(i);
}

Record record_of(int i) {
  Record r;
  r.environment = "prod";
  r.address = address_of(i);
  r.deployment = "deployment-" + std::to_string(i % 100);
  r.type = "ShellScript";
  r.account = "deployment-host";
  r.definition = sha256(r.address);
  r.inputs = sha256(r.address);
  r.outputs = R"({"url":"http://localhost:8080/","version":"1.2.3"})";
  r.needs = R"(["deployment-1/task-1"])";
  r.run = 1;
  r.created = r.updated = {1'700'000'000'000};
  r.place = "infra/web.yaml:14";
  return r;
}

/// A definition as a small script has it, about 800 bytes.
std::string definition_of(int i) {
  std::string text = R"({"account":"deployment-host","environment":{},"name":")" + address_of(i) + R"(","run":")";
  for (int line = 0; text.size() < 800; ++line)
    text += "install -m 0644 file-" + std::to_string(i * 31 + line) + " /srv/www\\n";
  return text + "\"}";
}

struct Begun {
  std::unique_ptr<Store> store;
  Lease lease;
  RunId run;
};

Begun begin(const Directory& directory, int steps) {
  Begun begun{open_sqlite_store(directory.state(), OpenFor::writing), {}, 0};
  LeaseRequest request;
  request.environment = "prod";
  for (int i = 0; i < 100; ++i) request.deployments.push_back("deployment-" + std::to_string(i));
  begun.lease = std::get<Lease>(begun.store->acquire(request, {}));
  RunStart start;
  start.environment = "prod";
  for (int i = 0; i < steps; ++i) start.steps.push_back({address_of(i), "create", "is new"});
  begun.run = begun.store->begin_run(start, begun.lease);
  return begun;
}

/// The batches of a run: StepStarted, PutBlob, PutRecord of `size` steps in one, StepFinished, PutRecord in the next.
std::vector<Batch> batches_of(RunId run, int steps, int size) {
  std::vector<Batch> batches;
  for (int first = 0; first < steps; first += size) {
    Batch started, finished;
    for (int i = first; i < std::min(first + size, steps); ++i) {
      auto step = static_cast<StepNumber>(i);
      PutBlob definition{{}, definition_of(i)};
      definition.digest = sha256(definition.content);
      Record record = record_of(i);
      record.definition = definition.digest;
      record.status = RecordStatus::started;
      started.push_back(StepStarted{run, step, 1, {1}, {}, record.definition});
      started.push_back(std::move(definition));
      started.push_back(PutRecord{record});
      record.status = RecordStatus::deployed;
      finished.push_back(StepFinished{run, step, {2}, StepStatus::succeeded, "", 0});
      finished.push_back(PutRecord{std::move(record)});
    }
    batches.push_back(std::move(started));
    batches.push_back(std::move(finished));
  }
  return batches;
}

/// A step is recorded from its start to its end: five edits.
void steps_recorded(benchmark::State& state) {
  constexpr int steps = 10'000;
  for (auto _ : state) {
    state.PauseTiming();
    Directory directory;
    Begun begun = begin(directory, steps);
    std::vector<Batch> batches = batches_of(begun.run, steps, static_cast<int>(state.range(0)));
    state.ResumeTiming();
    for (const Batch& batch : batches) begun.store->commit(batch, &begun.lease);
    state.PauseTiming();
    batches.clear();
    begun.store.reset();
    state.ResumeTiming();
  }
  state.counters["steps/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * steps, benchmark::Counter::kIsRate);
}
BENCHMARK(steps_recorded)->Arg(1)->Arg(8)->Arg(64)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime();

void snapshot_of_10000(benchmark::State& state) {
  Directory directory;
  auto store = open_sqlite_store(directory.state(), OpenFor::writing);
  Batch batch;
  for (int i = 0; i < 10'000; ++i) batch.push_back(PutRecord{record_of(i)});
  store->commit(batch, nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(store->snapshot("prod"));
}
BENCHMARK(snapshot_of_10000)->Unit(benchmark::kMillisecond);

void begin_run_of_10000(benchmark::State& state) {
  Directory directory;
  for (auto _ : state) {
    benchmark::DoNotOptimize(begin(directory, 10'000).run);
    state.PauseTiming();
    std::filesystem::remove_all(std::filesystem::path(directory.state()).parent_path());
    state.ResumeTiming();
  }
}
BENCHMARK(begin_run_of_10000)->Unit(benchmark::kMillisecond)->UseRealTime();

void open_for(benchmark::State& state, OpenFor mode) {
  Directory directory;
  open_sqlite_store(directory.state(), OpenFor::writing)->commit({PutRecord{record_of(1)}}, nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(open_sqlite_store(directory.state(), mode)->snapshot("prod"));
}
BENCHMARK_CAPTURE(open_for, reading, OpenFor::reading)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(open_for, writing, OpenFor::writing)->Unit(benchmark::kMillisecond)->UseRealTime();

void make_new(benchmark::State& state) {
  for (auto _ : state) {
    Directory directory;
    open_sqlite_store(directory.state(), OpenFor::writing);
  }
}
BENCHMARK(make_new)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace verba
