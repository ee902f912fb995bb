// SPDX-License-Identifier: Apache-2.0
// Many instances of one task, told as one: a plan over a thousand hosts is read by a person.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"

namespace verba {

/// "fleet.motd" and "web-1" of "fleet.motd[web-1]"; what is no instance has no key.
struct InstanceName {
  std::string_view task;
  std::string_view key;
};
InstanceName instance_name(std::string_view address);

/// What stands for the key of any instance.
constexpr std::string_view kAnyKey = "[*]";

/// The places of what bears the same sign, in the order of the first of each: together where there are more than five,
/// else one by one. What has no sign stands alone.
std::vector<std::vector<std::size_t>> told_together(const std::vector<std::string>& signs);

/// One entry of a plan's text.
struct Entry {
  std::vector<std::size_t> steps;
  std::unique_ptr<const Step>
      alike;                   ///< of many, else null: what is the same in all, with "[*]" where each has its own key
  bool values_differ = false;  ///< of many: "[FIRST to LAST]" stands where each has a value of its own
};

/// Instances of a task with which the same is done, for the same reason, with the same changes (but for their own keys)
/// are one entry when there are more than five; so are those that are left, when more than ten change in the same
/// fields. Linear in the size of the plan.
std::vector<Entry> entries_of(const std::vector<Step>& steps);

/// "1000 instances: web-0001 to web-1000"; "997 of 1000 instances, from web-0001 to web-1000".
std::string span_text(std::string_view first, std::string_view last, std::size_t count, std::size_t all);

}  // namespace verba
