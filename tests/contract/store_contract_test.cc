// SPDX-License-Identifier: Apache-2.0
// What every store promises of batches, runs, records and their history.
#include <gmock/gmock.h>

#include "each_store.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class StoreContract : public EachStore {};
VERBA_EACH_STORE(StoreContract);

TEST_P(StoreContract, AnEmptyStoreHoldsNothing) {
  EXPECT_THAT(store_->environments(), IsEmpty());
  EXPECT_EQ(store_->snapshot("prod").environment, "prod");
  EXPECT_EQ(store_->snapshot("prod").serial, 0);
  EXPECT_THAT(store_->snapshot("prod").records, IsEmpty());
  EXPECT_EQ(store_->blob(sha256("x")), std::nullopt);
  EXPECT_THAT(store_->runs("", 10), IsEmpty());
  EXPECT_EQ(store_->run(1), std::nullopt);
  EXPECT_EQ(store_->plan_of(1), std::nullopt);
  EXPECT_THAT(store_->steps(1), IsEmpty());
  EXPECT_THAT(store_->logs(1, std::nullopt), IsEmpty());
  EXPECT_THAT(store_->events(0, 10), IsEmpty());
  EXPECT_THAT(store_->durations("prod"), IsEmpty());
  EXPECT_THAT(store_->leases("prod"), IsEmpty());
  EXPECT_THAT(store_->check(), IsEmpty());
}

TEST_P(StoreContract, ARecordComesBackAsItWasWritten) {
  Record full = a_record("web/site");
  full.status = RecordStatus::failed;
  full.pending = sha256("pending");
  full.protect = true;
  Record bare;
  bare.environment = "prod";
  bare.address = "web/bare";
  store_->commit({PutRecord{full}, PutRecord{bare}}, nullptr);
  EXPECT_THAT(store_->snapshot("prod").records, ElementsAre(bare, full));
  ASSERT_NE(store_->snapshot("prod").find("web/site"), nullptr);
  EXPECT_EQ(*store_->snapshot("prod").find("web/site"), full);
  EXPECT_EQ(store_->snapshot("prod").find("web/sit"), nullptr);
}

TEST_P(StoreContract, ARecordReplacesTheOneOfItsEnvironmentAndAddress) {
  Record first = a_record("web/site");
  Record second = first;
  second.outputs = "{}";
  second.definition.reset();
  second.deployment = "other";
  Record elsewhere = a_record("web/site", "test");
  store_->commit({PutRecord{first}, PutRecord{elsewhere}}, nullptr);
  store_->commit({PutRecord{second}}, nullptr);
  EXPECT_THAT(store_->snapshot("prod").records, ElementsAre(second));
  EXPECT_THAT(store_->snapshot("test").records, ElementsAre(elsewhere));
}

TEST_P(StoreContract, RecordsAreSortedByTheBytesOfTheirAddresses) {
  Batch batch;
  for (const char* address : {"b", "a/z", "a", "Z", "\xC3\xA9", "a/b"}) batch.push_back(PutRecord{a_record(address)});
  store_->commit(batch, nullptr);
  std::vector<std::string> addresses;
  for (const Record& record : store_->snapshot("prod").records) addresses.push_back(record.address);
  EXPECT_THAT(addresses, ElementsAre("Z", "a", "a/b", "a/z", "b", "\xC3\xA9"));
}

TEST_P(StoreContract, TheSerialGrowsWithEveryChangeOfRecordsAndNothingElse) {
  store_->commit({PutRecord{a_record("web/a")}}, nullptr);
  auto first = store_->snapshot("prod").serial;
  EXPECT_GT(first, 0);
  store_->commit({PutRecord{a_record("web/b", "test")}}, nullptr);
  store_->commit({a_blob("x")}, nullptr);
  store_->commit({RemoveRecord{"prod", "web/none"}}, nullptr);
  EXPECT_EQ(store_->snapshot("prod").serial, first);
  store_->commit({RemoveRecord{"prod", "web/a"}}, nullptr);
  EXPECT_GT(store_->snapshot("prod").serial, first);
  EXPECT_THAT(store_->snapshot("prod").records, IsEmpty());
}

