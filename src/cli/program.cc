// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include <new>

#include "base/error.h"
#include "cli/args.h"
#include "cli/builtin.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/session.h"

namespace verba {
namespace {

bool wants_colour(System& system, bool terminal, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--no-color") return false;
  }
  const auto set = [&](const char* name) { return !system.variable(name).value_or("").empty(); };
  return terminal && !set("NO_COLOR") && !set("VERBA_NO_COLOR") && system.variable("TERM").value_or("") != "dumb";
}

int report(const Error& error, Console& console, Style style) {
  const Sources none;
  Diagnostic diagnostic = error.diagnostic();
  diagnostic.where = {};
  console.err(render(diagnostic, none, style.colour));
  return exit_code(error.kind());
}

}  // namespace

int run_program(const std::vector<std::string>& words, System& system, Console& console, void (*finish)(int)) {
  const Style out{wants_colour(system, console.out_terminal, words)};
  const Style err{wants_colour(system, console.err_terminal, words)};
  const auto guarded = [&](const auto& body) -> int {
    try {
      return body();
    } catch (const Exit& exit) {
      return exit.code;
    } catch (const Error& error) {
      return report(error, console, err);
    } catch (const Interrupted&) {
      return kInterrupted;
    } catch (const std::bad_alloc&) {
      console.err("error[system.memory]: there is not enough memory\n");
      return kStepFailed;
    }
  };
  Said said;
  int code = guarded([&] {
    const bool asks_version = words == std::vector<std::string>{"--version"};
    said = parse_words(commands(), asks_version ? std::vector<std::string>{"version"} : words,
                       [&](const std::string& name) { return system.variable(name); });
    return kDone;
  });
  if (code == kDone && said.command == nullptr) {
    console.out(overview(commands(), out));
  } else if (code == kDone && said.arguments.help()) {
    console.out(help_text(*said.command, out));
  } else if (code == kDone) {
    Call call{*said.command, said.arguments, system, console, out, err};
    code = guarded([&] {
      format_of(call);  // a form that it does not have is told before anything is done
      return said.command->function(call);
    });
    if (code == kDone && console.lost_output && console.lost_output()) {
      console.err("error[system.output]: standard output could not be written whole\n");
      code = kStepFailed;
    }
    if (finish != nullptr) finish(code);
  }
  return code;
}

}  // namespace verba
