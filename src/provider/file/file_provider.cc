// SPDX-License-Identifier: Apache-2.0
#include "provider/file/file_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "os/trace.h"
#include "provider/ending.h"
#include "provider/file/file_script.h"
#include "provider/file/file_type.h"
#include "provider/file/wanted_file.h"
#include "provider/inputs.h"

namespace verba {
namespace {

/// A path is at most 4 KiB, and a tree has at most 10,000.
constexpr std::size_t report_limit_bytes = 64 << 20;
constexpr std::size_t complaint_bytes = 4096;

/// The absolute path that is recorded, or "-".
std::string known_path(const Value& outputs) {
  const Value* path = outputs.find("path");
  return path != nullptr && path->is_string() ? plain_path(path->string()) : "-";
}

std::vector<std::string> known_directories(const Value& outputs) {
  std::vector<std::string> paths;
  const Value* list = outputs.find("directories");
  if (list == nullptr || !list->is_list()) return paths;
  for (const Value& path : list->list()) {
    if (path.is_string()) paths.push_back(plain_path(path.string()));
  }
  return paths;
}

/// Of those that were made, the tree and what is below it. Of a file alone: none.
std::vector<std::string> directories_of_tree(const Value& outputs) {
  std::vector<std::string> paths = known_directories(outputs);
  const std::string tree = known_path(outputs);
  std::erase_if(paths, [&](const std::string& path) { return path != tree && !path.starts_with(tree + "/"); });
  return paths;
}

constexpr std::size_t tag_letters = 8;

std::string tag_of(const std::string& address, const std::string& root) {
  return sha256(address + " " + root).hex().substr(0, tag_letters);
}

FileOrders orders_for(const Resource& resource, FileOrders::Verb verb) {
  FileOrders orders;
  orders.verb = verb;
  orders.root = root_of(resource);
  orders.tag = tag_of(resource.address, orders.root);
  orders.mode = mode_of(resource);
  orders.executable_mode = executable_mode_of(resource);
  orders.directory_mode = directory_mode_of(resource);
  orders.owner = owner_of(resource);
  return orders;
}

Value outputs_of(const Resource& resource, const FileReport& report, std::vector<std::string> directories) {
  const std::string root = root_of(resource);
  Map map;
  map.set("path", report.absolute(root));
  Value digest(digest_of(files_of(resource), root).hex());
  digest.secret = is_secret(resource);  // of a short secret it would tell too much
  map.set("sha256", std::move(digest));
  for (const std::string& made : report.made) directories.push_back(report.absolute(made));
  std::ranges::sort(directories);
  directories.erase(std::ranges::unique(directories).begin(), directories.end());
  if (!directories.empty()) map.set("directories", List(directories.begin(), directories.end()));
  return map;
}

std::string shown(std::string_view path) {
  return std::string(path.starts_with("./") ? path.substr(2) : path);
}

Failed refusal_of(const FileReport& report) {
  const std::string path = shown(report.refused_path);
  if (report.refused == "foreign") {
    return failed_for_good(fmt::format("'{}' is there already, and this task did not make it", path),
                           "`overwrite: true` takes its place, and brings it back when the task is deleted");
  }
  if (report.refused == "parent") {
    return failed_for_good(fmt::format("the directory of '{}' is not there", path), "`parents: true` makes it");
  }
  return failed_for_good(fmt::format("'{}' is a directory or a device", path), "move it away, or take another path");
}

/// How the script ended, and what it said.
struct Told {
  WorkDone done;
  FileReport report;
  std::string complaint;  ///< the last line of its errors
};

/// Why it did not succeed; nothing when it did.
std::optional<Outcome> failure_of(const Told& told, const Attempt& attempt) {
  if (!told.done.doubt.empty()) return Outcome(InDoubt{told.done.doubt, "", told.done.at_rest});
  std::optional<Outcome> outcome = failure_of(told.done.finished, attempt);
  Failed* failed = outcome ? std::get_if<Failed>(&*outcome) : nullptr;
  if (failed == nullptr || !failed->exit_code) return outcome;
  if (failed->exit_code == file_refused_code && !told.report.refused.empty()) return Outcome(refusal_of(told.report));
  if (!told.complaint.empty()) failed->message = told.complaint;
  return outcome;
}

std::string last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

Async<Told> tell(FileOrders orders, std::string directory, Trace trace, Attempt& attempt) {
  Work work = work_of(orders);
  // What is absolute needs no directory of a manifest that may be gone.
  work.directory = attempt.executor->directory_for(directory, orders.root.starts_with('/') ? "/" : "");
  work.trace = std::move(trace);
  work.scratch = attempt.scratch;
  Told told;
  std::string complaint;
  RunOptions options;
  options.timeout = attempt.timeout;
  options.capture_bytes = report_limit_bytes;
  options.sink = [&](Stream stream, std::string_view bytes) {
    if (stream != Stream::error) return;
    attempt.log(stream, bytes);
    complaint += bytes;
    if (complaint.size() > complaint_bytes) complaint.erase(0, complaint.size() - complaint_bytes);
  };
  Async<WorkDone> child = attempt.executor->run(std::move(work), attempt.stop, std::move(options));
  told.done = co_await child;
  told.report = read_report(told.done.finished.output);
  told.complaint = last_line(complaint);
  co_return told;
}

std::optional<Failed> mistake_in(const Resource& resource) {
  const std::vector<FileMistake> mistakes = mistakes_of(resource.inputs, {});
  if (mistakes.empty()) return std::nullopt;
  Failed mistake = failed_for_good(mistakes.front().message, mistakes.front().hint);
  mistake.untouched = true;
  return mistake;
}

/// What tries at it that were broken off may have left, by path, with the contents that it may have.
using Tried = std::map<std::string, std::vector<Digest>>;

Tried tried_of(const Attempt& attempt) {
  Tried tried;
  for (const Resource* one : attempt.remains) {
    if (mistake_in(*one)) continue;  // it was refused, so nothing was made
    for (const WantedFile& file : files_of(*one)) {
      std::vector<Digest>& contents = tried[file.path];
      if (std::ranges::find(contents, file.digest) == contents.end()) contents.push_back(file.digest);
    }
  }
  return tried;
}

std::vector<Digest> take(Tried& tried, const std::string& path) {
  auto node = tried.extract(path);
  return node.empty() ? std::vector<Digest>() : std::move(node.mapped());
}

/// What else may be there goes, and what was being written of that and of what is `known` when that was killed.
void drop(FileOrders& orders, Tried tried, const Resource* known, const Attempt& attempt) {
  std::set<std::string> tags;
  const auto add = [&](const Resource* one) {
    if (one != nullptr && !one->begun_as.empty()) tags.insert(tag_of(one->begun_as, orders.root));
  };
  add(known);
  std::ranges::for_each(attempt.remains, add);
  tags.erase(orders.tag);
  orders.former_tags.assign(tags.begin(), tags.end());
  for (auto& [path, contents] : tried) {
    orders.list.push_back({.kind = FileOrder::Kind::drop, .path = path, .tried = std::move(contents)});
  }
}

/// From what was looked at: the files in their order, what else was `tried`, and directories behind them.
Observed judge(const Resource& resource, const Tried& tried, const FileReport& report) {
  using enum Observed::State;
  Observed observed;
  const std::vector<WantedFile> wanted = files_of(resource);
  const std::string root = root_of(resource);
  std::vector<std::string> differences;
  std::size_t gone = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= report.seen.size() || report.seen[i].kind == FileSeen::Kind::unseen) {
      observed.detail = fmt::format("'{}' cannot be looked at", shown(wanted[i].path));
      return observed;
    }
    const FileSeen& seen = report.seen[i];
    if (seen.kind == FileSeen::Kind::file && !seen.digest) {
      observed.detail = fmt::format("'{}' cannot be read", shown(wanted[i].path));
      return observed;
    }
    if (seen.kind == FileSeen::Kind::absent) ++gone;
    const std::string what = difference(seen, wanted[i], resource);
    if (what.empty()) continue;
    differences.push_back(wanted[i].path == root ? what : wanted[i].path.substr(root.size() + 1) + ": " + what);
  }
  bool left = false;
  std::size_t next = wanted.size();
  for (const auto& [path, contents] : tried) {
    const std::optional<Digest> seen = next < report.seen.size() ? report.seen[next].digest : std::nullopt;
    if (seen && std::ranges::find(contents, *seen) != contents.end()) {
      left = true;
      differences.push_back(path.substr(std::min(path.size(), root.size() + 1)) + ": it is there still");
    }
    ++next;
  }
  const std::string tree = report.absolute(root);
  for (std::size_t i = next; i < report.seen.size(); ++i) {
    const std::string what = directory_difference(report.seen[i], resource);
    if (what.empty()) continue;
    const std::string& path = report.seen[i].path;
    differences.push_back(path == tree ? what : path.substr(std::min(path.size(), tree.size() + 1)) + ": " + what);
  }
  observed.state = gone == wanted.size() && !left ? absent : differences.empty() ? present : drifted;
  if (observed.state != drifted) return observed;
  observed.detail = differences.front();
  if (differences.size() > 1) observed.detail += fmt::format("; {} more", differences.size() - 1);
  return observed;
}

