// SPDX-License-Identifier: Apache-2.0
#include "provider/wait/wait_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/number.h"
#include "base/utf8.h"
#include "os/curl.h"
#include "provider/curl.h"
#include "provider/ending.h"
#include "provider/wait/wait_type.h"

namespace verba {
namespace {

constexpr std::array<const char*, 5> goals = {"tcp", "http", "dns", "for", "until"};
constexpr Milliseconds default_limit{5 * 60'000};
constexpr Milliseconds probe_limit{10'000};
constexpr Milliseconds default_interval{1'000};
constexpr std::string_view no_answer = "no answer";

/// Is somebody there? Sends nothing, so no server counts it as a broken client.
constexpr std::string_view tcp_script = R"sh(
host=${1#[} host=${host%]}
if command -v bash >/dev/null; then exec bash -c ': <"/dev/tcp/$1/$2"' bash "$host" "$2"; fi
if command -v nc >/dev/null; then exec nc -z -w 8 "$host" "$2"; fi
t=$(curl --disable --silent --show-error --max-time 2 --write-out '%{time_connect}' "telnet://$1:$2" </dev/null)
case $t in *[1-9]*) exit 0 ;; *) exit 7 ;; esac
)sh";

struct Goal {
  std::string kind;
  std::string text;
  Where where;
};

std::optional<Goal> goal_of(const Value& with) {
  for (const char* kind : goals) {
    const Value* value = with.find(kind);
    if (value != nullptr && value->is_string()) return Goal{kind, value->string(), value->where};
  }
  return std::nullopt;
}

/// "host:80" or "[::1]:80".
std::optional<std::pair<std::string, std::string>> host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const auto port = number_in<int>(text.substr(colon + 1));
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const bool plain = host.find_first_of(":/ \"'@") == std::string_view::npos;
  if (!port || *port < 1 || *port > 65535 || host.starts_with('-') || has_control(host)) return std::nullopt;
  if (!bracketed && !plain) return std::nullopt;
  return std::pair(std::string(host), std::to_string(*port));
}

bool is_name(std::string_view text) {
  return !text.empty() && text.front() != '-' && !has_control(text) &&
         text.find_first_of(" /:\"'") == std::string_view::npos;
}

/// What is wrong with it, and how it is right; "": nothing.
std::pair<std::string, std::string> fault_of(const Goal& goal) {
  if (goal.kind == "tcp" && !host_and_port(goal.text)) {
    return {fmt::format("'{}' is no host and port", goal.text), "for example: db.example.org:5432, [::1]:80"};
  }
  if (goal.kind == "http" && !is_http_url(goal.text)) {
    return {fmt::format("'{}' is no URL", goal.text), hint_about_url(goal.text, "http://localhost:8080/health")};
  }
  if (goal.kind == "dns" && !is_name(goal.text)) {
    return {fmt::format("'{}' is no host name", goal.text), "for example: www.example.org"};
  }
  if (goal.kind == "until" && !parse_instant(goal.text)) {
    return {fmt::format("'{}' is no instant", goal.text), "for example: 2030-01-31T06:00:00Z"};
  }
  return {};
}

Work work_of(const Goal& goal) {
  if (goal.kind == "http") {
    HttpAsk ask;
    ask.url = goal.text;
    ask.wants_body = false;
    return work_of(ask);
  }
  Work work;
  if (goal.kind == "dns") {
    work.argv = {"getent", "hosts", goal.text};
  } else {
    const auto [host, port] = *host_and_port(goal.text);
    work.argv = {"sh", "-c", std::string(tcp_script), "verba-wait", host, port};
  }
  return work;
}

bool is_content(const Value& with, int status) {
  const Value* wanted = with.find("status");
  if (wanted == nullptr || !wanted->is_list()) return status >= 200 && status <= 299;
  return std::ranges::any_of(wanted->list(), [status](const Value& one) { return one == Value(status); });
}

/// Why not yet; "": it is so.
std::string verdict(const Goal& goal, const Value& with, const WorkDone& done, const std::string& complaint) {
  if (!done.doubt.empty()) return done.doubt;
  if (done.finished.why == Ended::timeout) return std::string(no_answer);
  const ExitStatus& status = done.finished.status;
  if (goal.kind == "http") {
    const HttpAnswer answer = read_answer(done.finished.output);
    if (status.success() && is_content(with, answer.status)) return "";
    if (answer.status != 0) return fmt::format("status {}", answer.status);
  } else if (status.success()) {
    return "";
  }
  if (goal.kind == "dns" && status.code == 2) return "no address";
  std::string words = essence_of(complaint);
  // "bash: line 1: /dev/tcp/db/5432: Connection refused"
  if (goal.kind == "tcp" && words.find(": ") != std::string::npos) words.erase(0, words.rfind(": ") + 2);
  return words.empty() ? fmt::format("exit code {}", status.code) : words;
}

/// One try.
Async<std::string> probe(Goal goal, Value with, Milliseconds limit, std::string directory, Attempt& attempt) {
  Work work = work_of(goal);
  work.directory = std::move(directory);
  work.scratch = attempt.scratch;
  RunOptions options;
  options.timeout = std::min(limit, probe_limit);
  options.grace = Milliseconds(500);
  options.capture_bytes = 4096;
  std::string complaint;
  options.sink = [&complaint](Stream stream, std::string_view bytes) {
    if (stream == Stream::error && complaint.size() < 4096) complaint += bytes;
  };
  Async<WorkDone> child = attempt.executor->run(std::move(work), attempt.stop, std::move(options));
  const WorkDone done = co_await child;
  co_return verdict(goal, with, done, complaint);
}

Outcome timed_out(const Goal& goal, Milliseconds limit, const std::string& last) {
  Failed failed;
  failed.message = fmt::format("{} {}: not so after {}", goal.kind, goal.text, to_string(limit));
  if (!last.empty()) failed.message += ": " + last;
  failed.timed_out = true;
  return failed;
}

Async<Outcome> ask_until_so(Goal goal, Resource wanted, Attempt& attempt) {
  const Milliseconds limit = attempt.timeout.value_or(default_limit);
  const auto end = attempt.system.steady() + limit;
  const Value* written = wanted.inputs.find("interval");
  const Milliseconds interval = written != nullptr && written->is_string()
                                    ? parse_duration(written->string()).value_or(default_interval)
                                    : default_interval;
  const std::string directory = attempt.executor->directory_for(wanted.directory, "/");
  std::string last;
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(end - attempt.system.steady());
    if (left.count() <= 0) co_return timed_out(goal, limit, last);
    Async<std::string> asking = probe(goal, wanted.inputs, left, directory, attempt);
    const std::string why = co_await asking;
    if (attempt.stop.requested()) co_return Outcome(Cancelled{});
    if (why.empty()) co_return Outcome(Succeeded{Map{}});
    if (why == no_answer && left < probe_limit && !last.empty()) continue;  // it was cut short: that says nothing
    if (why != last) attempt.log(Stream::output, fmt::format("not yet: {}\n", why));
    last = why;
    const auto rest = std::chrono::duration_cast<Milliseconds>(end - attempt.system.steady());
    Async<bool> pause =
        sleep(attempt.system, std::clamp(interval, Milliseconds(1), std::max(rest, Milliseconds(1))), attempt.stop);
    const bool go_on = co_await pause;
    if (!go_on) co_return Outcome(Cancelled{});
  }
}

Async<Outcome> rest_for(Goal goal, Milliseconds length, Attempt& attempt) {
  const bool in_time = !attempt.timeout || length <= *attempt.timeout;
  Async<bool> pause = sleep(attempt.system, in_time ? length : *attempt.timeout, attempt.stop);
  const bool whole = co_await pause;
  if (!whole) co_return Outcome(Cancelled{});
  if (!in_time) co_return timed_out(goal, *attempt.timeout, "");
  co_return Outcome(Succeeded{Map{}});
}

Async<Outcome> refused(std::string message, std::string hint) {
  co_return Outcome(failed_for_good(std::move(message), std::move(hint)));
}

class WaitProvider final : public Provider {
 public:
  const TaskType& type() const override { return wait_type(); }

  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    std::vector<const Value*> written;
    for (const char* kind : goals) {
      if (const Value* value = with.find(kind)) written.push_back(value);
    }
    if (written.empty()) {
      diagnostics.error("wait.nothing", "nothing says what to wait for", with.where ? with.where : task,
                        "add one of tcp, http, dns, for, until");
    } else if (written.size() > 1) {
      diagnostics.error("wait.several", "one Wait waits for one thing", written[1]->where,
                        "make a task of its own for each");
    }
    if (const Value* status = with.find("status"); status != nullptr && with.find("http") == nullptr) {
      diagnostics.error("wait.status", "'status' goes with 'http'", status->where, "remove it");
    }
    const std::optional<Goal> goal = goal_of(with);
    if (!goal) return;
    if (const auto [fault, hint] = fault_of(*goal); !fault.empty()) {
      diagnostics.error("wait.bad-goal", fault, goal->where, hint);
    }
  }

