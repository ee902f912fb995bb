// SPDX-License-Identifier: Apache-2.0
// The fixture that runs a test once for every store.
#pragma once

#include "samples.h"
#include "state/memory/memory_store.h"
#include "state/sqlite/sqlite_store.h"

namespace verba {

class EachStore : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Store> make(std::string_view name = "state.db") {
    if (GetParam() == "memory") return make_memory_store();
    return open_sqlite_store(directory_.file(name), OpenFor::writing);
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_ = make();
};

#define VERBA_EACH_STORE(suite)                                                                    \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(std::string("memory"), std::string("sqlite")), \
                           [](const auto& info) { return info.param; })

}  // namespace verba
