// SPDX-License-Identifier: Apache-2.0
// Memory in large pages. A program that reads a hundred thousand tasks spends half of its time in the kernel, which
// hands out each 4 KiB of the heap on its own; in pages of 2 MiB that time is gone (madvise(2), MADV_HUGEPAGE).
#pragma once

namespace verba {

/// To be called once, before there are threads. Reserves address space for the heap, and asks for large pages there;
/// memory is used only as far as it is touched. Where the kernel or the C library does not offer it, nothing changes.
void put_heap_in_large_pages();

}  // namespace verba
