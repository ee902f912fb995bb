// SPDX-License-Identifier: Apache-2.0
#include "view/text/table.h"

#include <algorithm>

#include "view/text/width.h"

namespace verba {
namespace {

std::string line_of(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += "  ";
    line += i + 1 < cells.size() ? padded(cells[i], widths[i]) : cells[i];
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::string Table::text(Style style) const {
  std::vector<std::vector<std::string>> rows = rows_;
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(display_width(heading));
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = printable(row[i]);
      if (i >= widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string out = style.bold(line_of(headings_, widths)) + "\n";
  for (const auto& row : rows) out += line_of(row, widths) + "\n";
  return out;
}

}  // namespace verba
