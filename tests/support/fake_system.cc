// SPDX-License-Identifier: Apache-2.0
#include "support/fake_system.h"

#include <algorithm>
#include <csignal>

#include "base/error.h"

namespace verba {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         (directory == "/" || path[directory.size()] == '/');
}

/// The name of the entry of `directory` that `path` is, or lies in.
std::string first_name(const std::string& path, const std::string& directory) {
  const std::size_t begin = directory == "/" ? 1 : directory.size() + 1;
  return path.substr(begin, path.find('/', begin) - begin);
}

[[noreturn]] void fail(std::string_view code, const std::string& message) {
  throw Error(Error::Kind::system, code, message);
}

}  // namespace

Performance Performance::exit(int code, std::string output) {
  Performance script;
  script.status.code = code;
  if (!output.empty()) script.output.push_back({.bytes = std::move(output)});
  return script;
}

FakeSystem::FakeSystem() {
  add_directories(directory);
}

void FakeSystem::touch(const std::string& what) {
  ++calls_;
  log.push_back(what);
  if (calls_ == failing_) fail("system.injected", "injected failure: " + what);
}

void FakeSystem::add_directories(const std::string& path) {
  for (std::size_t end = 1; end <= path.size(); ++end) {
    if (end == path.size() || path[end] == '/') directories_[path.substr(0, end)] = true;
  }
  directories_["/"] = true;
}

void FakeSystem::add_file(const std::string& path, std::string content) {
  const std::string full = absolute(path);
  add_directories(full.substr(0, std::max<std::size_t>(full.rfind('/'), 1)));
  files_[full] = std::move(content);
}

std::string FakeSystem::content(const std::string& path) const {
  const auto found = files_.find(const_cast<FakeSystem*>(this)->absolute(path));
  return found == files_.end() ? "(absent)" : found->second;
}

std::vector<std::string> FakeSystem::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, content] : files_) all.push_back(path);
  return all;
}

std::optional<std::string> FakeSystem::read_file(const std::string& path, std::uint64_t limit_bytes) {
  const std::string full = absolute(path);
  touch("read " + full);
  if (directories_.contains(full)) fail("system.read-file", "cannot read '" + path + "': Is a directory");
  const auto found = files_.find(full);
  if (found == files_.end()) return std::nullopt;
  if (found->second.size() > limit_bytes) {
    fail("system.file-too-large", "'" + path + "' is larger than " + std::to_string(limit_bytes) + " bytes");
  }
  return found->second;
}

std::optional<std::string> FakeSystem::read_part(const std::string& path, std::uint64_t offset, std::size_t count) {
  const std::string full = absolute(path);
  touch("read " + full);
  if (directories_.contains(full)) fail("system.read-file", "cannot read '" + path + "': Is a directory");
  const auto found = files_.find(full);
  if (found == files_.end()) return std::nullopt;
  return found->second.substr(std::min<std::size_t>(offset, found->second.size()), count);
}

void FakeSystem::write_file(const std::string& path, std::string_view content, unsigned) {
  const std::string full = absolute(path);
  touch("write " + full);
  const std::string parent = full.substr(0, std::max<std::size_t>(full.rfind('/'), 1));
  if (!directories_.contains(parent)) {
    fail("system.write-file", "cannot write '" + path + "': No such file or directory");
  }
  if (directories_.contains(full)) fail("system.write-file", "cannot write '" + path + "': Is a directory");
  files_[full] = content;
}

std::optional<std::vector<DirectoryEntry>> FakeSystem::list_directory(const std::string& path) {
  const std::string full = absolute(path);
  touch("list " + full);
  if (!directories_.contains(full)) return std::nullopt;
  std::map<std::string, DirectoryEntry::Kind> names;
  for (const auto& [file, content] : files_) {
    if (is_below(file, full)) {
      const std::string name = first_name(file, full);
      names[name] = directories_.contains(absolute(full + "/" + name)) ? DirectoryEntry::Kind::directory
                                                                       : DirectoryEntry::Kind::file;
    }
  }
  for (const auto& [directory, there] : directories_) {
    if (is_below(directory, full)) names[first_name(directory, full)] = DirectoryEntry::Kind::directory;
  }
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, kind] : names) entries.push_back({name, kind});
  return entries;
}

std::optional<DirectoryEntry::Kind> FakeSystem::kind_of(const std::string& path) {
  const std::string full = absolute(path);
  touch("look " + full);
  if (files_.contains(full)) return DirectoryEntry::Kind::file;
  if (directories_.contains(full)) return DirectoryEntry::Kind::directory;
  return std::nullopt;
}

void FakeSystem::make_directories(const std::string& path, unsigned) {
  const std::string full = absolute(path);
  touch("mkdir " + full);
  for (const auto& [file, content] : files_) {
    if (file == full || is_below(full, file)) {
      fail("system.make-directories", "cannot make directory '" + path + "': File exists");
    }
  }
  add_directories(full);
}

