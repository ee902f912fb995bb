// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/lfs.h"

#include <algorithm>
#include <optional>

#include "base/number.h"

namespace verba {
namespace {

constexpr std::uint64_t pointer_bytes = 1024;  // the specification's own limit

/// What stands behind `key` in a line of its own.
std::string_view member(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key)) return line.substr(key.size());
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

std::optional<LfsPointer> read_pointer(std::size_t entry, std::string_view text) {
  if (!text.starts_with("version https://git-lfs.github.com/spec/v1\n")) return std::nullopt;
  const std::string_view oid = member(text, "oid sha256:");
  const auto size_bytes = number_in<std::uint64_t>(member(text, "size "));
  const bool sound = oid.size() == 64 && oid.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!sound || !size_bytes) return std::nullopt;
  return LfsPointer{entry, std::string(oid), *size_bytes};
}

}  // namespace

std::vector<std::size_t> possible_pointers(const std::vector<TreeEntry>& entries) {
  std::vector<std::size_t> possible;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const TreeEntry& entry = entries[i];
    if (entry.type == "blob" && !entry.is_link() && entry.size_bytes < pointer_bytes) possible.push_back(i);
  }
  return possible;
}

std::vector<LfsPointer> read_pointers(const std::vector<std::size_t>& possible, std::string_view contents) {
  std::vector<LfsPointer> pointers;
  for (const std::size_t entry : possible) {
    const std::string_view head = contents.substr(0, contents.find('\n'));  // "ID blob SIZE"
    const auto size = number_in<std::size_t>(head.substr(head.rfind(' ') + 1));
    if (!size || head.size() + 1 + *size > contents.size()) break;
    if (auto pointer = read_pointer(entry, contents.substr(head.size() + 1, *size))) {
      pointers.push_back(*std::move(pointer));
    }
    contents.remove_prefix(std::min(head.size() + 1 + *size + 1, contents.size()));
  }
  return pointers;
}

}  // namespace verba
