// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/database.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "base/error.h"

namespace verba {
namespace {

class InMemory : public testing::Test {
 protected:
  Database database_{":memory:", OpenFor::writing};
  void SetUp() override { database_.script("CREATE TABLE t (i INTEGER, s TEXT, b BLOB) STRICT"); }
  std::int64_t count() {
    auto row = database_.query("SELECT count(*) FROM t");
    row.next();
    return row.integer(0);
  }
};

TEST_F(InMemory, ValuesComeBackAsTheyWereBound) {
  Digest digest = sha256("x");
  std::string text("a\0b", 3);
  EXPECT_EQ(database_.run("INSERT INTO t VALUES (?, ?, ?)", Instant{-5}, text, digest), 1);
  EXPECT_EQ(database_.run("INSERT INTO t VALUES (?, ?, ?)", true, std::string_view(), Bytes{{}}), 1);
  EXPECT_EQ(database_.run("INSERT INTO t VALUES (?, ?, ?)", std::optional<int>(), std::optional<std::string>(),
                          std::optional<Digest>()),
            1);
  auto row = database_.query("SELECT i, s, b FROM t ORDER BY rowid");
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.instant(0), Instant{-5});
  EXPECT_EQ(row.string(1), text);
  EXPECT_EQ(row.digest(2), digest);
  EXPECT_EQ(row.maybe_digest(2), digest);
  ASSERT_TRUE(row.next());
  EXPECT_TRUE(row.boolean(0));
  EXPECT_FALSE(row.is_null(1));
  EXPECT_EQ(row.text(1), "");
  EXPECT_FALSE(row.is_null(2));
  EXPECT_THROW(row.digest(2), Error);
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.maybe_integer(0), std::nullopt);
  EXPECT_EQ(row.maybe_instant(0), std::nullopt);
  EXPECT_EQ(row.maybe_digest(2), std::nullopt);
  EXPECT_FALSE(row.next());
}

TEST_F(InMemory, AQueryKeepsItsOwnCopyOfWhatWasBound) {
  database_.run("INSERT INTO t VALUES (1, ?, NULL)", std::string(100, 'x'));
  std::string wanted(100, 'x');
  auto row = database_.query("SELECT i FROM t WHERE s = ?", wanted);
  wanted.assign(100, 'y');
  EXPECT_TRUE(row.next());
}

TEST_F(InMemory, WhatIsNotCommittedIsTakenBack) {
  {
    WriteTransaction transaction(database_);
    database_.run("INSERT INTO t VALUES (1, '', NULL)");
  }
  EXPECT_EQ(count(), 0);
  {
    WriteTransaction transaction(database_);
    database_.run("INSERT INTO t VALUES (1, '', NULL)");
    transaction.commit();
  }
  EXPECT_EQ(count(), 1);
}

TEST_F(InMemory, AStatementThatFailedCanBeUsedAgain) {
  database_.script("CREATE UNIQUE INDEX once ON t (i)");
  auto insert = [&](int i) { database_.run("INSERT INTO t VALUES (?, '', NULL)", i); };
  insert(1);
  EXPECT_THROW(insert(1), Error);
  insert(2);
  EXPECT_EQ(count(), 2);
}

TEST_F(InMemory, FailuresAreNamedByWhatTheyMean) {
  auto code = [&](int sqlite) {
    try {
      database_.fail(sqlite);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::state);
      EXPECT_THAT(error.what(), testing::HasSubstr(":memory:"));
      return std::string(error.diagnostic().code);
    }
  };
  EXPECT_EQ(code(SQLITE_FULL), "state.full");
  EXPECT_EQ(code(SQLITE_READONLY_DIRECTORY), "state.read-only");
  EXPECT_EQ(code(SQLITE_CORRUPT_VTAB), "state.corrupt");
  EXPECT_EQ(code(SQLITE_NOTADB), "state.corrupt");
  EXPECT_EQ(code(SQLITE_BUSY_SNAPSHOT), "state.busy");
  EXPECT_EQ(code(SQLITE_ERROR), "state.sqlite");
}

using InMemoryDeathTest = InMemory;

TEST_F(InMemoryDeathTest, AStatementIsNotUsedInsideItself) {
  EXPECT_DEATH(
      {
        auto once = [&] { return database_.query("SELECT 1"); };
        auto first = once();
        auto second = once();
      },
      "while it is being carried out");
}

}  // namespace
}  // namespace verba
