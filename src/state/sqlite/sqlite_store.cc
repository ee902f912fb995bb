// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <type_traits>

#include "base/error.h"
#include "state/contents.h"
#include "state/sqlite/blobs.h"
#include "state/sqlite/database.h"
#include "state/sqlite/edits.h"
#include "state/sqlite/history.h"
#include "state/sqlite/leases.h"
#include "state/sqlite/migrate.h"
#include "state/sqlite/reseal_database.h"
#include "state/sqlite/transfer.h"

namespace verba {
namespace {

class SqliteStore final : public Store, public Resealable {
 public:
  SqliteStore(std::unique_ptr<Database> database, OpenFor mode)
      : database_(std::move(database)), blobs_(*database_), mode_(mode) {}

  Snapshot snapshot(const std::string& environment) override { return read_snapshot(*database_, environment); }
  std::vector<std::string> environments() override { return read_environments(*database_); }
  std::optional<std::string> blob(const Digest& digest) override { return blobs_.get(digest); }

  RunId begin_run(const RunStart& start, const Lease& lease) override {
    return write([&] { return write_run(*database_, blobs_, start, lease); });
  }
  void commit(const Batch& batch, const Lease* lease) override {
    write([&] { write_batch(*database_, blobs_, batch, lease); });
  }

  std::vector<Run> runs(const std::string& environment, std::size_t limit) override {
    return read_runs(*database_, environment, limit);
  }
  std::optional<Run> run(RunId id) override { return read_run(*database_, id); }
  std::optional<std::string> plan_of(RunId id) override {
    std::optional<Digest> plan;
    {
      auto row = database_->query("SELECT plan FROM run WHERE id = ?", id);
      if (row.next()) plan = row.digest(0);
    }
    return plan ? blobs_.get(*plan) : std::nullopt;
  }
  std::vector<StepRecord> steps(RunId id) override { return read_steps(*database_, id); }
  std::vector<LogLine> logs(RunId id, std::optional<StepNumber> step) override {
    return read_logs(*database_, id, step);
  }
  std::vector<StoredEvent> events(std::int64_t after_id, std::size_t limit) override {
    return read_events(*database_, after_id, limit);
  }
  std::map<std::string, std::int64_t> durations(const std::string& environment) override {
    return read_durations(*database_, environment);
  }

  std::variant<Lease, Holder> acquire(const LeaseRequest& request, const IsAlive& is_alive) override {
    return write([&] { return acquire_lease(*database_, request, is_alive); });
  }
  void renew(const Lease& lease, Instant now, Milliseconds length) override {
    write([&] { renew_lease(*database_, lease, now, length); });
  }
  void release(const Lease& lease) override {
    write([&] { release_lease(*database_, lease); });
  }
  bool revoke(const std::string& environment, std::int64_t fence, Instant now) override {
    bool revoked = false;
    write([&] { revoked = revoke_lease(*database_, environment, fence, now); });
    return revoked;
  }
  std::vector<Holder> leases(const std::string& environment) override { return list_leases(*database_, environment); }

