// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"

#include <algorithm>

namespace verba {

std::string_view to_string(Goal::Kind kind) {
  switch (kind) {
    case Goal::Kind::apply:
      return "apply";
    case Goal::Kind::destroy:
      return "destroy";
    case Goal::Kind::rollback:
      return "rollback";
    case Goal::Kind::clean:
      return "gc";
  }
  return "";
}

std::string_view to_string(Action action) {
  switch (action) {
    case Action::create:
      return "create";
    case Action::update:
      return "update";
    case Action::replace:
      return "replace";
    case Action::remove:
      return "delete";
    case Action::run:
      return "run";
    case Action::rollback:
      return "rollback";
  }
  return "";
}

std::string_view sign(Action action) {
  switch (action) {
    case Action::create:
      return "+";
    case Action::update:
      return "~";
    case Action::replace:
      return "-/+";
    case Action::remove:
      return "-";
    case Action::run:
      return ">";
    case Action::rollback:
      return "<";
  }
  return "";
}

std::size_t Plan::count(Action action) const {
  return static_cast<std::size_t>(std::ranges::count(steps, action, &Step::action));
}

}  // namespace verba
