// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/shell_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "os/trace.h"
#include "provider/ending.h"
#include "provider/inputs.h"
#include "provider/shell/outputs.h"
#include "provider/shell/script.h"
#include "provider/shell/script_type.h"

namespace verba {
namespace {

constexpr std::size_t output_limit_bytes = 16 << 20;
constexpr std::size_t detail_limit_bytes = 16 << 10;

Outcome bad_outputs(std::string message) {
  return failed_for_good(std::move(message), "the script itself succeeded; what it printed does not fit 'outputs'");
}

/// The outputs of a script that succeeded: from the file it wrote, or else from what it printed.
Outcome outputs_of(OutputFormat format, const WorkDone& done) {
  if (format == OutputFormat::none) return Succeeded{Map{}};
  const bool from_file = done.report && !done.report->empty();
  const std::string_view source = from_file ? "$VERBA_OUTPUT" : "standard output";
  if (!from_file && done.finished.output_cut) {
    return bad_outputs(fmt::format("standard output is larger than {} MiB", output_limit_bytes >> 20));
  }
  std::string why;
  std::optional<Map> outputs = parse_outputs(format, from_file ? *done.report : done.finished.output, why);
  if (!outputs) return bad_outputs(fmt::format("{}: {}", source, why));
  return Succeeded{std::move(*outputs)};
}

RunOptions options_for(std::size_t capture_bytes, Attempt& attempt) {
  RunOptions options;
  options.timeout = attempt.timeout;
  options.capture_bytes = capture_bytes;
  options.sink = attempt.log;
  return options;
}

Async<Outcome> execute(Script script, Attempt& attempt) {
  std::variant<Work, Failed> made = make_work(script, attempt);
  if (Failed* refused = std::get_if<Failed>(&made)) co_return Outcome(std::move(*refused));
  const std::size_t capture = script.format == OutputFormat::none ? 0 : output_limit_bytes;
  Async<WorkDone> work =
      attempt.executor->run(std::move(std::get<Work>(made)), attempt.stop, options_for(capture, attempt));
  const WorkDone done = co_await work;
  if (!done.doubt.empty()) co_return Outcome(InDoubt{done.doubt, "", done.at_rest});
  std::optional<Outcome> failure = failure_of(done.finished, attempt);
  if (failure) co_return std::move(*failure);
  co_return outputs_of(script.format, done);
}

/// Runs a script that undoes something; then what was there before is there again.
Async<Outcome> undo(Script script, Value outputs_of_before, Attempt& attempt) {
  Async<Outcome> work = execute(std::move(script), attempt);
  Outcome outcome = co_await work;
  if (Succeeded* succeeded = std::get_if<Succeeded>(&outcome)) succeeded->outputs = std::move(outputs_of_before);
  co_return outcome;
}

Observed interpret(const WorkDone& done, const Attempt& attempt) {
  using enum Observed::State;
  Observed observed;
  if (!done.doubt.empty()) {
    observed.detail = "check: " + done.doubt;
    return observed;
  }
  const Finished& finished = done.finished;
  const int code = finished.why == Ended::itself && finished.status.signal == 0 ? finished.status.code : -1;
  switch (code) {
    case 0:
      observed.state = present;
      return observed;
    case 3:
      observed.state = absent;
      return observed;
    case 2:
      observed.state = drifted;
      break;
    default:
      observed.state = unknown;
      break;
  }
  observed.detail = finished.output.substr(0, finished.output.find('\n'));
  if (observed.state != unknown) return observed;
  const std::optional<Outcome> failure = failure_of(finished, attempt);
  const Failed* failed = failure ? std::get_if<Failed>(&*failure) : nullptr;
  observed.detail = failed != nullptr ? "check: " + failed->message : "check: stopped";
  return observed;
}

bool may_be_scalar(const Value& value) {
  return !value.is_list() && !value.is_map();
}

void check_environment(const Value& environment, Diagnostics& diagnostics) {
  if (!environment.is_map()) return;
  for (const auto& [key, value] : environment.map()) {
    if (!is_variable_name(key.name)) {
      const std::string shown = has_control(key.name) ? std::string("that") : fmt::format("'{}'", key.name);
      diagnostics.error("shell.variable-name", shown + " cannot name an environment variable", key.where,
                        "a name is not empty, has no '=' and no control character in it");
    } else if (is_own_variable(key.name)) {
      diagnostics.error("shell.own-variable", fmt::format("'{}' is set by verba itself", key.name), key.where,
                        "take another name");
    }
    if (may_be_scalar(value)) continue;
    diagnostics.error("shell.not-scalar",
                      fmt::format("environment variable {} cannot be a {}", key.name, kind_name(value.kind())),
                      value.where, "pass it as text: \"${{ jsonEncode(...) }}\"");
  }
}

void check_arguments(const Value& arguments, Diagnostics& diagnostics) {
  if (const Value* secret = find_secret(arguments)) {
    diagnostics.error("shell.secret-argument", "a secret in 'arguments' could be read by every user of the machine",
                      secret->where, "pass it through 'environment' or 'stdin'");
  }
  if (!arguments.is_list()) return;
  for (const Value& argument : arguments.list()) {
    if (may_be_scalar(argument) && !argument.is_null()) continue;
    const std::string what = argument.is_null() ? "nothing" : fmt::format("a {}", kind_name(argument.kind()));
    diagnostics.error("shell.not-scalar", fmt::format("an argument cannot be {}", what), argument.where,
                      "an argument is a string, a number, true or false");
  }
}

/// What is given to a program ends at the first NUL.
void check_no_nul(const Value& value, std::string_view field, Diagnostics& diagnostics) {
  if (value.is_string() && value.string().find('\0') != std::string::npos) {
    diagnostics.error("shell.nul", fmt::format("'{}' cannot hold a NUL byte", field), value.where, "remove it");
  } else if (value.is_list()) {
    for (const Value& item : value.list()) check_no_nul(item, field, diagnostics);
  } else if (value.is_map()) {
    for (const auto& [key, member] : value.map()) check_no_nul(member, field, diagnostics);
  }
}

bool same_script(const Resource& a, const Resource& b) {
  return a.inputs == b.inputs && std::ranges::equal(a.files, b.files, {}, &FileInput::digest, &FileInput::digest);
}

class ShellProvider final : public Provider {
 public:
  const TaskType& type() const override { return shell_script_type(); }

  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    const Where place = with.where ? with.where : task;
    const Value* run = with.find("run");
    const Value* source = with.find("source");
    if (run != nullptr && source != nullptr) {
      diagnostics.error("shell.two-scripts", "'run' and 'source' exclude each other", source->where,
                        "keep the one that is the script");
    } else if (run == nullptr && source == nullptr) {
      diagnostics.error("shell.no-script", "there is no script to run", place,
                        "add 'run' with the script, or 'source' with the file that has it");
    }
    if (const Value* environment = with.find("environment")) check_environment(*environment, diagnostics);
    if (const Value* arguments = with.find("arguments")) check_arguments(*arguments, diagnostics);
    if (const Value* interpreter = with.find("interpreter");
        interpreter && !interpreter->is_map() && interpreter_words(interpreter, "").empty()) {
      diagnostics.error("shell.no-interpreter", "'interpreter' names no program", interpreter->where,
                        "for example: bash, or [python3, -u]");
    }
    for (const auto& [key, value] : with.map()) {
      if (key.name != "stdin") check_no_nul(value, key.name, diagnostics);
    }
    if (const Value* workdir = with.find("workdir"); workdir && has_secret(*workdir)) {
      diagnostics.error("shell.secret-workdir", "'workdir' may not be a secret: paths are shown", workdir->where,
                        "pass it through 'environment', and `cd` there in the script");
    }
    for (const char* field : {"stdin", "workdir"}) {
      const Value* value = with.find(field);
      if (value == nullptr || may_be_scalar(*value)) continue;
      diagnostics.error("shell.not-scalar", fmt::format("'{}' cannot be a {}", field, kind_name(value->kind())),
                        value->where, "pass it as text: \"${{ jsonEncode(...) }}\"");
    }
  }