void FakeSystem::empty(const std::string& path) {
  const std::string full = absolute(path);
  const auto file = files_.find(full);
  if (file == files_.end()) return;
  touch("empty " + full);
  file->second = {};
}

void FakeSystem::remove(const std::string& path) {
  const std::string full = absolute(path);
  touch("remove " + full);
  std::erase_if(files_, [&](const auto& file) { return file.first == full || is_below(file.first, full); });
  std::erase_if(directories_, [&](const auto& entry) { return entry.first == full || is_below(entry.first, full); });
}

std::string FakeSystem::absolute(const std::string& path) {
  const std::string whole = path.starts_with('/') ? path : directory + "/" + path;
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = std::min(whole.find('/', begin), whole.size());
    const std::string name = whole.substr(begin, end - begin);
    if (name == ".." && !names.empty()) names.pop_back();
    if (!name.empty() && name != "." && name != "..") names.push_back(name);
    begin = end + 1;
  }
  std::string result;
  for (const std::string& name : names) result.append("/").append(name);
  return result.empty() ? "/" : result;
}

Instant FakeSystem::now() {
  return began + std::chrono::duration_cast<Milliseconds>(time_);
}

std::string FakeSystem::random_bytes(std::size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    // SplitMix64: evenly spread, and the same in every run.
    std::uint64_t mixed = chance_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    bytes.push_back(static_cast<char>((mixed ^ (mixed >> 31)) & 0xff));
  }
  return bytes;
}

std::optional<std::string> FakeSystem::variable(const std::string& name) {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

std::vector<std::pair<std::string, std::string>> FakeSystem::variables() {
  return {environment.begin(), environment.end()};
}

std::optional<std::int64_t> FakeSystem::process_start(std::int64_t process) {
  const auto found = processes.find(process);
  if (found == processes.end()) return std::nullopt;
  return found->second;
}

void FakeSystem::signal_group(std::int64_t group, int signal_number) {
  log.push_back("signal " + std::to_string(signal_number) + " to group " + std::to_string(group));
  groups.erase(group);
}

ProcessId FakeSystem::start(const Command& command, ProcessHandlers handlers) {
  touch("start " + joined(command.argv));
  const Performance script = programs ? programs(command) : Performance{};
  commands.push_back(command);
  const ProcessId id = ++last_process_;
  Child& child = children_[id];
  most_alive = std::max(most_alive, children_.size());
  child.handlers = std::move(handlers);
  child.ignores_term = script.ignores_term;
  for (const Performance::Chunk& chunk : script.output) {
    child.events.push_back(timers_.add(time_ + chunk.at, [this, id, chunk] {
      // A copy: the handler may abandon the process.
      const auto output = children_.at(id).handlers.output;
      if (output) output(chunk.stream, chunk.bytes);
    }));
  }
  child.events.push_back(timers_.add(time_ + script.duration, [this, id, status = script.status] { end(id, status); }));
  return id;
}

void FakeSystem::end(ProcessId id, ExitStatus status) {
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  const Child child = std::move(found->second);
  children_.erase(found);
  for (const TimerId event : child.events) timers_.cancel(event);
  if (child.handlers.exited) child.handlers.exited(status);
}

void FakeSystem::signal(ProcessId id, int signal_number) {
  log.push_back("signal " + std::to_string(signal_number));
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  const bool deadly = signal_number == SIGKILL || (!found->second.ignores_term && signal_number != SIGCONT);
  if (!deadly) return;
  // The end comes from poll(), as everywhere.
  found->second.events.push_back(
      timers_.add(time_, [this, id, signal_number] { end(id, {.code = 0, .signal = signal_number}); }));
}

void FakeSystem::abandon(ProcessId id) {
  log.push_back("abandon");
  const auto found = children_.find(id);
  if (found == children_.end()) return;
  for (const TimerId event : found->second.events) timers_.cancel(event);
  children_.erase(found);
}

/// A request is its timer.
WebRequestId FakeSystem::send(WebRequest request, std::function<void(WebAnswer)> answered) {
  WebAnswer answer;
  answer.failure = "nobody is there";
  if (servers) answer = servers(request);
  requests.push_back(std::move(request));
  return timers_.add(time_ + web_duration, [answer, answered] { answered(answer); });
}

TimerId FakeSystem::after(Milliseconds length, std::function<void()> call) {
  return timers_.add(time_ + length, std::move(call));
}

void FakeSystem::cancel(TimerId id) {
  timers_.cancel(id);
}

void FakeSystem::on_interrupt(std::function<void()> handler) {
  on_interrupt_ = std::move(handler);
}

TimerId FakeSystem::interrupt_after(Milliseconds length) {
  return timers_.add(time_ + length, [this] {
    const auto handler = on_interrupt_;
    if (handler) handler();
  });
}

void FakeSystem::poll() {
  const auto next = timers_.next();
  if (!next) bug("poll() with nothing to wait for");
  time_ = std::max(time_, *next);
  timers_.call_due(time_);
}

}  // namespace verba
