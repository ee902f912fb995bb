// SPDX-License-Identifier: Apache-2.0
// Each struct lists its fields once, in a function template `fields`; a Writer or a Reader goes over the list.
#include "state/contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <type_traits>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "state/words.h"
#include "value/json.h"
#include "value/value.h"

namespace verba {
namespace {

constexpr std::string_view format_name = "verba-state/1";

template <class Given, class Wanted>
concept Like = std::same_as<std::remove_const_t<Given>, Wanted>;

struct SerialEntry {
  std::string name;
  std::int64_t serial = 0;
};

struct BlobEntry {
  Digest digest;
  std::string content;
};

void fields(auto& io, Like<SerialEntry> auto& e) {
  io("name", e.name);
  io("serial", e.serial);
}

void fields(auto& io, Like<BlobEntry> auto& e) {
  io("digest", e.digest);
  io("content", e.content);
}

void fields(auto& io, Like<Record> auto& r) {
  io("environment", r.environment);
  io("address", r.address);
  io("deployment", r.deployment);
  io("type", r.type);
  io("account", r.account);
  io("status", r.status);
  io("definition", r.definition);
  io("pending", r.pending);
  io("inputs", r.inputs);
  io("beside", r.beside);
  io("outputs", r.outputs);
  io("needs", r.needs);
  io("run", r.run);
  io("created", r.created);
  io("updated", r.updated);
  io("place", r.place);
  io("protect", r.protect);
  io("lifetime", r.lifetime);
  io("expires", r.expires);
}

void fields(auto& io, Like<Owner> auto& o) {
  io("user", o.user);
  io("host", o.host);
  io("boot_id", o.boot_id);
  io("process", o.process);
  io("process_start", o.process_start);
}

void fields(auto& io, Like<StepRecord> auto& s) {
  io("number", s.number);
  io("address", s.address);
  io("action", s.action);
  io("reason", s.reason);
  io("status", s.status);
  io("attempts", s.attempts);
  io("started", s.started);
  io("finished", s.finished);
  io("message", s.message);
  io("exit_code", s.exit_code);
  io("before", s.before);
  io("after", s.after);
  io("outputs_before", s.outputs_before);
  io("whole_before", s.whole_before);
}

void fields(auto& io, Like<LogLine> auto& l) {
  io("step", l.step);
  io("attempt", l.attempt);
  io("at", l.at);
  io("error_stream", l.error_stream);
  io("text", l.text);
}

void fields(auto& io, Like<RunContents> auto& r) {
  io("id", r.run.id);
  io("environment", r.run.environment);
  io("verb", r.run.verb);
  io("reason", r.run.reason);
  io("status", r.run.status);
  io("owner", r.run.owner);
  io("started", r.run.started);
  io("finished", r.run.finished);
  io("source", r.run.source);
  io("fence", r.fence);
  io("plan", r.plan);
  io("steps", r.steps);
  io("logs", r.logs);
}

void fields(auto& io, Like<StoredEvent> auto& e) {
  io("id", e.id);
  io("run", e.run);
  io("at", e.at);
  io("type", e.type);
  io("who", e.who);
  io("detail", e.detail);
}

/// How many bytes the first character takes; 0 when it is not UTF-8 (RFC 3629).
std::size_t character_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto follows = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    // Neither overlong nor half of a surrogate pair.
    bool second = follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool second = follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

class Writer {
 public:
  template <class T>
  void operator()(std::string_view name, const T& field) {
    map_.append(Key{std::string(name), {}}, value(field));
  }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& field) {
    if (field) (*this)(name, *field);
  }
  Map take() { return std::move(map_); }

 private:
  static Value value(const std::string& text) {
    if (is_utf8(text)) return text;
    Map bytes;
    bytes.set("base64", to_base64(text));
    return bytes;
  }
  static Value value(bool b) { return b; }
  static Value value(std::integral auto i) { return static_cast<std::int64_t>(i); }
  static Value value(const Digest& d) { return d.hex(); }
  static Value value(Instant at) { return to_string(at); }
  static Value value(RecordStatus s) { return to_string(s); }
  static Value value(Lifetime l) { return to_string(l); }
  static Value value(RunStatus s) { return to_string(s); }
  static Value value(StepStatus s) { return to_string(s); }
  template <class T>
  static Value value(const std::vector<T>& items) {
    List list;
    list.reserve(items.size());
    for (const T& item : items) list.push_back(value(item));
    return list;
  }
  template <class T>
  requires std::is_class_v<T>
  static Value value(const T& item) {
    Writer writer;
    fields(writer, item);
    return writer.take();
  }

  Map map_;
};

[[noreturn]] void refuse(const std::string& message) {
  throw Error(Error::Kind::state, "state.cannot-import", "the text cannot be imported: " + message);
}

class Reader {
 public:
  /// `path` says where we are: "runs[3].steps[0]". Borrows.
  Reader(const Value& value, std::string path) : map_(value), path_(std::move(path)) {
    if (!value.is_map()) refuse(fmt::format("{} is no map", path_));
  }

  template <class T>
  void operator()(std::string_view name, T& field) {
    const Value* value = map_.find(name);
    if (value == nullptr) refuse(fmt::format("{} is missing", at(name)));
    read(*value, at(name), field);
  }
  void operator()(std::string_view name, Lifetime& field) {  // not in texts of before there were temporary things
    if (const Value* value = map_.find(name)) field = word(*value, at(name), lifetime);
  }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& field) {
    if (map_.find(name) != nullptr) (*this)(name, field.emplace());
  }

 private:
  std::string at(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }

