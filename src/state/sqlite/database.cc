// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/error.h"

namespace verba {
namespace {

constexpr std::chrono::milliseconds longest_wait{10'000};

/// What to tell a person, by the kind of failure.
struct Meaning {
  std::string_view code;
  std::string_view hint;
};

Meaning meaning(int code, int system_error) {
  // Some ways of having no room are, to SQLite, plain failures to write.
  bool no_room = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      no_room = true;
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {"state.read-only", "check who owns the file and its directory; nothing was written"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {"state.corrupt", "keep the file, and put a backup of it in its place"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {"state.busy", "another process is writing to it for long; try again when it has ended"};
    case SQLITE_CANTOPEN:
      if (system_error == EACCES || system_error == EROFS || system_error == EPERM) {
        return {"state.read-only", "check who owns the file and its directory"};
      }
      break;
    default:
      break;
  }
  if (no_room) return {"state.full", "make room on the disk and try again; nothing of this change was written"};
  return {"state.sqlite", ""};
}

/// An URI of a file that nobody can be writing to: SQLite then needs no files beside it.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

/// A database in WAL mode is read through two files beside it, which cannot be made in a directory of others.
bool only_alone(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path().string();
  if (directory.empty()) directory = ".";
  return ::access((path + "-wal").c_str(), F_OK) != 0 && ::access(directory.c_str(), W_OK) != 0;
}

}  // namespace

Database::Database(std::string path, OpenFor mode) : path_(std::move(path)), mode_(mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  bool memory = path_ == ":memory:";
  flags |= mode == OpenFor::writing || memory ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  std::string name = path_;
  if (mode == OpenFor::reading && !memory && only_alone(path_)) {
    name = immutable_uri(path_);
    flags |= SQLITE_OPEN_URI;
  }
  int code = sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    // Asked to write to a file it may only read, SQLite would silently open it for reading.
    if (mode == OpenFor::writing && sqlite3_db_readonly(handle_, "main") == 1) fail(SQLITE_READONLY);
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
  sqlite3_busy_timeout(handle_, static_cast<int>(longest_wait.count()));
}

Database::~Database() {
  for (auto& [sql, cached] : statements_) sqlite3_finalize(cached.statement);
  bool alone = false;
  if (lock_file_ >= 0) alone = ::flock(lock_file_, LOCK_EX | LOCK_NB) == 0;
  // The last connection that closes checkpoints; not while another process commits.
  if (!alone) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_close(handle_);
  if (lock_file_ >= 0) ::close(lock_file_);
}

void Database::fail(int code, int system_error) {
  if (system_error == 0 && handle_ != nullptr) system_error = sqlite3_system_errno(handle_);
  std::string words = sqlite3_errstr(code);
  if (handle_ != nullptr && sqlite3_extended_errcode(handle_) == code) words = sqlite3_errmsg(handle_);
  bool told = system_error != 0 && ((code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN);
  if (told) words += fmt::format(" ({})", std::strerror(system_error));
  auto [stable_code, hint] = meaning(code, told ? system_error : 0);
  throw Error(Error::Kind::state, stable_code, fmt::format("the state in '{}' cannot be used: {}", path_, words),
              std::string(hint));
}

void Database::require_in_place() {
  int moved = 0;
  const int code = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (code != SQLITE_OK || moved == 0) return;
  throw Error(Error::Kind::state, "state.gone",
              fmt::format("the state in '{}' was moved or deleted while it was in use", path_),
              "put it back, or a backup of it; what was under way is then looked at by the next `verba apply`");
}

CachedStatement& Database::prepared(const char* sql) {
  CachedStatement& cached = statements_[sql];
  if (cached.statement == nullptr) {
    int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &cached.statement, nullptr);
    if (code != SQLITE_OK) fail(code);
  }
  return cached;
}

void Database::script(const std::string& sql) {
  int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::last_id() {
  return sqlite3_last_insert_rowid(handle_);
}
std::int64_t Database::changes() {
  return sqlite3_changes(handle_);
}

void Database::open_lock_file() {
  // Not the database file itself: closing any other descriptor of that would drop SQLite's own locks on it.
  std::string name = path_ + ".lock";
  lock_file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_file_ >= 0) return;
  int error = errno;
  Meaning why = meaning(SQLITE_CANTOPEN, error);
  throw Error(Error::Kind::state, why.code, fmt::format("cannot make '{}': {}", name, std::strerror(error)),
              std::string(why.hint));
}

void Database::lock() {
  if (locks_ > 0 || path_ == ":memory:") {
    ++locks_;
    return;
  }
  if (lock_file_ < 0) open_lock_file();
  // Tried again and again rather than waited for: whoever holds it may have been stopped for good.
  auto deadline = std::chrono::steady_clock::now() + longest_wait;
  std::chrono::microseconds pause{50};
  while (::flock(lock_file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw Error(Error::Kind::state, "state.sqlite",
                  fmt::format("cannot lock '{}.lock': {}", path_, std::strerror(errno)));
    }
    if (std::chrono::steady_clock::now() > deadline) fail(SQLITE_BUSY);
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds{2'000});
  }
  ++locks_;
}

void Database::unlock() noexcept {
  if (--locks_ == 0 && lock_file_ >= 0) ::flock(lock_file_, LOCK_UN);
}

Query::Query(Database& database, CachedStatement& cached) : database_(database), cached_(cached) {
  if (cached.busy) bug("a statement is used while it is being carried out");
  cached.busy = true;
}

Query::~Query() {
  sqlite3_reset(cached_.statement);
  sqlite3_clear_bindings(cached_.statement);
  cached_.busy = false;
}

bool Query::next() {
  // SQLite keeps the errno of a failure, but not of one in a commit.
  errno = 0;
  int code = sqlite3_step(cached_.statement);
  int system_error = errno;
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code, system_error);
  return false;
}

void Query::bind(int index, std::int64_t value) {
  int code = sqlite3_bind_int64(cached_.statement, index, value);
  if (code != SQLITE_OK) database_.fail(code);
}

void Query::bind(int index, std::string_view value, bool blob, Lifetime lifetime) {
  auto keep = lifetime == Lifetime::of_call ? SQLITE_STATIC : SQLITE_TRANSIENT;
  const char* bytes = value.data() != nullptr ? value.data() : "";  // nullptr would be NULL
  int code = blob ? sqlite3_bind_blob64(cached_.statement, index, bytes, value.size(), keep)
                  : sqlite3_bind_text64(cached_.statement, index, bytes, value.size(), keep, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
}

void Query::bind_null(int index) {
  sqlite3_bind_null(cached_.statement, index);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(cached_.statement, column) == SQLITE_NULL;
}
std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(cached_.statement, column);
}

std::string_view Query::text(int column) const {
  // As a blob: the same bytes without a conversion, and without a search for their end.
  const void* bytes = sqlite3_column_blob(cached_.statement, column);
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(cached_.statement, column));
  return bytes != nullptr ? std::string_view(static_cast<const char*>(bytes), size) : std::string_view();
}

Digest Query::digest(int column) const {
  std::string_view bytes = text(column);
  Digest digest;
  if (bytes.size() != digest.bytes.size()) database_.fail(SQLITE_CORRUPT);
  std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

std::optional<std::int64_t> Query::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<Instant> Query::maybe_instant(int column) const {
  if (is_null(column)) return std::nullopt;
  return instant(column);
}

std::optional<std::string> Query::maybe_string(int column) const {
  if (is_null(column)) return std::nullopt;
  return string(column);
}

std::optional<Digest> Query::maybe_digest(int column) const {
  if (is_null(column)) return std::nullopt;
  return digest(column);
}

WriteTransaction::WriteTransaction(Database& database) : database_(database), alone_(database) {
  database_.run("BEGIN IMMEDIATE");
}

WriteTransaction::~WriteTransaction() {
  // After some failures SQLite has already taken everything back.
  if (sqlite3_get_autocommit(database_.handle()) == 0) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void WriteTransaction::commit() {
  database_.require_in_place();
  database_.run("COMMIT");
}

ReadTransaction::ReadTransaction(Database& database) : database_(database) {
  database_.run("BEGIN");
}

ReadTransaction::~ReadTransaction() {
  if (sqlite3_get_autocommit(database_.handle()) == 0) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace verba
