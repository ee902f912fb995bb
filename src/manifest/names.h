// SPDX-License-Identifier: Apache-2.0
// What names look like, and where things hide in checked manifests. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/manifest.h"
#include "manifest/occasion.h"
#include "value/expr.h"

namespace verba {

/// A letter, then letters, digits, - and _, at most 128; with `host`, also . and @ and a digit in front.
bool is_name(std::string_view, bool host = false);

/// "a string", "nothing", ...: for messages.
std::string_view with_article(Value::Kind);

/// The tasks of a checked Deployment for this occasion; none when there are no sound ones.
const List& tasks_of(const Value& spec, Occasion occasion = Occasion::deploy);

/// The text of a member that is a string, else "".
std::string_view text_of(const Value& map, std::string_view member);

/// A name that expressions can begin with, and what may follow it; no members: anything.
struct RootName {
  std::string_view name;
  std::vector<std::string_view> members;
};

/// A step of a reference as it is written: a name, or the number of an item.
std::string name_of(const Segment&);

/// What is wrong with the second step of a reference: its root has no such member. Nothing when it has, when there is
/// no second step, and when that is computed.
struct NoMember {
  std::string message;
  Where where;
  std::string hint;
};
std::optional<NoMember> missing_member(const Reference&, const RootName&);

}  // namespace verba