  static const std::string& text(const Value& value, const std::string& path) {
    if (!value.is_string()) refuse(fmt::format("{} is no string", path));
    return value.string();
  }
  static void read(const Value& value, const std::string& path, std::string& field) {
    if (const Value* encoded = value.find("base64")) {
      auto bytes = from_base64(text(*encoded, path));
      if (!bytes) refuse(fmt::format("{} is not base64", path));
      field = *std::move(bytes);
    } else {
      field = text(value, path);
    }
  }
  static void read(const Value& value, const std::string& path, bool& field) {
    if (!value.is(Value::Kind::boolean)) refuse(fmt::format("{} is neither true nor false", path));
    field = value.boolean();
  }
  template <std::integral T>
  static void read(const Value& value, const std::string& path, T& field) {
    if (!value.is(Value::Kind::integer) || !std::in_range<T>(value.integer())) {
      refuse(fmt::format("{} is no whole number of that size", path));
    }
    field = static_cast<T>(value.integer());
  }
  static void read(const Value& value, const std::string& path, Instant& field) {
    auto instant = parse_instant(text(value, path));
    if (!instant) refuse(fmt::format("{} is no point in time", path));
    field = *instant;
  }
  static void read(const Value& value, const std::string& path, Digest& field) {
    const std::string& hex = text(value, path);
    auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0; };
    for (std::size_t i = 0; i < field.bytes.size() && 2 * i + 1 < hex.size(); ++i) {
      field.bytes[i] = static_cast<unsigned char>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    if (field.hex() != hex) refuse(fmt::format("{} is no digest", path));
  }
  static void read(const Value& value, const std::string& path, RecordStatus& field) {
    field = word(value, path, record_status);
  }
  static void read(const Value& value, const std::string& path, RunStatus& field) {
    field = word(value, path, run_status);
  }
  static void read(const Value& value, const std::string& path, StepStatus& field) {
    field = word(value, path, step_status);
  }
  template <class Status>
  static Status word(const Value& value, const std::string& path, Status (*parse)(std::string_view)) {
    return while_doing(fmt::format("reading {}", path), {}, [&] { return parse(text(value, path)); });
  }
  template <class T>
  static void read(const Value& value, const std::string& path, std::vector<T>& field) {
    if (!value.is_list()) refuse(fmt::format("{} is no list", path));
    for (const Value& item : value.list()) {
      std::string at = fmt::format("{}[{}]", path, field.size());
      read(item, at, field.emplace_back());
    }
  }
  template <class T>
  requires std::is_class_v<T>
  static void read(const Value& value, const std::string& path, T& field) {
    Reader reader(value, path);
    fields(reader, field);
  }

  const Value& map_;
  std::string path_;
};

/// The same as Contents, with lists for maps.
struct Text {
  std::string format{format_name};
  std::int64_t last_fence = 0;
  RunId last_run = 0;
  std::vector<SerialEntry> environments;
  std::vector<BlobEntry> blobs;
  std::vector<Record> records;
  std::vector<RunContents> runs;
  std::vector<StoredEvent> events;
};

void fields(auto& io, Like<Text> auto& t) {
  io("last_fence", t.last_fence);
  io("last_run", t.last_run);
  io("environments", t.environments);
  io("blobs", t.blobs);
  io("records", t.records);
  io("runs", t.runs);
  io("events", t.events);
}

void require_sound(const RunContents& run) {
  std::string path = fmt::format("run {}", run.run.id);
  if (run.run.id < 1) refuse(path + ": runs are numbered from 1");
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    if (run.steps[i].number != i) refuse(fmt::format("{}: step {} is missing", path, i));
  }
}

}  // namespace

void count_steps(Run& run, const std::vector<StepRecord>& steps) {
  run.steps = static_cast<std::int64_t>(steps.size());
  run.succeeded = run.failed = 0;
  for (const StepRecord& step : steps) {
    if (step.status == StepStatus::succeeded || step.status == StepStatus::unchanged) ++run.succeeded;
    if (step.status == StepStatus::failed) ++run.failed;
  }
}

std::string to_export_json(const Contents& contents) {
  Text text;
  text.last_fence = contents.last_fence;
  text.last_run = contents.last_run;
  for (const auto& [name, serial] : contents.serials) text.environments.push_back({name, serial});
  for (const auto& [digest, content] : contents.blobs) text.blobs.push_back({digest, content});
  for (const auto& [key, record] : contents.records) text.records.push_back(record);
  for (const auto& [id, run] : contents.runs) text.runs.push_back(run);
  text.events = contents.events;
  Writer writer;
  writer("format", text.format);
  fields(writer, text);
  return to_pretty_json(writer.take()) + "\n";
}

Contents from_export_json(std::string_view json) {
  std::string why;
  std::optional<Value> value = parse_json(json, why);
  if (!value) refuse(why);
  const Value* format = value->find("format");
  if (format == nullptr || !format->is_string() || format->string() != format_name) {
    refuse(fmt::format("it does not say that its format is {}", format_name));
  }
  Text text;
  Reader reader(*value, "");
  fields(reader, text);

  Contents contents;
  contents.last_fence = text.last_fence;
  contents.last_run = text.last_run;
  for (SerialEntry& e : text.environments) contents.serials.emplace(std::move(e.name), e.serial);
  for (BlobEntry& e : text.blobs) {
    if (sha256(e.content) != e.digest) refuse(fmt::format("blob {} has another content", e.digest.hex()));
    contents.blobs.emplace(e.digest, std::move(e.content));
  }
  for (Record& record : text.records) {
    std::pair key(record.environment, record.address);
    contents.records.emplace(std::move(key), std::move(record));
  }
  for (RunContents& run : text.runs) {
    require_sound(run);
    contents.last_run = std::max(contents.last_run, run.run.id);
    RunId id = run.run.id;
    contents.runs.emplace(id, std::move(run));
  }
  contents.events = std::move(text.events);
  return contents;
}

}  // namespace verba
