// SPDX-License-Identifier: Apache-2.0
#include "value/value.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "value/expr.h"
#include "value/keys.h"

namespace verba {

Map::Map() = default;
Map::Map(const Map&) = default;
Map::Map(Map&&) noexcept = default;
Map& Map::operator=(const Map&) = default;
Map& Map::operator=(Map&&) noexcept = default;
Map::~Map() = default;

bool Map::empty() const {
  return entries_.empty();
}
std::size_t Map::size() const {
  return entries_.size();
}

const Value* Map::find(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.first.name == name) return &entry.second;
  }
  return nullptr;
}

Value* Map::find(std::string_view name) {
  return const_cast<Value*>(std::as_const(*this).find(name));
}

const Key* Map::find_key(std::string_view name) const {
  for (const Entry& entry : entries_) {
    if (entry.first.name == name) return &entry.first;
  }
  return nullptr;
}

Value& Map::set(Key key, Value value) {
  if (Value* old = find(key.name)) return *old = std::move(value);
  return append(std::move(key), std::move(value));
}

Value& Map::set(std::string_view name, Value value) {
  if (Value* old = find(name)) return *old = std::move(value);
  return append(Key{std::string(name), {}}, std::move(value));
}

Value& Map::append(Key key, Value value) {
  return entries_.emplace_back(std::move(key), std::move(value)).second;
}

bool Map::erase(std::string_view name) {
  auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.first.name == name; });
  if (at == entries_.end()) return false;
  entries_.erase(at);
  return true;
}

void Map::reserve(std::size_t count) {
  entries_.reserve(count);
}

std::vector<Map::Entry>::const_iterator Map::begin() const {
  return entries_.begin();
}
std::vector<Map::Entry>::const_iterator Map::end() const {
  return entries_.end();
}
std::vector<Map::Entry>::iterator Map::begin() {
  return entries_.begin();
}
std::vector<Map::Entry>::iterator Map::end() {
  return entries_.end();
}

const Value* Value::find(std::string_view name) const {
  return is_map() ? map().find(name) : nullptr;
}

std::vector<const Map::Entry*> sorted_entries(const Map& map) {
  std::vector<const Map::Entry*> entries;
  entries.reserve(map.size());
  for (const Map::Entry& entry : map) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](auto* a, auto* b) { return a->first.name < b->first.name; });
  return entries;
}

std::vector<std::pair<std::size_t, std::size_t>> repeated_keys(std::span<const Map::Entry> entries) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  if (entries.size() <= 16) {
    for (std::size_t i = 1; i < entries.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (entries[i].first.name != entries[j].first.name) continue;
        found.emplace_back(j, i);
        break;
      }
    }
    return found;
  }
  std::unordered_map<std::string_view, std::size_t> first;
  first.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto [at, fresh] = first.emplace(entries[i].first.name, i);
    if (!fresh) found.emplace_back(at->second, i);
  }
  return found;
}

namespace {

bool equal(const Map& a, const Map& b) {
  if (a.size() != b.size()) return false;
  // Maps written in the same order, by far the most, need no search.
  auto same_order = [](const Map::Entry& x, const Map::Entry& y) { return x.first.name == y.first.name; };
  auto same = [](const Map::Entry& x, const Map::Entry& y) { return x.second == y.second; };
  if (std::equal(a.begin(), a.end(), b.begin(), same_order)) return std::equal(a.begin(), a.end(), b.begin(), same);
  auto left = sorted_entries(a);
  auto right = sorted_entries(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!same_order(*left[i], *right[i]) || !same(*left[i], *right[i])) return false;
  }
  return true;
}

bool equal(std::int64_t i, double d) {
  // Compared as integers: a conversion of `i` to double could round two different numbers together.
  return d >= -0x1p63 && d < 0x1p63 && std::trunc(d) == d && static_cast<std::int64_t>(d) == i;
}

bool equal(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  using Kind = Value::Kind;
  if (a.kind() != b.kind()) {
    if (a.is(Kind::integer) && b.is(Kind::real)) return equal(a.integer(), b.real());
    if (a.is(Kind::real) && b.is(Kind::integer)) return equal(b.integer(), a.real());
    return false;
  }
  switch (a.kind()) {
    case Kind::null:
    case Kind::unknown:
      return true;
    case Kind::boolean:
      return a.boolean() == b.boolean();
    case Kind::integer:
      return a.integer() == b.integer();
    case Kind::real:
      return equal(a.real(), b.real());
    case Kind::string:
      return a.string() == b.string();
    case Kind::list:
      return a.list() == b.list();
    case Kind::map:
      return equal(a.map(), b.map());
    case Kind::expression:
      return a.expression().text() == b.expression().text() && a.expression().whole() == b.expression().whole();
  }
  return false;
}

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::boolean:
      return "true or false";
    case Value::Kind::integer:
    case Value::Kind::real:
      return "number";
    case Value::Kind::string:
      return "string";
    case Value::Kind::list:
      return "list";
    case Value::Kind::map:
      return "map";
    case Value::Kind::expression:
      return "expression";
    case Value::Kind::unknown:
      return "value known after apply";
  }
  return "value";
}

namespace {

template <class Test>
bool any_node(const Value& value, const Test& test) {
  if (test(value)) return true;
  if (value.is_list()) {
    for (const Value& item : value.list()) {
      if (any_node(item, test)) return true;
    }
  } else if (value.is_map()) {
    for (const Map::Entry& entry : value.map()) {
      if (any_node(entry.second, test)) return true;
    }
  }
  return false;
}

}  // namespace

bool has_unknown(const Value& value) {
  return any_node(value, [](const Value& v) { return v.is_unknown(); });
}

bool has_secret(const Value& value) {
  return any_node(value, [](const Value& v) { return v.secret; });
}

void make_secret(Value& value) {
  value.secret = true;
  if (value.is_list()) {
    for (Value& item : value.list()) make_secret(item);
  } else if (value.is_map()) {
    for (Map::Entry& entry : value.map()) make_secret(entry.second);
  }
}

}  // namespace verba
