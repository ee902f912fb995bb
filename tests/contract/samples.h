// SPDX-License-Identifier: Apache-2.0
// Stores to put to the test, and things to put into them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "state/store.h"

namespace verba {

/// A fresh directory, removed with all in it at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Owner an_owner(std::int64_t process = 100);
Record a_record(const std::string& address, const std::string& environment = "prod");
RunStart a_run_start(std::size_t steps = 2);
LeaseRequest a_request(std::vector<std::string> deployments = {"web"}, Owner owner = an_owner(), Instant now = {1'000});
/// Of `web` in `prod`; the test fails when it is held.
Lease take_lease(Store&, const LeaseRequest& = a_request());
PutBlob a_blob(std::string content);

/// "state.full", or "" when nothing was thrown.
std::string error_code(const std::function<void()>&);

}  // namespace verba
