// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_status.h"

namespace verba {

StackRest rest_of(std::string_view status) {
  if (status == "REVIEW_IN_PROGRESS") return StackRest::reviewed;  // at rest, in spite of its name
  if (status == "DELETE_COMPLETE") return StackRest::gone;
  if (status.ends_with("_IN_PROGRESS")) return StackRest::busy;
  if (status == "UPDATE_ROLLBACK_FAILED") return StackRest::stuck;
  if (status == "ROLLBACK_COMPLETE" || status == "ROLLBACK_FAILED" || status == "DELETE_FAILED") return StackRest::dead;
  return StackRest::usable;  // CREATE_FAILED and UPDATE_FAILED, too: of those that were not rolled back
}

bool is_good(std::string_view status) {
  return status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "IMPORT_COMPLETE";
}

bool is_failure(std::string_view status) {
  return status.ends_with("_FAILED");
}

}  // namespace verba
