// SPDX-License-Identifier: Apache-2.0
// Keys of maps: in order, and unique. Private to this folder.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "value/value.h"

namespace verba {

/// The entries by the bytes of their keys. Borrows from the map.
std::vector<const Map::Entry*> sorted_entries(const Map&);

/// (first, again) of every key that was written before; in order. Linear for many keys, pairwise for few.
std::vector<std::pair<std::size_t, std::size_t>> repeated_keys(std::span<const Map::Entry>);

}  // namespace verba