  bool can_observe(const Resource& resource) const override {
    const std::optional<Goal> goal = goal_of(resource.inputs);
    return goal && goal->kind != "for";
  }
  bool can_remove(const Resource&) const override { return false; }
  bool can_rollback(const Resource&, bool) const override { return true; }
  /// It begins nothing that would matter afterwards.
  bool is_traced(const Resource&) const override { return true; }
  Outcome recall(const Resource&, bool, int, Attempt&) const override { return broken_off(); }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    using enum Observed::State;
    Observed observed;
    observed.outputs = Map{};
    const std::optional<Goal> goal = goal_of(recorded.resource.inputs);
    if (!goal || !fault_of(*goal).first.empty()) {
      observed.state = absent;
      co_return observed;
    }
    if (goal->kind == "until") {
      observed.state = attempt.system.now() >= *parse_instant(goal->text) ? present : absent;
      co_return observed;
    }
    const std::string directory = attempt.executor->directory_for(recorded.resource.directory, "/");
    Async<std::string> asking = probe(*goal, recorded.resource.inputs, probe_limit, directory, attempt);
    observed.detail = co_await asking;
    observed.state = observed.detail.empty() ? present : absent;
    co_return observed;
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded>, Attempt& attempt) override {
    const std::optional<Goal> goal = goal_of(wanted.inputs);
    if (!goal) return refused("nothing says what to wait for", "add one of tcp, http, dns, for, until");
    if (auto [fault, hint] = fault_of(*goal); !fault.empty()) return refused(std::move(fault), std::move(hint));
    if (goal->kind == "for") return rest_for(*goal, parse_duration(goal->text).value_or(Milliseconds(0)), attempt);
    if (goal->kind == "until") {
      const Milliseconds left = *parse_instant(goal->text) - attempt.system.now();
      return rest_for(*goal, std::max(left, Milliseconds(0)), attempt);
    }
    return ask_until_so(*goal, std::move(wanted), attempt);
  }

  Async<Outcome> remove(Recorded, Attempt&) override { return nothing_to_do(); }
  Async<Outcome> rollback(Recorded, std::optional<Recorded> before, Attempt&) override {
    return nothing_to_do(before ? std::move(before->outputs) : Value(Map{}));
  }
};

}  // namespace

std::unique_ptr<Provider> make_wait_provider() {
  return std::make_unique<WaitProvider>();
}

}  // namespace verba
