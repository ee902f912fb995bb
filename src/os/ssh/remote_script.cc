// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/remote_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace verba {
namespace {

/// In single quotes for a login shell of any kind (csh and fish too): one line, no quote, no backslash in it. The line
/// end comes out of IFS, which every shell sets anew when it starts. Some users have no home. A text without the mark
/// was cut: it is not evaluated.
///
/// The command sees the variables of this shell that the machine exports, or that it is given. So all of ours have
/// names that nobody else takes.
constexpr std::string_view reader =
    R"(verba_n=${IFS#??};verba_p=;cd 2>/dev/null;while IFS= read -r verba_l;do [ "$verba_l" = "$0" ]&&eval "$verba_p";)"
    R"(verba_p=$verba_p$verba_l$verba_n;done)";

/// Of all ways to write a signal and a group only this one is understood by every shell.
constexpr std::string_view ender =
    R"(kill -TERM -$0 2>/dev/null;i=0;while kill -0 -$0 2>/dev/null;do )"
    R"([ $i -ge $1 ]&&kill -KILL -$0 2>/dev/null;[ $i -gt $2 ]&&exit 1;)"
    R"(if sleep 0.1 2>/dev/null;then i=$((i+1));else sleep 1;i=$((i+10));fi;done;exit 0)";

/// The leader of a group of ours has the mark among its arguments, as long as it is there.
constexpr std::string_view waiter = R"(while kill -0 -$0 2>/dev/null;do a=$(ps -o args= -p $0 2>/dev/null);)"
                                    R"(case "$a" in ""|*"$1"*) sleep 1;; *) exit 0;; esac;done;exit 0)";

bool is_shell_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string as_user(const std::string& user) {
  return user.empty() ? "exec " : fmt::format("exec sudo -n -H -u {} -- ", user);
}

/// A function that gives a shell the variables of the command: called in subshells only, where nothing of ours runs
/// that some of them (IFS, PATH, CDPATH) would change.
void add_variables(std::string& text, const Work& work) {
  text += "verba_e() {\n:\n";
  for (const std::string& name : work.without) {
    if (is_shell_name(name)) text += fmt::format("unset {}\n", name);
  }
  for (const auto& [name, value] : work.environment) {
    if (!is_shell_name(name)) {
      throw Error(Error::Kind::system, "ssh.variable-name",
                  fmt::format("the variable '{}' cannot be set on another machine", name),
                  "there a name is made of letters, digits and _");
    }
    text += fmt::format("export {}={}\n", name, quoted(value));
  }
  text += "}\n";
}

/// Are there variables that a shell may obey or refuse? Ours are none, and each subshell costs a process there.
bool has_others(const Work& work) {
  const auto is_ours = [](const auto& variable) { return variable.first.starts_with("VERBA_"); };
  return !work.without.empty() || !std::ranges::all_of(work.environment, is_ours);
}

/// What cannot be begun says so before it has begun. CDPATH would take cd elsewhere. Some shells let nobody set some
/// variables (UID), and say so.
void add_refusals(std::string& text, const Work& work, const std::string& directory) {
  const auto or_else = [&](std::string_view test, const std::string& why, int code) {
    text += fmt::format("{} >/dev/null 2>&1 || {{ printf '%s\\n' {} >&2; exit {}; }}\n", test, quoted(why), code);
  };
  if (!directory.empty()) {
    or_else("CDPATH= cd -- " + quoted(directory), fmt::format("cannot enter the directory '{}'", directory), 126);
  }
  const bool tries = has_others(work);
  if (tries) text += "(verba_e) || exit 126\n";
  if (work.argv.empty() || (work.file && work.file->argument == 0)) return;
  const std::string& program = work.argv.front();
  const bool is_path = program.find('/') != std::string::npos;
  if (is_path) {
    or_else("[ -x " + quoted(program) + " ]", fmt::format("'{}' is no program that can be executed", program), 126);
  } else {
    const std::string find = "command -v " + quoted(program);
    or_else(tries ? "(verba_e; " + find + ")" : find, fmt::format("program '{}' is not on PATH", program), 127);
  }
}

bool has_files(const Work& work) {
  return work.file || work.reports;
}

/// The private directory of the command.
void add_files(std::string& text, const Work& work) {
  text += "verba_d=$(mktemp -d \"${TMPDIR:-/tmp}/verba.XXXXXXXXXX\") || verba_bad=1\n";
  if (work.file) {
    // Byte by byte where more follows: what reads ahead would take it away from the command.
    const std::string read =
        work.input.empty() ? "cat" : fmt::format("dd bs=1 count={} 2>/dev/null", work.file->content.size());
    text += fmt::format("[ $verba_bad ] || (umask 077; {} >\"$verba_d/{}\") || verba_bad=1\n", read, work.file->name);
  }
  if (work.reports) text += "export VERBA_OUTPUT=\"$verba_d/outputs\"\n";
}

}  // namespace

std::string remote_command(const std::string& mark, const std::string& user) {
  return fmt::format("{}sh -c '{}' {}", as_user(user), reader, mark);
}

std::string remote_end(std::int64_t group, Milliseconds grace, const std::string& user) {
  const std::int64_t tenths = grace.count() / 100;
  return fmt::format("{}sh -c '{}' {} {} {}", as_user(user), ender, group, tenths, tenths + 50);
}

std::string remote_wait(std::int64_t group, const std::string& mark, const std::string& user) {
  return fmt::format("{}sh -c '{}' {} {}", as_user(user), waiter, group, mark);
}

std::string remote_script(const Work& work, const std::string& directory, bool as_other_user) {
  // A trap, so that TERM to the group does not end this shell before the command has ended; commands get TERM back.
  std::string text = "trap : TERM INT HUP\n";
  // sudo may have put us into the group of another process.
  text += as_other_user ? "verba_i=$(ps -o pgid= -p $$ 2>/dev/null) || verba_i=$$\n" : "verba_i=$$\n";
  add_variables(text, work);
  add_refusals(text, work, directory);
  text += "echo $0 b $((verba_i))\nverba_bad=\n";
  if (has_files(work)) add_files(text, work);
  // As the positional parameters, because no variable of the command is one of these.
  text += "set --";
  for (std::size_t i = 0; i < work.argv.size(); ++i) {
    const bool is_file = work.file && work.file->argument == i;
    text += is_file ? fmt::format(" \"$verba_d/{}\"", work.file->name) : " " + quoted(work.argv[i]);
  }
  text += "\nverba_c=126\n[ $verba_bad ] || {\n(verba_e; exec \"$@\")\nverba_c=$?\n}\necho $0 e $verba_c\n";
  if (work.reports) text += "[ -f \"$verba_d/outputs\" ] && cat \"$verba_d/outputs\"\n";
  if (has_files(work)) text += "[ -z \"$verba_d\" ] || rm -rf -- \"$verba_d\"\n";
  text += "echo $0 z\necho $0 z >&2\nexit $verba_c\n";
  return text;
}

}  // namespace verba