  bool can_observe(const Resource& resource) const override { return script_text(resource, "check").has_value(); }
  bool can_remove(const Resource& resource) const override { return script_text(resource, "delete").has_value(); }
  bool can_rollback(const Resource& wanted, bool existed_before) const override {
    return existed_before || script_text(wanted, "rollback") || can_remove(wanted);
  }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    Observed observed;
    const std::optional<std::string> text = script_text(recorded.resource, "check");
    if (!text) {
      observed.detail = "it has no check";
      co_return observed;
    }
    const bool has_outputs = format_of(recorded.resource) != OutputFormat::none;
    const Script script{std::move(recorded.resource), "check", *text, std::move(recorded.outputs)};
    std::variant<Work, Failed> made = make_work(script, attempt);
    if (const Failed* refused = std::get_if<Failed>(&made)) {
      observed.detail = "check: " + refused->message;
      co_return observed;
    }
    Async<WorkDone> work =
        attempt.executor->run(std::move(std::get<Work>(made)), attempt.stop, options_for(detail_limit_bytes, attempt));
    const WorkDone done = co_await work;
    observed = interpret(done, attempt);
    if (!has_outputs) observed.outputs = Map{};
    co_return observed;
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    std::optional<std::string> text = before ? script_text(wanted, "update") : std::nullopt;
    if (!text) text = main_text(wanted);
    const OutputFormat format = format_of(wanted);
    Value recorded = before ? std::move(before->outputs) : Value();
    return execute({std::move(wanted), before ? "update" : "create", text.value_or(""), std::move(recorded), format},
                   attempt);
  }

  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    const std::optional<std::string> text = script_text(recorded.resource, "delete");
    if (!text) return nothing_to_do();
    return execute({std::move(recorded.resource), "delete", *text, std::move(recorded.outputs)}, attempt);
  }

  bool is_traced(const Resource&) const override { return true; }
  Outcome recall(const Resource& resource, bool makes, int exit_code, Attempt& attempt) const override {
    WorkDone done;
    done.finished.status.code = exit_code;
    if (std::optional<Outcome> failure = failure_of(done.finished, attempt)) return std::move(*failure);
    const OutputFormat format = format_of(resource);
    if (!makes || format == OutputFormat::none) return Succeeded{Map{}};
    const std::optional<std::string> printed =
        attempt.system.read_file(printed_file(attempt.trace, Stream::output), output_limit_bytes);
    if (!printed) return InDoubt{"what it printed is lost", "", true};
    done.finished.output = *printed;
    done.report = attempt.system.read_file(report_file(attempt.scratch()), output_limit_bytes);
    return outputs_of(format, done);
  }

  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    const std::optional<std::string> text = script_text(done.resource, "rollback");
    if (text) {
      return undo({std::move(done.resource), "rollback", *text, std::move(done.outputs)},
                  before ? std::move(before->outputs) : Value(Map{}), attempt);
    }
    if (!before) return remove(std::move(done), attempt);
    // A check that failed, or a script that runs every time: there is nothing to put back, and running it once more
    // would only fail once more.
    if (same_script(done.resource, before->resource)) return nothing_to_do();
    return apply(std::move(before->resource), std::move(done), attempt);
  }
};

}  // namespace

std::unique_ptr<Provider> make_shell_provider() {
  return std::make_unique<ShellProvider>();
}

}  // namespace verba
