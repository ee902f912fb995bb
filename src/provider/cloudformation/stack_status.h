// SPDX-License-Identifier: Apache-2.0
// The states of a stack, as "Understand CloudFormation stack creation events" and the API reference have them.
#pragma once

#include <cstdint>
#include <string_view>

namespace verba {

/// What may be done with a stack now.
enum class StackRest : std::uint8_t {
  busy,      ///< an operation is under way: wait
  reviewed,  ///< REVIEW_IN_PROGRESS: there is nothing but change sets; the next one has to create
  usable,    ///< may be updated
  dead,      ///< may only be deleted
  stuck,     ///< the rollback of an update failed: may only be continued, or deleted
  gone,      ///< DELETE_COMPLETE
  unknown,   ///< a status of a later day: nobody may conclude anything from it
};
StackRest rest_of(std::string_view status);

/// Is what was asked for last there? So it is while what it replaced is being deleted.
bool is_good(std::string_view status);

/// An update has come to its end, well or not, and only what is left over is still deleted. No other may begin yet.
bool is_cleanup(std::string_view status);

/// Is an event's status the failure of something?
bool is_failure(std::string_view status);

}  // namespace verba
