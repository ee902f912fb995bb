// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/carried_client.h"

// VERBA_SESSION_CLIENT is where the build has put the program.
asm(".pushsection .rodata\n"
    "verba_session_client: .incbin \"" VERBA_SESSION_CLIENT
    "\"\n"
    "verba_session_client_end: .byte 0\n"
    ".popsection\n"
    ".global verba_session_client, verba_session_client_end\n");

extern "C" const char verba_session_client[];
extern "C" const char verba_session_client_end[];

namespace verba {

std::string_view carried_client() {
  return {verba_session_client, static_cast<std::size_t>(verba_session_client_end - verba_session_client)};
}

}  // namespace verba
