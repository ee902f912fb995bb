// SPDX-License-Identifier: Apache-2.0
// The manual on a terminal.
#pragma once

#include <string>
#include <string_view>

#include "view/text/style.h"

namespace verba {

/// The small Markdown of our manual pages (headings, paragraphs, lists, tables, fenced code, `code`) as text for a
/// screen: headings bold, code indented, fences gone. Without colour nothing but the words is left.
std::string markdown_text(std::string_view markdown, Style);

}  // namespace verba
