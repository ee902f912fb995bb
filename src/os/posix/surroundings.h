// SPDX-License-Identifier: Apache-2.0
// Time, chance and surroundings of System. See there for what each promises.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.h"

namespace verba::posix {

Instant now();
std::chrono::nanoseconds steady();
std::string random_bytes(std::size_t count);
std::optional<std::string> variable(const std::string& name);
std::vector<std::pair<std::string, std::string>> variables();
std::string host();
std::string boot_id();
std::optional<std::int64_t> process_start(std::int64_t process);
bool group_is_alive(std::int64_t group, std::int64_t began_ms);

}  // namespace verba::posix
