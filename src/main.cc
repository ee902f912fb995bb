// SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/program.h"
#include "os/posix/heap.h"
#include "os/posix/posix_system.h"

#ifdef VERBA_COVERAGE
extern "C" void __gcov_dump();  // of GCC's run-time library; its header forgets that C++ may read it
#endif

namespace {

/// At once: nobody waits for destructors. What was counted for the coverage report is written first.
void leave(int code) {
#ifdef VERBA_COVERAGE
  __gcov_dump();
#endif
  ::_exit(code);
}

/// A core file would hold secrets. The children get memory of their own, and keep the limits of the person.
void leave_no_core() {
#ifndef __SANITIZE_ADDRESS__  // whose search for leaks looks at us as a debugger does
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace

int main(int count, char** words) {
  leave_no_core();
  verba::put_heap_in_large_pages();
  const auto system = verba::make_posix_system();
  verba::Console console = verba::make_console();
  return verba::run_program({words + 1, words + count}, *system, console, leave);
}