class FileProvider final : public Provider {
 public:
  const TaskType& type() const override { return file_type(); }

  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    for (FileMistake& mistake : mistakes_of(with, task)) {
      diagnostics.error(mistake.code, std::move(mistake.message), mistake.where, std::move(mistake.hint));
    }
  }

  bool can_observe(const Resource&) const override { return true; }
  bool can_remove(const Resource&) const override { return true; }
  bool can_rollback(const Resource&, bool) const override { return true; }
  bool is_traced(const Resource&) const override { return true; }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    Observed observed;
    if (mistake_in(recorded.resource)) {
      observed.state = Observed::State::absent;  // it was refused, so nothing was made
      co_return observed;
    }
    FileOrders orders = orders_for(recorded.resource, FileOrders::Verb::look);
    Tried tried = tried_of(attempt);
    for (const WantedFile& file : files_of(recorded.resource)) {
      orders.list.push_back({.kind = FileOrder::Kind::look, .path = file.path});
      tried.erase(file.path);
    }
    for (const auto& [path, contents] : tried) orders.list.push_back({.kind = FileOrder::Kind::look, .path = path});
    for (std::string& path : directories_of_tree(recorded.outputs)) {
      orders.list.push_back({.kind = FileOrder::Kind::look, .path = std::move(path)});
    }
    Async<Told> look = tell(std::move(orders), recorded.resource.directory, {}, attempt);
    const Told told = co_await look;
    if (const std::optional<Outcome> failure = failure_of(told, attempt)) {
      const Failed* failed = std::get_if<Failed>(&*failure);
      observed.detail = failed != nullptr ? failed->message : told.done.doubt.empty() ? "stopped" : told.done.doubt;
      co_return observed;
    }
    observed = judge(recorded.resource, tried, told.report);
    observed.outputs = outputs_of(recorded.resource, told.report, known_directories(recorded.outputs));
    co_return observed;
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    const std::string known = before ? known_path(before->outputs) : "-";
    return write(std::move(wanted), std::move(before), known, true, attempt);
  }

  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    if (mistake_in(recorded.resource)) co_return Outcome(Succeeded{Map{}});  // it was refused, so nothing was made
    FileOrders orders = orders_for(recorded.resource, FileOrders::Verb::remove);
    orders.known = known_path(recorded.outputs);
    orders.overwrite = is_true(recorded.resource, "overwrite", false);
    Tried tried = tried_of(attempt);
    for (const WantedFile& file : files_of(recorded.resource)) {
      orders.list.push_back({.kind = FileOrder::Kind::drop,
                             .path = file.path,
                             .digest = file.digest,
                             .ours = true,
                             .tried = take(tried, file.path)});
    }
    drop(orders, std::move(tried), &recorded.resource, attempt);
    leave(orders, known_directories(recorded.outputs));
    Async<Told> removal = tell(std::move(orders), recorded.resource.directory, attempt.trace, attempt);
    const Told told = co_await removal;
    if (std::optional<Outcome> failure = failure_of(told, attempt)) co_return std::move(*failure);
    say_what_is_left(told.report, attempt);
    co_return Outcome(Succeeded{Map{}});
  }

  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (!before) return remove(std::move(done), attempt);
    std::string known = known_path(done.outputs);
    if (known == "-") known = known_path(before->outputs);
    return write(std::move(before->resource), std::move(done), std::move(known), false, attempt);
  }

  Outcome recall(const Resource& resource, bool makes, int exit_code, Attempt& attempt) const override {
    Told told;
    told.done.finished.status.code = exit_code;
    const auto read = [&](Stream stream) {
      return attempt.system.read_file(printed_file(attempt.trace, stream), report_limit_bytes);
    };
    const std::optional<std::string> printed = read(Stream::output);
    told.report = read_report(printed.value_or(""));
    told.complaint = last_line(read(Stream::error).value_or(""));
    if (std::optional<Outcome> failure = failure_of(told, attempt)) return std::move(*failure);
    if (!makes) return Succeeded{Map{}};
    if (!printed) return InDoubt{"what it printed is lost", "", true};
    return Succeeded{outputs_of(resource, told.report, {})};
  }

 private:
  /// `before` is what is there now. `sure`: all of it is known to be there; else what is only in `before` is dropped
  /// where it has that content.
  Async<Outcome> write(Resource wanted, std::optional<Recorded> before, std::string known, bool sure,
                       Attempt& attempt) {
    if (std::optional<Failed> mistake = mistake_in(wanted)) co_return Outcome(std::move(*mistake));
    FileOrders orders = orders_for(wanted, FileOrders::Verb::write);
    orders.known = std::move(known);
    orders.overwrite = is_true(wanted, "overwrite", false);
    orders.parents = is_true(wanted, "parents", true);
    const std::vector<WantedFile> now = files_of(wanted);
    const std::vector<WantedFile> then = before ? files_of(before->resource) : std::vector<WantedFile>();
    std::set<std::string_view> paths;
    for (const WantedFile& file : then) paths.insert(file.path);
    Tried tried = tried_of(attempt);
    for (const WantedFile& file : now) {
      orders.list.push_back({FileOrder::Kind::put, file.path, file.content, file.digest, paths.contains(file.path),
                             take(tried, file.path), file.executable});
    }
    paths.clear();
    for (const WantedFile& file : now) paths.insert(file.path);
    for (const WantedFile& file : then) {
      if (paths.contains(file.path)) continue;
      orders.list.push_back({.kind = FileOrder::Kind::drop,
                             .path = file.path,
                             .digest = file.digest,
                             .ours = sure,
                             .tried = take(tried, file.path)});
    }
    drop(orders, std::move(tried), before ? &before->resource : nullptr, attempt);
    const Value outputs_before = before ? std::move(before->outputs) : Value();
    // Of the directories that were made before, those of the tree get today's mode and owner.
    for (std::string& path : directories_of_tree(outputs_before)) {
      orders.list.push_back({.kind = FileOrder::Kind::own_directory, .path = std::move(path)});
    }
    Async<Told> writing = tell(std::move(orders), wanted.directory, attempt.trace, attempt);
    const Told told = co_await writing;
    if (std::optional<Outcome> failure = failure_of(told, attempt)) co_return std::move(*failure);
    say_what_is_left(told.report, attempt);
    co_return Outcome(Succeeded{outputs_of(wanted, told.report, known_directories(outputs_before))});
  }

  /// The directories that were made, the inner ones first.
  static void leave(FileOrders& orders, std::vector<std::string> directories) {
    std::ranges::sort(directories, std::greater<>());
    for (std::string& path : directories) {
      orders.list.push_back({.kind = FileOrder::Kind::leave_directory, .path = std::move(path)});
    }
  }

  static void say_what_is_left(const FileReport& report, Attempt& attempt) {
    for (const std::string& path : report.left) {
      attempt.log(Stream::error, fmt::format("left as it is: '{}', which this task did not make\n", shown(path)));
    }
  }
};

}  // namespace

std::unique_ptr<Provider> make_file_provider() {
  return std::make_unique<FileProvider>();
}

}  // namespace verba
