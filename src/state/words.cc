// SPDX-License-Identifier: Apache-2.0
#include "state/words.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"

namespace verba {
namespace {

constexpr std::array<std::string_view, 3> record_words{"deployed", "started", "failed"};
constexpr std::array<std::string_view, 3> lifetime_words{"lasting", "temporary", "over"};
constexpr std::array<std::string_view, 7> run_words{"running",     "succeeded",   "failed",         "cancelled",
                                                    "interrupted", "rolled-back", "rollback-failed"};
constexpr std::array<std::string_view, 8> step_words{"pending", "started",   "succeeded", "unchanged",
                                                     "failed",  "cancelled", "skipped",   "in-doubt"};

template <class Status, std::size_t N>
Status find(const std::array<std::string_view, N>& words, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == word) return static_cast<Status>(i);
  }
  throw Error(Error::Kind::state, "state.corrupt", fmt::format("'{}' is not a status", word));
}

}  // namespace

std::string_view to_string(RecordStatus status) {
  return record_words.at(static_cast<std::size_t>(status));
}
std::string_view to_string(Lifetime lifetime) {
  return lifetime_words.at(static_cast<std::size_t>(lifetime));
}
std::string_view to_string(RunStatus status) {
  return run_words.at(static_cast<std::size_t>(status));
}
std::string_view to_string(StepStatus status) {
  return step_words.at(static_cast<std::size_t>(status));
}

RecordStatus record_status(std::string_view word) {
  return find<RecordStatus>(record_words, word);
}
Lifetime lifetime(std::string_view word) {
  return find<Lifetime>(lifetime_words, word);
}
RunStatus run_status(std::string_view word) {
  return find<RunStatus>(run_words, word);
}
StepStatus step_status(std::string_view word) {
  return find<StepStatus>(step_words, word);
}

}  // namespace verba