  void reseal(const Reseal& how, const Lease& lease, Instant now) override {
    // What the old key opens is to be in no free page and in no log either.
    database_->script("PRAGMA secure_delete = ON");
    write([&] { reseal_database(*database_, blobs_, how, lease, now); });
    database_->script("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  std::string export_json() override { return to_export_json(read_contents(*database_, blobs_)); }
  void import_json(std::string_view json) override {
    Contents contents = from_export_json(json);
    write([&] { write_contents(*database_, blobs_, contents); });
  }
  void backup(const std::string& path) override { copy_database(*database_, path); }
  std::vector<std::string> check() override { return find_problems(*database_, blobs_); }

 private:
  /// One durable transaction; taken back when `body` throws.
  template <class Body>
  std::invoke_result_t<Body> write(Body&& body) {
    if (mode_ == OpenFor::reading) {
      throw Error(Error::Kind::state, "state.read-only", "the state was opened for reading");
    }
    WriteTransaction transaction(*database_);
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      body();
      transaction.commit();
    } else {
      auto result = body();
      transaction.commit();
      return result;
    }
  }

  std::unique_ptr<Database> database_;
  Blobs blobs_;
  OpenFor mode_;
};

[[noreturn]] void cannot_make(const std::string& path, int error) {
  std::string_view code = "state.sqlite";
  std::string hint;
  if (error == ENOSPC || error == EDQUOT) {
    code = "state.full";
    hint = "make room on the disk and try again";
  } else if (error == EACCES || error == EROFS || error == EPERM) {
    code = "state.read-only";
    hint = "check who owns the directory";
  }
  throw Error(Error::Kind::state, code, fmt::format("cannot make '{}': {}", path, std::strerror(error)), hint);
}

/// Only for us: state tells much of what is deployed.
void make_private_directory(const std::filesystem::path& directory) {
  if (directory.empty() || ::access(directory.c_str(), F_OK) == 0) return;
  make_private_directory(directory.parent_path());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) cannot_make(directory.string(), errno);
}

/// SQLite gives the files beside it the mode of the first, so that one is made by us.
void make_private_file(const std::string& path) {
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    if (errno == EEXIST) return;
    cannot_make(path, errno);
  }
  ::close(file);
  // The name, too, is to outlive a power loss.
  std::string directory = std::filesystem::path(path).parent_path().string();
  int parent = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return;
  ::fsync(parent);
  ::close(parent);
}

/// The lock file beside a state is not empty once the state was made. So one that is empty then was cut.
std::string mark_of(const std::string& path) {
  return path + ".lock";
}

bool was_made(const std::string& path) {
  struct stat mark = {};
  return ::stat(mark_of(path).c_str(), &mark) == 0 && mark.st_size > 0;
}

void note_made(const std::string& path) {
  if (was_made(path)) return;
  const int file = ::open(mark_of(path).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;  // it only helps to find out more
  if (::write(file, "1\n", 2) == 2) ::fsync(file);
  ::close(file);
}

/// A state that is not there is made anew, whatever there was of that name.
void forget_made(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0 || errno != ENOENT || !was_made(path)) return;
  if (::truncate(mark_of(path).c_str(), 0) != 0) cannot_make(path, errno);
}

void refuse_cut(Database& database) {
  if (!is_new(database) || !was_made(database.path())) return;
  throw Error(Error::Kind::state, "state.corrupt",
              fmt::format("the state in '{}' is empty, though it was in use: it was cut", database.path()),
              "put a backup of it in its place; to begin anew, remove the file");
}

/// The write-ahead log needs memory shared by all who use the file, which no network file system gives.
bool on_network(const std::string& path) {
  struct statfs file_system = {};
  if (::statfs(path.c_str(), &file_system) != 0) return false;
  switch (static_cast<unsigned long>(file_system.f_type)) {
    case 0x6969:      // NFS
    case 0x517B:      // SMB
    case 0xFF534D42:  // CIFS
    case 0xFE534D42:  // SMB2
    case 0x01021997:  // 9P
    case 0x5346414F:  // AFS
    case 0x00C36400:  // Ceph
      return true;
    default:
      return false;
  }
}

void prepare_for_writing(Database& database) {
  // Durable when COMMIT returns; a log that has grown large is cut when it was carried over. Carried over less often
  // than by default: in a run, the same pages are written again and again.
  database.script(
      "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384; "
      "PRAGMA wal_autocheckpoint = 4000");
  Database::Alone alone(database);
  database.script(on_network(database.path()) ? "PRAGMA journal_mode = TRUNCATE" : "PRAGMA journal_mode = WAL");
  // The log stays, empty, when we close: who reads then has no file to make.
  int keep = 1;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

std::unique_ptr<Store> nothing_to_read() {
  auto database = std::make_unique<Database>(":memory:", OpenFor::reading);
  migrate(*database, migrations());
  return std::make_unique<SqliteStore>(std::move(database), OpenFor::reading);
}

/// A crash in mid-write, while the state was made or on a network file system, may leave a journal that has to be
/// carried out first. Only who may write can do that; who may not is told so by what is read next.
void carry_out_journal(const std::string& path) {
  struct stat journal = {};
  if (::stat((path + "-journal").c_str(), &journal) != 0 || journal.st_size == 0) return;
  if (::access(path.c_str(), W_OK) != 0) return;
  Database database(path, OpenFor::writing);
  is_new(database);  // reads, and so carries it out
}

std::unique_ptr<Store> open_for_reading(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return nothing_to_read();
  carry_out_journal(path);
  auto database = std::make_unique<Database>(path, OpenFor::reading);
  refuse_cut(*database);
  if (is_new(*database)) return nothing_to_read();
  require_readable(*database, migrations());
  return std::make_unique<SqliteStore>(std::move(database), OpenFor::reading);
}

}  // namespace

std::unique_ptr<Store> open_sqlite_store(const std::string& path, OpenFor mode) {
  return while_doing(fmt::format("opening the state in '{}'", path), {}, [&]() -> std::unique_ptr<Store> {
    if (mode == OpenFor::reading) return open_for_reading(path);
    make_private_directory(std::filesystem::path(path).parent_path());
    forget_made(path);
    make_private_file(path);
    auto database = std::make_unique<Database>(path, OpenFor::writing);
    refuse_cut(*database);
    prepare_for_writing(*database);
    migrate(*database, migrations());
    note_made(path);
    return std::make_unique<SqliteStore>(std::move(database), OpenFor::writing);
  });
}

}  // namespace verba
