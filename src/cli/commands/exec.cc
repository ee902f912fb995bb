// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/identities.h"
#include "cli/planning.h"
#include "os/not_begun.h"

namespace verba {
namespace {

/// As a shell would say it.
int code_of(const Finished& finished) {
  return finished.status.signal != 0 ? 128 + finished.status.signal : finished.status.code;
}

int exec(Call& call) {
  const auto name = call.arguments.text("account");
  if (!name) {
    throw Error(Error::Kind::usage, "usage.which-account", "say which account: --account NAME",
                "`verba accounts list` shows them");
  }
  const Surroundings surroundings = planning_surroundings(call);
  const Model& model = resolved(call, surroundings);
  const Account& account = require_account(model, *name);
  Hosts hosts(call.system, model, surroundings);
  identify_by_code(call, hosts, {account});
  Executor& executor = hosts.of(account);
  Work work;
  work.argv = call.arguments.words();
  work.directory = executor.directory_for(call.system.absolute("."), "");
  RunOptions options;
  options.sink = [&call](Stream stream, std::string_view bytes) {
    stream == Stream::output ? call.console.out(bytes) : call.console.err(bytes);
  };
  Stop stop;
  call.system.on_interrupt([&stop] { stop.request(); });
  WorkDone done;
  try {
    done = wait_for(call.system, executor.run(std::move(work), stop, std::move(options)));
  } catch (const NotBegun& error) {
    call.console.err(render(error.diagnostic(), Sources(), call.err_style.colour));
    throw Exit{stop.requested() ? kInterrupted : error.exit_code()};
  }
  call.system.on_interrupt({});
  if (!done.doubt.empty()) throw Error(Error::Kind::provider, "ssh.lost", done.doubt);
  if (stop.requested()) throw Interrupted{};
  return code_of(done.finished);
}

}  // namespace

CommandRow exec_command() {
  return {.name = "exec",
          .group = "Look",
          .summary = "run a command where an account is, with its credentials",
          .positionals = {{.name = "COMMAND", .required = true, .repeats = true}},
          .options = {{.name = "account", .value = "NAME", .summary = "the account, or a role of the environment"}},
          .looks_at_systems = true,
          .function = exec};
}

}  // namespace verba
