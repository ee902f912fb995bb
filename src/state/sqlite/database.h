// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface with owners, and its errors as ours. Private to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "base/digest.h"
#include "base/instant.h"
#include "state/sqlite/sqlite_store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace verba {

class Database;

/// Bound as a blob, where a plain string_view is bound as text. Borrows.
struct Bytes {
  std::string_view view;
};

struct CachedStatement {
  sqlite3_stmt* statement = nullptr;
  bool busy = false;  ///< a Query of it is alive
};

/// A statement being carried out: borrowed from the Database's cache for the life of this object. Columns count from
/// 0. Views stay valid until the next call of next().
class Query {
 public:
  enum class Lifetime { of_call, of_query };  ///< how long the bound values live, at least

  template <class... Values>
  Query(Database& database, CachedStatement& cached, [[maybe_unused]] Lifetime lifetime, const Values&... values)
      : Query(database, cached) {
    [[maybe_unused]] int index = 0;
    (bind_value(++index, values, lifetime), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Goes to the next row; false after the last.
  bool next();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;  ///< also the bytes of a blob
  std::string string(int column) const { return std::string(text(column)); }
  bool boolean(int column) const { return integer(column) != 0; }
  Instant instant(int column) const { return {integer(column)}; }
  Digest digest(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::optional<Instant> maybe_instant(int column) const;
  std::optional<Digest> maybe_digest(int column) const;
  std::optional<std::string> maybe_string(int column) const;

 private:
  Query(Database& database, CachedStatement& cached);
  void bind(int index, std::int64_t);
  void bind(int index, std::string_view, bool blob, Lifetime);
  void bind_null(int index);

  template <class T>
  void bind_value(int index, const T& value, Lifetime lifetime) {
    if constexpr (std::is_integral_v<T>) {
      bind(index, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<T, Instant>) {
      bind(index, value.ms);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      bind(index, value.view, true, lifetime);
    } else if constexpr (std::is_same_v<T, Digest>) {
      bind(index, {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()}, true, lifetime);
    } else {
      bind(index, std::string_view(value), false, lifetime);
    }
  }
  template <class T>
  void bind_value(int index, const std::optional<T>& value, Lifetime lifetime) {
    if (value) {
      bind_value(index, *value, lifetime);
    } else {
      bind_null(index);
    }
  }

  Database& database_;
  CachedStatement& cached_;
};

/// One connection. Used by one thread. Every failure throws Error(state): "state.full", "state.read-only",
/// "state.corrupt", "state.busy" or "state.sqlite", with the path and SQLite's own words.
class Database {
 public:
  /// `path` exists, or is ":memory:". Sets nothing but the time to wait for others.
  Database(std::string path, OpenFor);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }
  sqlite3* handle() { return handle_; }

  /// `sql` is a literal: it is prepared once, and found again by its address.
  template <std::size_t N, class... Values>
  Query query(const char (&sql)[N], const Values&... values) {
    return Query(*this, prepared(sql), Query::Lifetime::of_query, values...);
  }
  /// Carries a statement out to its end. How many rows it changed.
  template <std::size_t N, class... Values>
  std::int64_t run(const char (&sql)[N], const Values&... values) {
    {
      Query query(*this, prepared(sql), Query::Lifetime::of_call, values...);
      while (query.next()) {
      }
    }
    return changes();
  }
  /// Throws Error(state) "state.gone" when the file is no longer where it was opened: what is written to it would be
  /// lost.
  void require_in_place();
  /// Several statements, not cached.
  void script(const std::string& sql);

  std::int64_t last_id();
  /// How many rows the last run() changed.
  std::int64_t changes();
  /// Throws what `code` means; `system_error` is the errno behind it, if that is known.
  [[noreturn]] void fail(int code, int system_error = 0);

  /// Keeps every other process from writing (and so from checkpointing): a commit that races a checkpoint of another
  /// connection can lose data in SQLite before 3.44.6 (the WAL-reset bug). Nests. "state.busy" after a while.
  class Alone {
   public:
    explicit Alone(Database& database) : database_(database) { database_.lock(); }
    ~Alone() { database_.unlock(); }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

   private:
    Database& database_;
  };

 private:
  CachedStatement& prepared(const char* sql);
  void lock();
  void unlock() noexcept;
  void open_lock_file();

  std::string path_;
  OpenFor mode_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<const void*, CachedStatement> statements_;
  int lock_file_ = -1;
  int locks_ = 0;
};

/// All of what is written until commit(), or nothing: the destructor takes back what was not committed.
class WriteTransaction {
 public:
  explicit WriteTransaction(Database&);
  ~WriteTransaction();
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  /// Durable when it returns.
  void commit();

 private:
  Database& database_;
  Database::Alone alone_;
};

/// What is read until the end of its life is of one moment. Waits for nobody, and nobody waits for it.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database&);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Database& database_;
};

}  // namespace verba