TEST_P(StoreContract, EnvironmentsAreThoseWithRecordsOrRuns) {
  store_->commit({PutRecord{a_record("web/a", "test")}, PutRecord{a_record("web/a", "gone")}}, nullptr);
  store_->commit({RemoveRecord{"gone", "web/a"}}, nullptr);
  store_->begin_run(a_run_start(), take_lease(*store_));
  EXPECT_THAT(store_->environments(), ElementsAre("prod", "test"));
}

TEST_P(StoreContract, BlobsComeBackWhateverIsInThem) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  std::string repeated(100'000, 'x');
  std::string noise;
  for (int i = 0; i < 100; ++i) {
    Digest digest = sha256(std::to_string(i));
    noise.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
  }
  for (const std::string& content :
       {std::string(), bytes, repeated, noise, std::string(512, 'a'), std::string(513, 'a')}) {
    store_->commit({a_blob(content)}, nullptr);
    store_->commit({a_blob(content)}, nullptr);
    EXPECT_EQ(store_->blob(sha256(content)), content);
  }
}

TEST_P(StoreContract, ARunBeginsWithAllItsStepsPending) {
  Lease lease = take_lease(*store_);
  RunStart start = a_run_start(3);
  RunId id = store_->begin_run(start, lease);
  EXPECT_EQ(id, 1);
  verba::Run run = store_->run(id).value();
  EXPECT_EQ(run.id, id);
  EXPECT_EQ(run.environment, "prod");
  EXPECT_EQ(run.verb, "apply");
  EXPECT_EQ(run.reason, "friday");
  EXPECT_EQ(run.status, RunStatus::running);
  EXPECT_EQ(run.owner, start.owner);
  EXPECT_EQ(run.started, start.at);
  EXPECT_EQ(run.finished, std::nullopt);
  EXPECT_EQ(run.source, start.source);
  EXPECT_EQ(run.steps, 3);
  EXPECT_EQ(run.succeeded, 0);
  EXPECT_EQ(run.failed, 0);
  EXPECT_EQ(store_->plan_of(id), start.plan);
  auto steps = store_->steps(id);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[2].number, 2U);
  EXPECT_EQ(steps[2].address, "web/2");
  EXPECT_EQ(steps[2].action, "create");
  EXPECT_EQ(steps[2].reason, "is new");
  EXPECT_EQ(steps[2].status, StepStatus::pending);
  EXPECT_EQ(steps[2].attempts, 0);
  EXPECT_EQ(steps[2].started, std::nullopt);
  EXPECT_EQ(store_->begin_run(start, lease), 2);
}

