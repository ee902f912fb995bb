// SPDX-License-Identifier: Apache-2.0
// DEPLOYMENT.TASK and DEPLOYMENT.TASK[KEY], as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace verba {

struct Address {
  std::string deployment;
  std::string name;
  std::string key;  ///< with its brackets, or ""
};

/// Without a deployment in front it is a task of `own_deployment`. Nothing when it is no address.
std::optional<Address> parse_address(std::string_view written, std::string_view own_deployment = {});

/// The deployment of a whole address.
inline std::string_view deployment_of(std::string_view address) {
  return address.substr(0, address.find('.'));
}

}  // namespace verba
