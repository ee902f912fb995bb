// SPDX-License-Identifier: Apache-2.0
// Columns for people.
#pragma once

#include <string>
#include <vector>

#include "view/text/style.h"

namespace verba {

/// Rows under headings, columns as wide as their widest cell, two spaces between, nothing after the last.
/// A row may be shorter than the headings.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  /// Lines, each with a line end. Control characters in cells are dropped.
  std::string text(Style) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace verba
