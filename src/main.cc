// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#ifdef VERBA_COVERAGE
#include <gcov.h>
#endif

#include "cli/program.h"
#include "os/posix/posix_system.h"

namespace {

/// At once: nobody waits for destructors. What was counted for the coverage report is written first.
void leave(int code) {
#ifdef VERBA_COVERAGE
  __gcov_dump();
#endif
  ::_exit(code);
}

}  // namespace

int main(int count, char** words) {
  const auto system = verba::make_posix_system();
  verba::Console console = verba::make_console();
  return verba::run_program({words + 1, words + count}, *system, console, leave);
}