TEST_P(StoreContract, AStepIsStartedThenFinished) {
  Lease lease = take_lease(*store_);
  RunId run = store_->begin_run(a_run_start(2), lease);
  Digest before = sha256("before"), after = sha256("after");
  store_->commit({StepStarted{run, 1, 1, {3'000}, before, after, R"({"x":1})"}}, &lease);
  StepRecord step = store_->steps(run).at(1);
  EXPECT_EQ(step.status, StepStatus::started);
  EXPECT_EQ(step.attempts, 1);
  EXPECT_EQ(step.started, Instant{3'000});
  EXPECT_EQ(step.finished, std::nullopt);
  EXPECT_EQ(step.before, before);
  EXPECT_EQ(step.after, after);
  EXPECT_EQ(step.outputs_before, R"({"x":1})");
  store_->commit({StepFinished{run, 1, {4'500}, StepStatus::failed, "exit code 3", 3}}, &lease);
  step = store_->steps(run).at(1);
  EXPECT_EQ(step.status, StepStatus::failed);
  EXPECT_EQ(step.finished, Instant{4'500});
  EXPECT_EQ(step.message, "exit code 3");
  EXPECT_EQ(step.exit_code, 3);
  EXPECT_EQ(store_->steps(run).at(0).status, StepStatus::pending);
}

TEST_P(StoreContract, ALaterAttemptKeepsTheBeginningOfTheFirst) {
  Lease lease = take_lease(*store_);
  RunId run = store_->begin_run(a_run_start(1), lease);
  store_->commit({StepStarted{run, 0, 1, {3'000}, {}, {}}}, &lease);
  store_->commit({StepFinished{run, 0, {4'000}, StepStatus::failed, "no", 1}}, &lease);
  store_->commit({StepStarted{run, 0, 2, {5'000}, {}, {}}}, &lease);
  StepRecord step = store_->steps(run).at(0);
  EXPECT_EQ(step.attempts, 2);
  EXPECT_EQ(step.started, Instant{3'000});
  EXPECT_EQ(step.finished, std::nullopt);
  EXPECT_EQ(step.message, "");
  EXPECT_EQ(step.exit_code, std::nullopt);
}

TEST_P(StoreContract, ARunCountsItsStepsWhileItGoesOnAndAfter) {
  Lease lease = take_lease(*store_);
  RunId run = store_->begin_run(a_run_start(5), lease);
  store_->commit(
      {StepFinished{run, 0, {1}, StepStatus::succeeded, "", 0},
       StepFinished{run, 1, {1}, StepStatus::unchanged, "", {}}, StepFinished{run, 2, {1}, StepStatus::failed, "", 1},
       StepFinished{run, 3, {1}, StepStatus::in_doubt, "", {}}},
      &lease);
  auto expect = [&](RunStatus status, int succeeded, int failed) {
    for (const verba::Run& seen : {store_->run(run).value(), store_->runs("prod", 1).at(0)}) {
      EXPECT_EQ(seen.status, status);
      EXPECT_EQ(seen.steps, 5);
      EXPECT_EQ(seen.succeeded, succeeded);
      EXPECT_EQ(seen.failed, failed);
    }
  };
  expect(RunStatus::running, 2, 1);
  store_->commit({RunFinished{run, {9'000}, RunStatus::failed}}, &lease);
  expect(RunStatus::failed, 2, 1);
  EXPECT_EQ(store_->run(run)->finished, Instant{9'000});
  store_->commit({StepFinished{run, 4, {1}, StepStatus::succeeded, "", 0}}, &lease);
  expect(RunStatus::failed, 3, 1);
}

TEST_P(StoreContract, RunsAreListedNewestFirst) {
  Lease lease = take_lease(*store_);
  LeaseRequest request = a_request();
  request.environment = "test";
  Lease other = take_lease(*store_, request);
  RunStart start = a_run_start(1);
  store_->begin_run(start, lease);
  start.environment = "test";
  store_->begin_run(start, other);
  start.environment = "prod";
  store_->begin_run(start, lease);
  auto ids = [](const std::vector<verba::Run>& runs) {
    std::vector<RunId> found;
    for (const verba::Run& run : runs) found.push_back(run.id);
    return found;
  };
  EXPECT_THAT(ids(store_->runs("", 10)), ElementsAre(3, 2, 1));
  EXPECT_THAT(ids(store_->runs("prod", 10)), ElementsAre(3, 1));
  EXPECT_THAT(ids(store_->runs("prod", 1)), ElementsAre(3));
  EXPECT_THAT(ids(store_->runs("", static_cast<std::size_t>(-1))), ElementsAre(3, 2, 1));
}

TEST_P(StoreContract, LogsKeepTheirBytesAndTheirOrder) {
  Lease lease = take_lease(*store_);
  RunId run = store_->begin_run(a_run_start(2), lease);
  std::string bytes("a\0\xFF\n", 4);
  store_->commit({AppendLog{run, 1, 1, {10}, false, "first"}, AppendLog{run, 0, 2, {9}, true, bytes}}, &lease);
  store_->commit({AppendLog{run, 1, 1, {11}, false, "last"}}, &lease);
  auto all = store_->logs(run, std::nullopt);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].text, "first");
  EXPECT_EQ(all[1].text, bytes);
  EXPECT_EQ(all[1].step, 0U);
  EXPECT_EQ(all[1].attempt, 2);
  EXPECT_EQ(all[1].at, Instant{9});
  EXPECT_TRUE(all[1].error_stream);
  auto of_one = store_->logs(run, 1);
  ASSERT_EQ(of_one.size(), 2U);
  EXPECT_EQ(of_one[1].text, "last");
}

TEST_P(StoreContract, EventsAreNumberedAndReadOnFromWhereOneWas) {
  for (const char* type : {"a", "b", "c"}) {
    store_->commit({AppendEvent{0, {5}, type, "ada", R"({"x":1})"}}, nullptr);
  }
  auto first = store_->events(0, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].type, "a");
  EXPECT_EQ(first[0].who, "ada");
  EXPECT_EQ(first[0].at, Instant{5});
  EXPECT_EQ(first[0].detail, R"({"x":1})");
  auto rest = store_->events(first[1].id, 10);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].type, "c");
}

TEST_P(StoreContract, DurationsAreOfTheLastSuccess) {
  Lease lease = take_lease(*store_);
  for (std::int64_t length : {100, 250}) {
    RunId run = store_->begin_run(a_run_start(2), lease);
    store_->commit(
        {StepStarted{run, 0, 1, {1'000}, {}, {}}, StepStarted{run, 1, 1, {1'000}, {}, {}},
         StepFinished{run, 0, {1'000 + length}, StepStatus::succeeded, "", 0},
         StepFinished{run, 1, {1'000 + length}, length == 100 ? StepStatus::succeeded : StepStatus::failed, "", 0}},
        &lease);
  }
  EXPECT_THAT(store_->durations("prod"), ElementsAre(Pair("web/0", 250), Pair("web/1", 100)));
  EXPECT_THAT(store_->durations("test"), IsEmpty());
}

TEST_P(StoreContract, ABatchThatIsRefusedLeavesNothing) {
  Lease lease = take_lease(*store_);
  RunId run = store_->begin_run(a_run_start(1), lease);
  std::vector<Edit> refused = {StepStarted{run, 1, 1, {1}, {}, {}},
                               StepFinished{run, 1, {1}, StepStatus::failed, "", {}}, StepStarted{9, 0, 1, {1}, {}, {}},
                               RunFinished{9, {1}, RunStatus::failed}, AppendLog{9, 0, 1, {1}, false, "x"}};
  for (const Edit& edit : refused) {
    Batch batch{StepStarted{run, 0, 1, {1}, {}, {}},
                PutRecord{a_record("web/a")},
                a_blob("left"),
                AppendEvent{run, {1}, "left", "", "{}"},
                AppendLog{run, 0, 1, {1}, false, "left"},
                edit};
    EXPECT_EQ(error_code([&] { store_->commit(batch, &lease); }), "state.unknown-run");
  }
  EXPECT_EQ(store_->steps(run).at(0).status, StepStatus::pending);
  EXPECT_THAT(store_->snapshot("prod").records, IsEmpty());
  EXPECT_EQ(store_->snapshot("prod").serial, 0);
  EXPECT_EQ(store_->blob(sha256("left")), std::nullopt);
  EXPECT_THAT(store_->events(0, 10), IsEmpty());
  EXPECT_THAT(store_->logs(run, std::nullopt), IsEmpty());
  store_->commit({StepStarted{run, 0, 1, {1}, {}, {}}}, &lease);
  EXPECT_EQ(store_->steps(run).at(0).status, StepStatus::started);
}

/// One of everything.
void fill(Store& store) {
  Lease lease = take_lease(store);
  RunId run = store.begin_run(a_run_start(2), lease);
  Record record = a_record("web/0");
  record.pending = sha256("pending");
  store.commit(
      {StepStarted{run, 0, 1, {3'000}, sha256("b"), sha256("a"), "{\"x\":1}"}, a_blob("definition of web/0"),
       a_blob("pending"), a_blob(std::string("\xFF\0 bytes", 8)), PutRecord{record},
       AppendLog{run, 0, 1, {5}, true, std::string("\xC0\x80 \0", 4)}, AppendLog{run, 0, 1, {5}, false, "\xC3\xA9"},
       StepFinished{run, 0, {4'000}, StepStatus::in_doubt, "a \"quoted\"\n\x7f thing", 4},
       RunFinished{run, {9'000}, RunStatus::failed}, AppendEvent{run, {6}, "run.failed", "ada", "{}"}},
      &lease);
  store.commit({PutRecord{a_record("web/1", "test")}}, nullptr);
  store.release(lease);
}

TEST_P(StoreContract, WhatIsExportedIsImportedWhole) {
  fill(*store_);
  std::string text = store_->export_json();
  auto copy = make("copy.db");
  copy->import_json(text);
  EXPECT_EQ(copy->export_json(), text);
  EXPECT_EQ(copy->snapshot("prod").records, store_->snapshot("prod").records);
  EXPECT_EQ(copy->snapshot("prod").serial, store_->snapshot("prod").serial);
  EXPECT_EQ(copy->run(1)->failed, store_->run(1)->failed);
  EXPECT_EQ(copy->plan_of(1), store_->plan_of(1));
  EXPECT_EQ(copy->logs(1, 0).at(0).text, std::string("\xC0\x80 \0", 4));
  EXPECT_EQ(copy->blob(sha256(std::string("\xFF\0 bytes", 8))), std::string("\xFF\0 bytes", 8));
  EXPECT_EQ(copy->steps(1).at(0).message, "a \"quoted\"\n\x7f thing");
  // Numbers go on from where they were.
  Lease next = take_lease(*copy);
  EXPECT_EQ(next.fence, take_lease(*store_).fence);
  EXPECT_EQ(copy->begin_run(a_run_start(), next), 2);
}

TEST_P(StoreContract, EveryStoreExportsTheSameText) {
  fill(*store_);
  auto memory = make_memory_store();
  fill(*memory);
  EXPECT_EQ(store_->export_json(), memory->export_json());
}

TEST_P(StoreContract, AnImportIntoAStoreThatIsNotEmptyIsRefused) {
  std::string nothing = store_->export_json();
  fill(*store_);
  std::string before = store_->export_json();
  EXPECT_EQ(error_code([&] { store_->import_json(nothing); }), "state.not-empty");
  EXPECT_EQ(store_->export_json(), before);
}

TEST_P(StoreContract, AnImportOfSomethingElseIsRefusedWhole) {
  fill(*store_);
  std::string good = store_->export_json();
  auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  auto copy = make("copy.db");
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{}"), with("verba-state/1", "verba-state/2"),
        good.substr(0, good.size() / 2), with("\"status\": \"in-doubt\"", "\"status\": \"odd\""),
        with("\"last_run\": 1", "\"last_run\": \"1\""), with("\"number\": 1", "\"number\": 7"),
        with("definition of web/0", "definition of web/1")}) {
    EXPECT_NE(error_code([&] { copy->import_json(bad); }), "") << bad.substr(0, 100);
    EXPECT_THAT(copy->environments(), IsEmpty());
  }
  copy->import_json(good);
}

TEST_P(StoreContract, ABackupIsWritten) {
  fill(*store_);
  std::string path = directory_.file("backup");
  store_->backup(path);
  EXPECT_TRUE(std::filesystem::file_size(path) > 0);
  EXPECT_NE(error_code([&] { store_->backup(directory_.file("no/such/directory")); }), "");
}

TEST(MemoryStore, FailsTheCallItIsToldTo) {
  auto store = make_memory_store();
  store->fail_call(2);
  store->commit({PutRecord{a_record("web/a")}}, nullptr);
  EXPECT_EQ(error_code([&] { store->commit({PutRecord{a_record("web/b")}}, nullptr); }), "state.full");
  EXPECT_EQ(store->snapshot("prod").records.size(), 1U);
  EXPECT_EQ(store->calls(), 3U);
}

}  // namespace
}  // namespace verba
