// SPDX-License-Identifier: Apache-2.0
#include "provider/http/http_provider.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/utf8.h"
#include "os/curl.h"
#include "os/trace.h"
#include "provider/ending.h"
#include "provider/http/http_type.h"
#include "provider/http/request.h"
#include "provider/inputs.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t answer_limit_bytes = 16 << 20;
constexpr std::size_t logged_bytes = 4096;
/// Of a task without one. Nobody waits for ever for an answer that does not come.
constexpr Milliseconds default_limit{300'000};
constexpr std::array<const char*, 4> later_requests = {"update", "delete", "undo", "check"};

const Value* part(const Resource& resource, std::string_view name) {
  const Value* written = resource.inputs.find(name);
  return written != nullptr && written->is_map() ? written : nullptr;
}

Value outputs_of(const Resource& resource, const HttpAnswer& answer) {
  const bool secret = is_true(resource, "secret", false);
  Map map;
  map.set("status", std::int64_t{answer.status});
  if (!is_utf8(answer.body)) return map;
  const auto set = [&](const char* name, Value value) {
    if (secret) make_secret(value);
    map.set(name, std::move(value));
  };
  set("body", answer.body);
  std::string why;
  if (std::optional<Value> json = parse_json(answer.body, why)) set("json", std::move(*json));
  return map;
}

Milliseconds limit_of(const Attempt& attempt) {
  return attempt.timeout.value_or(default_limit);
}

/// What came of a request.
struct Reply {
  WorkDone done;
  HttpAnswer answer;
  std::string complaint;
  bool never_began = false;  ///< we were asked to stop before
};

Async<Reply> send(HttpRequest request, Resource resource, Trace trace, Attempt& attempt) {
  request.ask.verify_tls = is_true(resource, "verifyTls", true);
  Work work = work_of(request.ask);
  work.directory = attempt.executor->directory_for(resource.directory, "/");
  work.trace = std::move(trace);
  work.scratch = attempt.scratch;
  Reply reply;
  reply.never_began = attempt.stop.requested();
  RunOptions options;
  options.timeout = limit_of(attempt);
  options.grace = Milliseconds(1'000);
  options.capture_bytes = answer_limit_bytes;
  options.sink = [&reply](Stream stream, std::string_view bytes) {
    if (stream == Stream::error && reply.complaint.size() < logged_bytes) reply.complaint += bytes;
  };
  Async<WorkDone> child = attempt.executor->run(std::move(work), attempt.stop, std::move(options));
  reply.done = co_await child;
  reply.answer = read_answer(reply.done.finished.output);
  co_return reply;
}

InDoubt may_be_done(const HttpRequest& request, std::string_view why) {
  return {fmt::format("{}: {}; it may have been done", request.name(), why), "", true};
}

/// It was not answered.
Outcome unanswered(const HttpRequest& request, const Reply& reply, const Attempt& attempt) {
  Outcome outcome = *failure_of(reply.done.finished, attempt);
  Failed* failed = std::get_if<Failed>(&outcome);
  if (failed == nullptr) {
    if (reply.never_began || request.can_be_repeated()) return outcome;
    return may_be_done(request, "it was broken off before it was answered");
  }
  std::string why =
      failed->timed_out ? fmt::format("timed out after {}", to_string(limit_of(attempt))) : essence_of(reply.complaint);
  if (why.empty()) why = failed->message;
  failed->message = fmt::format("{}: {}", request.name(), why);
  const bool sent = failed->timed_out || !was_never_sent(failed->exit_code.value_or(0));
  if (failed->exit_code == 127) failed->hint = "is curl installed there?";
  if (!sent || failed->exit_code == 126 || failed->exit_code == 127 || request.can_be_repeated()) return outcome;
  return may_be_done(request, why);
}

/// Why it did not succeed; nothing when it did.
std::optional<Outcome> failure_of(const HttpRequest& request, const Reply& reply, const Attempt& attempt) {
  if (!reply.done.doubt.empty()) return Outcome(InDoubt{reply.done.doubt, "", reply.done.at_rest});
  if (failure_of(reply.done.finished, attempt)) return unanswered(request, reply, attempt);
  if (reply.done.finished.output_cut) {
    return failed_for_good(
        fmt::format("{}: the answer is larger than {} MiB", request.name(), answer_limit_bytes >> 20));
  }
  const int status = reply.answer.status;
  if (request.accepts(status)) return std::nullopt;
  Failed failed;
  failed.message = fmt::format("{}: status {}", request.name(), status);
  failed.retryable = status == 408 || status == 425 || status == 429 || status >= 500;
  if (status >= 300 && status <= 399) failed.hint = "redirects are not followed: write the address that it leads to";
  return Outcome(std::move(failed));
}

/// What a server says of its refusal is what helps.
void log_answer(const Resource& resource, const HttpAnswer& answer, const Attempt& attempt) {
  if (answer.body.empty() || is_true(resource, "secret", false) || !is_utf8(answer.body)) return;
  if (answer.body.size() > logged_bytes) return;
  attempt.log(Stream::error, answer.body + (answer.body.ends_with('\n') ? "" : "\n"));
}

/// Sends what makes it so.
Async<Outcome> make(Value written, Value outputs, bool fill, Resource resource, Attempt& attempt) {
  std::variant<HttpRequest, BadHttpRequest> read = read_request(written, fill ? &outputs : nullptr);
  if (const BadHttpRequest* bad = std::get_if<BadHttpRequest>(&read))
    co_return failed_for_good(bad->message, bad->hint);
  const HttpRequest& request = std::get<HttpRequest>(read);
  Async<Reply> sending = send(request, resource, attempt.trace, attempt);
  const Reply reply = co_await sending;
  if (std::optional<Outcome> failure = failure_of(request, reply, attempt)) {
    log_answer(resource, reply.answer, attempt);
    co_return std::move(*failure);
  }
  co_return Outcome(Succeeded{outputs_of(resource, reply.answer)});
}

/// Was there never a good answer? Then nothing was made. (Of what was taken for done the outputs are null.)
bool never_came_to_be(const Recorded& recorded) {
  return recorded.outputs.is_map() && recorded.outputs.find("status") == nullptr;
}

/// Sends what takes it away.
Async<Outcome> unmake(Value written, Recorded recorded, Attempt& attempt) {
  if (never_came_to_be(recorded)) {
    attempt.log(Stream::error, "nothing is sent: the request never succeeded\n");
    co_return Outcome(Succeeded{Map{}});
  }
  std::variant<HttpRequest, BadHttpRequest> read = read_request(written, &recorded.outputs);
  if (const BadHttpRequest* bad = std::get_if<BadHttpRequest>(&read))
    co_return failed_for_good(bad->message, bad->hint);
  HttpRequest& request = std::get<HttpRequest>(read);
  request.gone_is_fine = true;
  Async<Reply> sending = send(request, recorded.resource, attempt.trace, attempt);
  const Reply reply = co_await sending;
  if (std::optional<Outcome> failure = failure_of(request, reply, attempt)) {
    log_answer(recorded.resource, reply.answer, attempt);
    co_return std::move(*failure);
  }
  co_return Outcome(Succeeded{Map{}});
}

class HttpProvider final : public Provider {
 public:
  const TaskType& type() const override { return http_request_type(); }

  void validate(const Value& with, Where, Diagnostics& diagnostics) const override {
    check_request(with, false, diagnostics);
    for (const char* name : later_requests) {
      const Value* written = with.find(name);
      if (written != nullptr && written->is_map()) check_request(*written, true, diagnostics);
    }
  }

  bool can_observe(const Resource& resource) const override { return part(resource, "check") != nullptr; }
  bool can_remove(const Resource& resource) const override { return remover(resource) != nullptr; }
  bool can_rollback(const Resource& wanted, bool existed_before) const override {
    return existed_before || can_remove(wanted) || changes_nothing(wanted);
  }
  bool is_traced(const Resource&) const override { return true; }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    using enum Observed::State;
    Observed observed;
    const Value* check = part(recorded.resource, "check");
    if (check == nullptr) {
      observed.detail = "it has no check";
      co_return observed;
    }
    const std::variant<HttpRequest, BadHttpRequest> read = read_request(*check, &recorded.outputs);
    if (const BadHttpRequest* bad = std::get_if<BadHttpRequest>(&read)) {
      observed.detail = "check: " + bad->message;
      co_return observed;
    }
    const HttpRequest& request = std::get<HttpRequest>(read);
    Async<Reply> sending = send(request, recorded.resource, {}, attempt);
    const Reply reply = co_await sending;
    const int status = reply.answer.status;
    if (request.accepts(status)) {
      observed.state = present;
    } else if (status == 404 || status == 410) {
      observed.state = absent;
      observed.detail = fmt::format("status {}", status);
    } else {
      observed.detail = status != 0 ? fmt::format("check: status {}", status) : "check: " + essence_of(reply.complaint);
    }
    const bool known = recorded.outputs.find("status") != nullptr;
    observed.outputs = known ? std::move(recorded.outputs) : outputs_of(recorded.resource, reply.answer);
    co_return observed;
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    const Value* update = before ? part(wanted, "update") : nullptr;
    Value request = update != nullptr ? *update : wanted.inputs;
    Value outputs = update != nullptr ? std::move(before->outputs) : Value();
    return make(std::move(request), std::move(outputs), update != nullptr, std::move(wanted), attempt);
  }

  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    const Value* written = remover(recorded.resource);
    return unmake_by(written, std::move(recorded), attempt);
  }

  Outcome recall(const Resource& resource, bool makes, int exit_code, Attempt& attempt) const override {
    Reply reply;
    reply.done.finished.status.code = exit_code;
    const auto printed = attempt.system.read_file(printed_file(attempt.trace, Stream::output), answer_limit_bytes);
    if (exit_code == 0 && !printed) return InDoubt{"what was answered is lost", "", true};
    reply.answer = read_answer(printed.value_or(""));
    if (makes && part(resource, "update")) return InDoubt{"whether it was made or updated is not known", "", true};
    const Value* written = makes ? &resource.inputs : remover(resource);
    if (written == nullptr) return Succeeded{Map{}};
    const std::variant<HttpRequest, BadHttpRequest> read = read_request(*written, nullptr);
    if (const BadHttpRequest* bad = std::get_if<BadHttpRequest>(&read)) return failed_for_good(bad->message, bad->hint);
    HttpRequest request = std::get<HttpRequest>(read);
    request.gone_is_fine = !makes;
    if (std::optional<Outcome> failure = failure_of(request, reply, attempt)) return std::move(*failure);
    return Succeeded{makes ? outputs_of(resource, reply.answer) : Value(Map{})};
  }

  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (changes_nothing(done.resource)) return nothing_to_do(before ? std::move(before->outputs) : Value(Map{}));
    if (!before) {
      const Value* undo = part(done.resource, "undo");
      if (undo == nullptr) undo = remover(done.resource);
      return unmake_by(undo, std::move(done), attempt);
    }
    // What is sent every time: there is nothing to put back.
    if (done.resource.inputs == before->resource.inputs) return nothing_to_do(std::move(before->outputs));
    return apply(std::move(before->resource), std::move(done), attempt);
  }

 private:
  static Async<Outcome> unmake_by(const Value* written, Recorded recorded, Attempt& attempt) {
    if (written == nullptr) return nothing_to_do();
    Value copy = *written;  // it lies in `recorded`
    return unmake(std::move(copy), std::move(recorded), attempt);
  }

  static const Value* remover(const Resource& resource) {
    const Value* written = part(resource, "delete");
    return written != nullptr ? written : part(resource, "undo");
  }

  static bool changes_nothing(const Resource& resource) {
    const Value* method = resource.inputs.find("method");
    if (method == nullptr) return resource.inputs.find("body") == nullptr;
    return method->is_string() &&
           (method->string() == "GET" || method->string() == "HEAD" || method->string() == "OPTIONS");
  }
};

}  // namespace

std::unique_ptr<Provider> make_http_provider() {
  return std::make_unique<HttpProvider>();
}

}  // namespace verba
