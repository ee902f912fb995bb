// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_status.h"

#include <algorithm>

namespace verba {
namespace {

/// CREATE_FAILED and UPDATE_FAILED, too: of those that were not rolled back.
constexpr std::string_view at_rest[] = {
    "CREATE_COMPLETE",        "CREATE_FAILED",   "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE",
    "IMPORT_ROLLBACK_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED",   "UPDATE_ROLLBACK_COMPLETE"};

}  // namespace

StackRest rest_of(std::string_view status) {
  if (status == "REVIEW_IN_PROGRESS") return StackRest::reviewed;  // at rest, in spite of its name
  if (status == "DELETE_COMPLETE") return StackRest::gone;
  if (status.ends_with("_IN_PROGRESS")) return StackRest::busy;
  if (status == "UPDATE_ROLLBACK_FAILED") return StackRest::stuck;
  if (status == "ROLLBACK_COMPLETE" || status == "ROLLBACK_FAILED" || status == "DELETE_FAILED") return StackRest::dead;
  return std::ranges::find(at_rest, status) != std::end(at_rest) ? StackRest::usable : StackRest::unknown;
}

bool is_good(std::string_view status) {
  return status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "IMPORT_COMPLETE" ||
         status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS";
}

bool is_cleanup(std::string_view status) {
  return status.ends_with("_COMPLETE_CLEANUP_IN_PROGRESS");
}

bool is_failure(std::string_view status) {
  return status.ends_with("_FAILED");
}

}  // namespace verba
