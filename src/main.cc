// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "cli/program.h"
#include "os/posix/posix_system.h"

int main(int count, char** words) {
  const auto system = verba::make_posix_system();
  verba::Console console = verba::make_console();
  return verba::run_program({words + 1, words + count}, *system, console, [](int code) { ::_exit(code); });
}
