// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/migrate.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace verba {
namespace {

class Migrating : public testing::Test {
 protected:
  Migrating() {
    std::string name = (std::filesystem::temp_directory_path() / "verba-migrate-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ / "state.db";
    std::ofstream(path_).flush();
    all_.push_back({static_cast<int>(all_.size()) + 1, "next.sql", "CREATE TABLE next (x INTEGER) STRICT"});
  }
  ~Migrating() override { std::filesystem::remove_all(directory_); }

  std::string code(const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      return std::string(error.diagnostic().code);
    }
    return "";
  }
  std::string backup() { return path_.string() + ".backup-v" + std::to_string(migrations().size()); }

  std::filesystem::path directory_;
  std::filesystem::path path_;
  std::vector<Migration> all_ = migrations();
};

TEST_F(Migrating, MakesAnEmptyFileANewStateWithoutABackup) {
  Database database(path_, OpenFor::writing);
  EXPECT_TRUE(is_new(database));
  migrate(database, migrations());
  EXPECT_FALSE(is_new(database));
  EXPECT_EQ(schema_version(database), static_cast<int>(migrations().size()));
  require_readable(database, migrations());
  migrate(database, migrations());
  EXPECT_FALSE(std::filesystem::exists(backup()));
}

TEST_F(Migrating, CopiesAnOlderStateFirst) {
  Database database(path_, OpenFor::writing);
  migrate(database, migrations());
  database.script("INSERT INTO environment VALUES ('prod', 7)");
  EXPECT_EQ(code([&] { require_readable(database, all_); }), "state.older");
  migrate(database, all_);
  require_readable(database, all_);
  Database old(backup(), OpenFor::reading);
  require_readable(old, migrations());
  EXPECT_TRUE(old.query("SELECT 1 FROM environment WHERE serial = 7").next());
  EXPECT_TRUE(database.query("SELECT 1 FROM environment WHERE serial = 7").next());
}

TEST_F(Migrating, RefusesANewerState) {
  Database database(path_, OpenFor::writing);
  migrate(database, all_);
  EXPECT_EQ(code([&] { migrate(database, migrations()); }), "state.newer");
  EXPECT_EQ(code([&] { require_readable(database, migrations()); }), "state.newer");
}

TEST_F(Migrating, RefusesTheDatabaseOfAnotherProgram) {
  Database database(path_, OpenFor::writing);
  database.script("CREATE TABLE theirs (x)");
  EXPECT_EQ(code([&] { migrate(database, migrations()); }), "state.corrupt");
  database.script("PRAGMA user_version = 1");
  EXPECT_EQ(code([&] { migrate(database, migrations()); }), "state.corrupt");
  EXPECT_EQ(code([&] { require_readable(database, migrations()); }), "state.corrupt");
}

TEST_F(Migrating, ThatFailsLeavesWhatWas) {
  Database database(path_, OpenFor::writing);
  migrate(database, migrations());
  all_.push_back({all_.back().number + 1, "bad.sql", "CREATE TABLE later (x INTEGER) STRICT; NONSENSE"});
  EXPECT_EQ(code([&] { migrate(database, all_); }), "state.sqlite");
  EXPECT_EQ(schema_version(database), static_cast<int>(migrations().size()));
  EXPECT_FALSE(database.query("SELECT 1 FROM sqlite_schema WHERE name IN ('next', 'later')").next());
}

}  // namespace
}  // namespace verba
