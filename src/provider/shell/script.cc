// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "base/utf8.h"
#include "provider/inputs.h"
#include "value/json.h"

namespace verba {
namespace {

/// The kernel takes 128 KiB for one argument or variable. A longer script becomes a file, a longer output is left out.
constexpr std::size_t argument_limit_bytes = std::size_t{96} << 10;
constexpr std::size_t variable_limit_bytes = std::size_t{64} << 10;

constexpr std::array<std::string_view, 7> shells = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"};
constexpr std::array<std::string_view, 7> own_variables = {
    "VERBA_ENVIRONMENT", "VERBA_DEPLOYMENT", "VERBA_TASK", "VERBA_RUN", "VERBA_ACTION", "VERBA_OUTPUT", "VERBA_TRACE"};

Failed refused(std::string message, std::string hint = {}) {
  Failed failed;
  failed.message = std::move(message);
  failed.hint = std::move(hint);
  failed.retryable = false;
  failed.untouched = true;
  return failed;
}

bool holds_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::vector<std::string> split_at_blanks(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// What the first line names after #!, or nothing.
std::vector<std::string> own_interpreter(std::string_view text) {
  if (!text.starts_with("#!")) return {};
  return split_at_blanks(text.substr(2, text.find('\n') - 2));
}

void set(Variables& environment, std::string_view name, std::string value) {
  const auto found = std::ranges::find(environment, name, &std::pair<std::string, std::string>::first);
  if (found != environment.end()) {
    found->second = std::move(value);
  } else {
    environment.emplace_back(std::string(name), std::move(value));
  }
}

void add_recorded(Variables& environment, const Value& outputs) {
  if (!outputs.is_map()) return;
  for (const auto& [key, value] : outputs.map()) {
    std::string text = plain_text(value).value_or(value.is_null() ? "" : to_json(value, SecretsAs::clear));
    if (text.size() > variable_limit_bytes || holds_nul(text)) continue;
    set(environment, variable_of_output(key.name), std::move(text));
  }
}

std::optional<Failed> add_written(Work& work, const Value* written) {
  if (written == nullptr || written->is_null()) return std::nullopt;
  if (!written->is_map()) return refused(fmt::format("environment is a {}, not a map", kind_name(written->kind())));
  for (const auto& [key, value] : written->map()) {
    if (!is_variable_name(key.name)) return refused(fmt::format("'{}' cannot name an environment variable", key.name));
    if (value.is_null()) {
      std::erase_if(work.environment, [&name = key.name](const auto& entry) { return entry.first == name; });
      work.without.push_back(key.name);
      continue;
    }
    std::optional<std::string> text = plain_text(value);
    if (!text) {
      return refused(fmt::format("environment variable {} is a {}", key.name, kind_name(value.kind())),
                     "write ${{ jsonEncode(...) }} to pass a list or a map as JSON");
    }
    if (holds_nul(*text)) return refused(fmt::format("environment variable {} holds a NUL byte", key.name));
    set(work.environment, key.name, std::move(*text));
  }
  return std::nullopt;
}

std::optional<Failed> add_arguments(std::vector<std::string>& words, const Value* written) {
  if (written == nullptr || written->is_null()) return std::nullopt;
  if (has_secret(*written)) {
    return refused("a secret in 'arguments' could be read by every user of the machine",
                   "pass it through 'environment' or 'stdin'");
  }
  const List single = written->is_list() ? List() : List{*written};
  for (const Value& value : written->is_list() ? written->list() : single) {
    std::optional<std::string> text = plain_text(value);
    if (!text) return refused(fmt::format("an argument is a {}", kind_name(value.kind())));
    if (holds_nul(*text)) return refused("an argument holds a NUL byte");
    words.push_back(std::move(*text));
  }
  return std::nullopt;
}

/// The script as a file, whose path is the next argument.
Work::File script_file(const std::vector<std::string>& words, const Script& script) {
  const std::string_view program = file_name(words.front());
  const bool power_shell = program == "pwsh" || program == "powershell";  // takes no file of another name
  return {"script-" + script.action + (power_shell ? ".ps1" : ""), script.text, words.size()};
}

/// What the script is called in its own messages.
std::string own_name(const Script& script) {
  for (const FileInput& file : script.resource.files) {
    if (file.field == "source" && file.content == script.text) return file.path;
  }
  return script.resource.address;
}

/// Would a trap of ours see the end of this script? Not when it has traps of its own, becomes another program, or reads
/// shell text that we cannot see. Nor in shells that run an EXIT trap when a signal ends them, with the status of the
/// command before: bash, and perhaps others.
bool can_be_witnessed(std::string_view shell, std::string_view text) {
  if (shell != "sh" && shell != "dash" && shell != "ash") return false;
  static const RE2 hides_its_end(R"((^|[^\w-])(trap|exec|eval|source)\b|(^|[\s;&|({])\.\s)");
  return !RE2::PartialMatch(text, hides_its_end);
}

/// Before its first word, on the same line, so that line numbers stay true.
std::string with_witness(const std::string& text, const std::string& label) {
  return fmt::format(R"(trap 'echo "ended {} $?" 2>/dev/null >>"${{VERBA_TRACE:-/dev/null}}" || :' EXIT; {})", label,
                     text);
}

void add_script(Work& work, const Script& script) {
  std::vector<std::string>& words = work.argv;
  if (!is_shell(words.front()) || script.text.size() > argument_limit_bytes || holds_nul(script.text)) {
    work.file = script_file(words, script);
    words.emplace_back();
    return;
  }
  Trace& trace = work.trace;
  trace.witnessed = !trace.file.empty() && can_be_witnessed(file_name(words.front()), script.text);
  words.emplace_back("-c");
  if (script.text.starts_with('-') || script.text.starts_with('+')) words.emplace_back("--");
  words.push_back(trace.witnessed ? with_witness(script.text, trace.label) : script.text);
  words.push_back(own_name(script));
}

std::optional<Failed> set_directory(Work& work, const Resource& resource, const Executor& executor) {
  const Value* written = resource.inputs.find("workdir");
  std::optional<std::string> path = "";
  if (written != nullptr && !written->is_null()) {
    path = plain_text(*written);
    if (!path || holds_nul(*path)) return refused("'workdir' is no path");
    if (has_secret(*written)) return refused("'workdir' may not be a secret: paths are shown");
  }
  work.directory = executor.directory_for(resource.directory, *path);
  return std::nullopt;
}

std::optional<Failed> set_input(Work& work, const Value* written) {
  if (written == nullptr || written->is_null()) return std::nullopt;
  std::optional<std::string> text = plain_text(*written);
  if (!text) {
    return refused(fmt::format("'stdin' is a {}", kind_name(written->kind())),
                   "write ${{ jsonEncode(...) }} to pass a list or a map as JSON");
  }
  work.input = std::move(*text);
  return std::nullopt;
}

std::optional<Failed> set_environment(Work& work, const Script& script, const Attempt& attempt) {
  work.environment = attempt.environment;
  set(work.environment, "VERBA_ACTION", attempt.stands_for.empty() ? script.action : std::string(attempt.stands_for));
  add_recorded(work.environment, script.recorded);
  work.reports = script.format != OutputFormat::none;
  return add_written(work, script.resource.inputs.find("environment"));
}

}  // namespace

std::optional<std::string> script_text(const Resource& resource, std::string_view field) {
  const Value* text = resource.inputs.find(field);
  if (text == nullptr || !text->is_string()) return std::nullopt;
  return text->string();
}

std::optional<std::string> main_text(const Resource& resource) {
  for (const FileInput& file : resource.files) {
    if (file.field == "source") return file.content;
  }
  return script_text(resource, "run");
}

OutputFormat format_of(const Resource& resource) {
  const Value* written = resource.inputs.find("outputs");
  if (written == nullptr || !written->is_string()) return OutputFormat::none;
  return output_format(written->string()).value_or(OutputFormat::none);
}

std::variant<Work, Failed> make_work(const Script& script, Attempt& attempt) {
  const Value& inputs = script.resource.inputs;
  Work work;
  work.argv = interpreter_words(inputs.find("interpreter"), script.text);
  if (work.argv.empty()) return refused("'interpreter' names no program");
  std::vector<std::string> arguments;
  for (std::optional<Failed> failed :
       {add_arguments(arguments, inputs.find("arguments")), set_directory(work, script.resource, *attempt.executor),
        set_input(work, inputs.find("stdin")), set_environment(work, script, attempt)}) {
    if (failed) return std::move(*failed);
  }
  work.trace = attempt.trace;
  work.scratch = attempt.scratch;
  add_script(work, script);
  std::ranges::move(arguments, std::back_inserter(work.argv));
  return work;
}

std::vector<std::string> interpreter_words(const Value* written, std::string_view text) {
  std::vector<std::string> words;
  if (written == nullptr || written->is_null()) {
    words = own_interpreter(text);
    if (!words.empty()) return words;
    words.emplace_back("sh");
  } else if (written->is_list() && written->list().size() > 1) {
    for (const Value& word : written->list()) words.push_back(plain_text(word).value_or(""));
    return words;
  } else {
    const Value* single = !written->is_list() ? written : written->list().empty() ? nullptr : &written->list().front();
    words = split_at_blanks(single == nullptr ? "" : plain_text(*single).value_or(""));
  }
  if (words.size() != 1 || !is_shell(words.front())) return words;
  words.emplace_back("-eu");
  if (file_name(words.front()) == "bash") words.insert(words.end(), {"-o", "pipefail"});
  return words;
}

bool is_shell(std::string_view program) {
  return std::ranges::find(shells, file_name(program)) != shells.end();
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.find('=') == std::string_view::npos && !has_control(name);
}

bool is_own_variable(std::string_view name) {
  return std::ranges::find(own_variables, name) != own_variables.end();
}

std::optional<std::string> plain_text(const Value& value) {
  using enum Value::Kind;
  if (value.is_string()) return value.string();
  if (value.is(boolean) || value.is(integer) || value.is(real)) return to_json(value, SecretsAs::clear);
  return std::nullopt;
}

}  // namespace verba
