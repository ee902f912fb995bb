// SPDX-License-Identifier: Apache-2.0
// What names look like, and where things hide in checked manifests. Private to this folder.
#pragma once

#include <string_view>
#include <vector>

#include "manifest/manifest.h"

namespace verba {

/// A letter, then letters, digits, - and _, at most 128; with `host`, also . and @ and a digit in front.
bool is_name(std::string_view, bool host = false);

/// "a string", "nothing", ...: for messages.
std::string_view with_article(Value::Kind);

/// The tasks of a checked Deployment; none when there are no sound ones.
const List& tasks_of(const Value& spec);

/// The text of a member that is a string, else "".
std::string_view text_of(const Value& map, std::string_view member);

}  // namespace verba
