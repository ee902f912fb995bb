// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/migrate.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.h"

namespace verba {
namespace {

constexpr std::int64_t our_application_id = 0x56524241;  // as in 0001_initial.sql

std::int64_t application_id(Database& database) {
  auto query = database.query("PRAGMA application_id");
  return query.next() ? query.integer(0) : 0;
}

bool has_tables(Database& database) {
  return database.query("SELECT 1 FROM sqlite_schema LIMIT 1").next();
}

void refuse_foreign(Database& database, int version, std::span<const Migration> all) {
  bool ours = version == 0 ? !has_tables(database) : application_id(database) == our_application_id;
  if (!ours) {
    throw Error(Error::Kind::state, "state.corrupt",
                fmt::format("'{}' is a database of another program", database.path()));
  }
  int newest = all.back().number;
  if (version > newest) {
    throw Error(Error::Kind::state, "state.newer",
                fmt::format("the state in '{}' is of a newer verba: it has schema {}, this program knows {}",
                            database.path(), version, newest),
                "use that newer verba");
  }
}

[[noreturn]] void cannot_copy(const std::string& path, std::string_view why) {
  throw Error(Error::Kind::state, "state.cannot-copy", fmt::format("cannot copy the state to '{}': {}", path, why));
}

/// The file of a copy until it is whole.
class Partial {
 public:
  explicit Partial(const std::string& path) : path_(path), name_(path + ".partial") {
    ::unlink(name_.c_str());
    int file = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) cannot_copy(path, std::strerror(errno));
    ::close(file);
    open_ = sqlite3_open_v2(name_.c_str(), &copy_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) == SQLITE_OK;
  }
  ~Partial() {
    sqlite3_close(copy_);
    ::unlink(name_.c_str());
  }
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;

  void fill(sqlite3* from) {
    sqlite3_backup* backup = open_ ? sqlite3_backup_init(copy_, "main", from, "main") : nullptr;
    if (backup == nullptr) cannot_copy(path_, sqlite3_errmsg(copy_));
    int step = sqlite3_backup_step(backup, -1);
    int end = sqlite3_backup_finish(backup);
    if (step != SQLITE_DONE || end != SQLITE_OK) cannot_copy(path_, sqlite3_errstr(end != SQLITE_OK ? end : step));
    // The copy says that it is in WAL mode, as its origin is; it is to be one file.
    int code = sqlite3_exec(copy_, "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) cannot_copy(path_, sqlite3_errstr(code));
  }

  void put_in_place() {
    sqlite3_close(copy_);
    copy_ = nullptr;
    int file = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC);
    bool safe = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!safe || std::rename(name_.c_str(), path_.c_str()) != 0) cannot_copy(path_, std::strerror(errno));
  }

 private:
  std::string path_;
  std::string name_;
  sqlite3* copy_ = nullptr;
  bool open_ = false;
};

}  // namespace

int schema_version(Database& database) {
  auto query = database.query("PRAGMA user_version");
  return query.next() ? static_cast<int>(query.integer(0)) : 0;
}

bool is_new(Database& database) {
  return schema_version(database) == 0 && !has_tables(database);
}

void require_readable(Database& database, std::span<const Migration> all) {
  int version = schema_version(database);
  if (version == all.back().number && application_id(database) == our_application_id) return;
  refuse_foreign(database, version, all);
  throw Error(Error::Kind::state, "state.older",
              fmt::format("the state in '{}' is of an older verba: it has schema {}, this program reads {}",
                          database.path(), version, all.back().number),
              "any command that writes, such as `verba apply`, brings it up to date");
}

void migrate(Database& database, std::span<const Migration> all) {
  if (schema_version(database) == all.back().number && application_id(database) == our_application_id) return;
  Database::Alone alone(database);
  // Asked again: another process may have done it while we waited.
  int version = schema_version(database);
  refuse_foreign(database, version, all);
  if (version == all.back().number) return;
  if (version > 0) copy_database(database, fmt::format("{}.backup-v{}", database.path(), version));
  WriteTransaction transaction(database);
  for (const Migration& migration : all) {
    if (migration.number <= version) continue;
    while_doing(fmt::format("bringing the state to schema {}", migration.number), {},
                [&] { database.script(std::string(migration.sql)); });
    database.script(fmt::format("PRAGMA user_version = {}", migration.number));
  }
  transaction.commit();
}

void copy_database(Database& database, const std::string& path) {
  Partial partial(path);
  partial.fill(database.handle());
  partial.put_in_place();
}

}  // namespace verba
