// SPDX-License-Identifier: Apache-2.0
// Untyped trees that remember where they came from: what YAML and JSON become, what expressions compute.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/where.h"

namespace verba {

class Value;
class Template;  // value/expr.h

struct Null {
  friend bool operator==(Null, Null) { return true; }
};

/// Stands for what nobody can know yet: it waits for another task's outputs ("known after apply").
struct Unknown {
  friend bool operator==(Unknown, Unknown) { return true; }
};

struct Key {
  std::string name;
  Where where;
};

using List = std::vector<Value>;

/// A map in the order it was written. Keys are unique. Looked up by scan: most maps are small.
class Map {
 public:
  using Entry = std::pair<Key, Value>;

  Map();
  Map(const Map&);
  Map(Map&&) noexcept;
  Map& operator=(const Map&);
  Map& operator=(Map&&) noexcept;
  ~Map();

  bool empty() const;
  std::size_t size() const;
  const Value* find(std::string_view name) const;
  Value* find(std::string_view name);
  const Key* find_key(std::string_view name) const;
  /// Replaces the value of a key that is there, else appends.
  Value& set(Key key, Value value);
  Value& set(std::string_view name, Value value);
  /// Appends without looking: the caller knows that the key is new.
  Value& append(Key key, Value value);
  bool erase(std::string_view name);
  void reserve(std::size_t);

  std::vector<Entry>::const_iterator begin() const;
  std::vector<Entry>::const_iterator end() const;
  std::vector<Entry>::iterator begin();
  std::vector<Entry>::iterator end();

 private:
  std::vector<Entry> entries_;
};

/// A value with its place. A plain value: copying copies the tree (Templates are shared). Equality and canonical
/// JSON look at the content alone: not at places, and not at the order of a map's keys.
///
/// `secret` taints a scalar, list or map: whatever is computed from it is secret too, and nothing that prints a
/// Value shows it (they print "***"). Only code that hands values to a child process or seals them reads it.
class Value {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, real, string, list, map, expression, unknown };

  Value() = default;
  Value(Null) {}
  Value(bool b) : data_(b) {}
  Value(std::int64_t i) : data_(i) {}
  Value(int i) : data_(std::int64_t{i}) {}
  Value(double d) : data_(d) {}
  Value(std::string s) : data_(std::move(s)) {}
  Value(std::string_view s) : data_(std::string(s)) {}
  Value(const char* s) : data_(std::string(s)) {}
  Value(List l) : data_(std::move(l)) {}
  Value(Map m) : data_(std::move(m)) {}
  Value(std::shared_ptr<const Template> t) : data_(std::move(t)) {}
  Value(Unknown u) : data_(u) {}

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind k) const { return kind() == k; }
  bool is_null() const { return is(Kind::null); }
  bool is_string() const { return is(Kind::string); }
  bool is_list() const { return is(Kind::list); }
  bool is_map() const { return is(Kind::map); }
  bool is_unknown() const { return is(Kind::unknown); }
  bool is_expression() const { return is(Kind::expression); }

  /// REQUIRES: the kind is that one.
  bool boolean() const { return std::get<bool>(data_); }
  std::int64_t integer() const { return std::get<std::int64_t>(data_); }
  double real() const { return std::get<double>(data_); }
  const std::string& string() const { return std::get<std::string>(data_); }
  std::string& string() { return std::get<std::string>(data_); }
  const List& list() const { return std::get<List>(data_); }
  List& list() { return std::get<List>(data_); }
  const Map& map() const { return std::get<Map>(data_); }
  Map& map() { return std::get<Map>(data_); }
  const Template& expression() const { return *std::get<std::shared_ptr<const Template>>(data_); }

  /// The member of a map, or null if this is no map or has none of that name.
  const Value* find(std::string_view name) const;

  Where where;
  bool secret = false;
  /// A scalar written without quotes in YAML: only then did the core schema give it a type, and lint may warn.
  bool plain = false;

  /// Content only. An integer and a real of the same number are equal. Unknown equals Unknown.
  friend bool operator==(const Value&, const Value&);

 private:
  std::variant<Null, bool, std::int64_t, double, std::string, List, Map, std::shared_ptr<const Template>, Unknown>
      data_;
};

/// "string", "number", "true or false", "list", "map", "nothing": for messages.
std::string_view kind_name(Value::Kind);

/// Any Unknown in it, or any secret in it, at any depth.
bool has_unknown(const Value&);
bool has_secret(const Value&);
/// Marks the whole tree.
void make_secret(Value&);

}  // namespace verba
