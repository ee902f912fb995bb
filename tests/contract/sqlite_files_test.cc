// SPDX-License-Identifier: Apache-2.0
// The SQLite store on its disk: opening, reading beside a writer, two writers, backups.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "child.h"
#include "samples.h"
#include "state/sqlite/sqlite_store.h"

namespace verba {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class SqliteFiles : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  std::string path_ = directory_.file(".verba/state.db");
  std::unique_ptr<Store> open(OpenFor mode) { return open_sqlite_store(path_, mode); }
  std::set<std::string> names() {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) found.insert(entry.path().filename());
    return found;
  }
};

unsigned mode_of(const std::string& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

TEST_F(SqliteFiles, AreMadeForTheirOwnerAlone) {
  auto store = open(OpenFor::writing);
  store->commit({PutRecord{a_record("web/a")}}, nullptr);
  EXPECT_EQ(mode_of(fs::path(path_).parent_path()), 0700U);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) EXPECT_EQ(mode_of(path_ + suffix), 0600U) << suffix;
}

TEST_F(SqliteFiles, ReadingWhatIsAbsentGivesNothingAndMakesNothing) {
  auto store = open(OpenFor::reading);
  EXPECT_THAT(store->snapshot("prod").records, IsEmpty());
  EXPECT_THAT(store->runs("", 10), IsEmpty());
  EXPECT_EQ(error_code([&] { store->commit({PutRecord{a_record("web/a")}}, nullptr); }), "state.read-only");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(SqliteFiles, ReadingWritesNothing) {
  open(OpenFor::writing)->commit({PutRecord{a_record("web/a")}}, nullptr);
  auto before = names();
  auto written = fs::last_write_time(path_);
  {
    auto store = open(OpenFor::reading);
    EXPECT_EQ(store->snapshot("prod").records.size(), 1U);
    EXPECT_EQ(error_code([&] { store->commit({}, nullptr); }), "state.read-only");
    EXPECT_EQ(error_code([&] { take_lease(*store); }), "state.read-only");
  }
  EXPECT_EQ(names(), before);
  EXPECT_EQ(fs::last_write_time(path_), written);
}

TEST_F(SqliteFiles, WhatWasCommittedIsThereWhenOpenedAgain) {
  open(OpenFor::writing)->commit({PutRecord{a_record("web/a")}}, nullptr);
  for (OpenFor mode : {OpenFor::reading, OpenFor::writing, OpenFor::reading}) {
    EXPECT_THAT(open(mode)->snapshot("prod").records, ElementsAre(a_record("web/a")));
  }
}

TEST_F(SqliteFiles, AReaderSeesWholeBatchesWhileAWriterWorks) {
  auto writer = open(OpenFor::writing);
  writer->commit({PutRecord{a_record("web/a")}, PutRecord{a_record("web/b")}}, nullptr);
  auto reader = open(OpenFor::reading);
  EXPECT_EQ(reader->snapshot("prod").records.size(), 2U);
  writer->commit({PutRecord{a_record("web/c")}, PutRecord{a_record("web/d")}}, nullptr);
  EXPECT_EQ(reader->snapshot("prod").records.size(), 4U);
}

TEST_F(SqliteFiles, TwoProcessesWriteInTurnsAndNothingIsLost) {
  constexpr int rounds = 200;
  open(OpenFor::writing);
  auto write = [this](const std::string& name) {
    auto store = open(OpenFor::writing);
    for (int i = 0; i < rounds; ++i) {
      std::string address = name + "/" + std::to_string(i);
      store->commit({PutRecord{a_record(address)}, a_blob(address + std::string(3'000, 'x')),
                     AppendEvent{0, {i}, address, "", "{}"}},
                    nullptr);
    }
    return 0;
  };
  {
    Child one([&] { return write("one"); });
    Child two([&] { return write("two"); });
    EXPECT_EQ(one.wait(), 0);
    EXPECT_EQ(two.wait(), 0);
  }
  auto store = open(OpenFor::writing);
  EXPECT_THAT(store->check(), testing::Contains(testing::HasSubstr("definition of record")).Times(2 * rounds));
  EXPECT_EQ(store->snapshot("prod").records.size(), 2U * rounds);
  EXPECT_EQ(store->snapshot("prod").serial, 2 * rounds);
  EXPECT_EQ(store->events(0, 10'000).size(), 2U * rounds);
}

TEST_F(SqliteFiles, OfTwoProcessesThatAskForOneLeaseOneGetsIt) {
  open(OpenFor::writing);
  auto ask = [this](std::int64_t process) {
    auto answer = open(OpenFor::writing)->acquire(a_request({"web"}, an_owner(process)), IsAlive());
    return std::holds_alternative<Lease>(answer) ? 1 : 0;
  };
  Child one([&] { return ask(1); });
  Child two([&] { return ask(2); });
  EXPECT_EQ(one.wait() + two.wait(), 1);
}

TEST_F(SqliteFiles, NothingIsWrittenToAFileThatIsGone) {
  const auto store = open(OpenFor::writing);
  const Lease lease = take_lease(*store);
  fs::rename(path_, path_ + ".away");
  EXPECT_EQ(error_code([&] { store->commit({PutRecord{a_record("web/0")}}, &lease); }), "state.gone");
  fs::rename(path_ + ".away", path_);
  store->commit({PutRecord{a_record("web/0")}}, &lease);
  EXPECT_EQ(store->snapshot("prod").records.size(), 1U);
}

TEST_F(SqliteFiles, ABackupIsOneFileThatOpensLikeTheOriginal) {
  auto store = open(OpenFor::writing);
  store->commit({PutRecord{a_record("web/a")}, a_blob("definition of web/a")}, nullptr);
  std::string backup = directory_.file("backup.db");
  store->backup(backup);
  store->commit({PutRecord{a_record("web/b")}}, nullptr);
  EXPECT_FALSE(fs::exists(backup + "-wal"));
  EXPECT_FALSE(fs::exists(backup + ".partial"));
  EXPECT_EQ(mode_of(backup), 0600U);
  EXPECT_THAT(open_sqlite_store(backup, OpenFor::reading)->snapshot("prod").records, ElementsAre(a_record("web/a")));
  auto again = open_sqlite_store(backup, OpenFor::writing);
  EXPECT_THAT(again->check(), IsEmpty());
  again->commit({PutRecord{a_record("web/c")}}, nullptr);
  // Over one that is there, from a reader.
  open(OpenFor::reading)->backup(directory_.file("second.db"));
  open(OpenFor::reading)->backup(directory_.file("second.db"));
  EXPECT_EQ(open_sqlite_store(directory_.file("second.db"), OpenFor::reading)->snapshot("prod").records.size(), 2U);
}

TEST_F(SqliteFiles, CheckNamesWhatIsMissing) {
  auto store = open(OpenFor::writing);
  EXPECT_THAT(store->check(), IsEmpty());
  store->commit({PutRecord{a_record("web/a")}}, nullptr);
  EXPECT_THAT(store->check(), ElementsAre("the definition of record prod web/a is missing"));
}

TEST_F(SqliteFiles, AFileThatIsNoDatabaseIsNamed) {
  fs::create_directory(directory_.path() / ".verba");
  std::ofstream(path_) << std::string(4096, 'x');
  for (OpenFor mode : {OpenFor::reading, OpenFor::writing}) {
    EXPECT_EQ(error_code([&] { open(mode); }), "state.corrupt");
  }
  try {
    open(OpenFor::reading);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(path_));
    EXPECT_NE(error.diagnostic().hint, "");
  }
}

TEST_F(SqliteFiles, DamageIsFoundAndSaid) {
  open(OpenFor::writing)->commit({PutRecord{a_record("web/a")}, a_blob("definition of web/a")}, nullptr);
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    std::string all((std::istreambuf_iterator<char>(file)), {});
    std::size_t at = all.find("definition of web/a");
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at)) << 'D';
  }
  auto store = open(OpenFor::reading);
  EXPECT_EQ(store->check().size(), 1U);
  EXPECT_EQ(error_code([&] { store->blob(sha256("definition of web/a")); }), "state.corrupt");
}

}  // namespace
}  // namespace verba
