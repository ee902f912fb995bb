// SPDX-License-Identifier: Apache-2.0
#include "os/posix/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace verba {

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

constexpr int reserved = 512 << 20;        ///< bytes; what is beyond comes in small pages
constexpr int largest_in_heap = 32 << 20;  ///< bytes; more than that in one piece is mapped on its own
constexpr int glibc_top_pad = 128 << 10;   ///< bytes; what glibc does of itself

}  // namespace

void put_heap_in_large_pages() {
  ::mallopt(M_MMAP_THRESHOLD, largest_in_heap);
  ::mallopt(M_TRIM_THRESHOLD, reserved * 2 - 1);  // else it is given back at the first free
  ::mallopt(M_TOP_PAD, reserved);
  auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(::sbrk(0)) & ~(page - 1);
  void* volatile larger_than_what_is_left = std::malloc(1 << 20);  // volatile, or the compiler leaves both calls out
  std::free(larger_than_what_is_left);
  std::uintptr_t end = reinterpret_cast<std::uintptr_t>(::sbrk(0)) & ~(page - 1);
  ::mallopt(M_TOP_PAD, glibc_top_pad);
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

#else

void put_heap_in_large_pages() {}

#endif

}  // namespace verba
