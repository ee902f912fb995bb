// SPDX-License-Identifier: Apache-2.0
// The SQLite store when the world breaks under it: kill -9, a full disk, a directory of others.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "child.h"
#include "samples.h"
#include "state/sqlite/sqlite_store.h"

namespace verba {
namespace {

using testing::IsEmpty;

class SqliteFaults : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::string path_ = directory_.file("state.db");
  std::unique_ptr<Store> open(OpenFor mode) { return open_sqlite_store(path_, mode); }
};

constexpr int records_in_batch = 50;

/// All records say which batch they are of.
Batch numbered_batch(int number) {
  Batch batch;
  for (int i = 0; i < records_in_batch; ++i) {
    Record record = a_record("web/" + std::to_string(i));
    record.definition.reset();
    record.outputs = std::to_string(number);
    batch.push_back(PutRecord{record});
    batch.push_back(a_blob(std::to_string(number) + "/" + std::to_string(i) + std::string(600, 'x')));
  }
  batch.push_back(AppendEvent{0, {number}, "batch", "", "{}"});
  return batch;
}

/// The number that all records agree on; -1 when they do not, 0 when there are none.
int number_in(Store& store) {
  auto records = store.snapshot("prod").records;
  if (records.empty()) return 0;
  if (records.size() != records_in_batch) return -1;
  for (const Record& record : records) {
    if (record.outputs != records.front().outputs) return -1;
  }
  return std::stoi(records.front().outputs);
}

TEST_F(SqliteFaults, KilledInTheMiddleOfABatchItLeavesItWholeOrAbsent) {
  int acknowledged_before = 0;
  for (int round = 1; round <= 12; ++round) {
    Signal committed;
    int first = acknowledged_before + 1;
    Child writer([&] {
      auto store = open(OpenFor::writing);
      for (int number = first;; ++number) {
        store->commit(numbered_batch(number), nullptr);
        committed.give();
      }
      return 0;
    });
    for (int i = 0; i < round; ++i) committed.await();
    writer.kill();
    auto store = open(round % 2 == 0 ? OpenFor::writing : OpenFor::reading);
    EXPECT_THAT(store->check(), IsEmpty());
    int number = number_in(*store);
    // What was acknowledged is there.
    ASSERT_GE(number, first + round - 1) << "round " << round;
    EXPECT_EQ(store->events(0, 100'000).size(), static_cast<std::size_t>(number));
    acknowledged_before = number;
  }
}

TEST_F(SqliteFaults, AFullDiskIsAnErrorAndTheBatchIsAbsent) {
  Child writer([&] {
    auto store = open(OpenFor::writing);
    store->commit(numbered_batch(1), nullptr);
    // A file that may not grow is as good as a full disk, and needs no rights to make.
    ::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {300'000, 300'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int failures = 0;
    for (int number = 2; number < 200 && failures < 3; ++number) {
      int before = number_in(*store);
      std::string code = error_code([&] { store->commit(numbered_batch(number), nullptr); });
      if (code.empty()) continue;
      if (code != "state.full") return 2;
      if (number_in(*store) != before) return 3;
      ++failures;
    }
    return failures == 3 ? 0 : 4;
  });
  EXPECT_EQ(writer.wait(), 0);
  auto store = open(OpenFor::writing);
  EXPECT_THAT(store->check(), IsEmpty());
  EXPECT_GE(number_in(*store), 1);
  // With room again it goes on.
  store->commit(numbered_batch(500), nullptr);
  EXPECT_EQ(number_in(*store), 500);
}

TEST_F(SqliteFaults, ABackupThatDoesNotFitLeavesNothing) {
  open(OpenFor::writing)->commit(numbered_batch(1), nullptr);
  Child writer([&] {
    auto store = open(OpenFor::reading);
    ::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {8'192, 8'192};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return error_code([&] { store->backup(directory_.file("backup")); }) == "state.cannot-copy" ? 0 : 1;
  });
  EXPECT_EQ(writer.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(directory_.file("backup")));
  EXPECT_FALSE(std::filesystem::exists(directory_.file("backup.partial")));
}

/// Root may write everywhere, so it becomes nobody first.
void become_nobody() {
  if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(98);
}

TEST_F(SqliteFaults, ADirectoryThatMayNotBeWrittenIsAnErrorToWritersOnly) {
  open(OpenFor::writing)->commit(numbered_batch(1), nullptr);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) ::chmod((path_ + suffix).c_str(), 0444);
  ::chmod(directory_.path().c_str(), 0555);
  Child nobody([&] {
    become_nobody();
    if (error_code([&] { open(OpenFor::writing); }) != "state.read-only") return 1;
    if (error_code([&] { open_sqlite_store(directory_.file("new.db"), OpenFor::writing); }) != "state.read-only")
      return 2;
    if (error_code([&] { open_sqlite_store(directory_.file("a/b.db"), OpenFor::writing); }) != "state.read-only")
      return 3;
    return number_in(*open(OpenFor::reading)) == 1 ? 0 : 4;
  });
  EXPECT_EQ(nobody.wait(), 0);
  ::chmod(directory_.path().c_str(), 0755);
}

TEST_F(SqliteFaults, ACopyOfTheOneFileIsReadInADirectoryOfOthers) {
  open(OpenFor::writing)->commit(numbered_batch(1), nullptr);
  for (const char* suffix : {"-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + suffix);
  ::chmod(path_.c_str(), 0444);
  ::chmod(directory_.path().c_str(), 0555);
  Child nobody([&] {
    become_nobody();
    return number_in(*open(OpenFor::reading)) == 1 ? 0 : 1;
  });
  EXPECT_EQ(nobody.wait(), 0);
  ::chmod(directory_.path().c_str(), 0755);
}

TEST_F(SqliteFaults, AWriterWaitsForOneThatIsInTheMiddle) {
  // The second process opens the file while the first writes without a pause; neither sees "busy".
  Signal begun;
  open(OpenFor::writing);
  Child first([&] {
    auto store = open(OpenFor::writing);
    begun.give();
    for (int i = 0; i < 100; ++i) store->commit(numbered_batch(i + 1), nullptr);
    return 0;
  });
  begun.await();
  for (int i = 0; i < 20; ++i) open(OpenFor::writing)->commit({AppendEvent{0, {i}, "other", "", "{}"}}, nullptr);
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(open(OpenFor::reading)->events(0, 1'000).size(), 120U);
  EXPECT_THAT(open(OpenFor::reading)->check(), IsEmpty());
}

}  // namespace
}  // namespace verba
