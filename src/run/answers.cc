// SPDX-License-Identifier: Apache-2.0
#include "run/answers.h"

#include <utility>

#include "manifest/names.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t page = 1'000;
constexpr const char* approved = "step.approved";
constexpr const char* rejected = "step.rejected";

}  // namespace

Answers::Answers(Store& store, RunId run, std::string address, std::string person)
    : store_(store), run_(run), address_(std::move(address)), person_(std::move(person)) {}

std::vector<Answer> Answers::now() {
  for (auto events = store_.events(last_, page); !events.empty(); events = store_.events(last_, page)) {
    for (const StoredEvent& event : events) {
      last_ = event.id;
      if (event.run != run_ || (event.type != approved && event.type != rejected)) continue;
      std::string why;
      const std::optional<Value> detail = parse_json(event.detail, why);
      if (!detail || !detail->is_map() || text_of(*detail, "address") != address_) continue;
      by_person_.insert_or_assign(event.who, Answer{event.who, event.type == approved,
                                                    std::string(text_of(*detail, "reason")), event.who == person_});
    }
  }
  std::vector<Answer> answers;
  for (const auto& [who, answer] : by_person_) answers.push_back(answer);
  return answers;
}

AppendEvent answer_event(RunId run, const std::string& address, const Answer& answer, Instant at) {
  Map detail;
  detail.set("address", address);
  detail.set("reason", answer.reason);
  return {run, at, answer.approves ? approved : rejected, answer.who, to_json(Value(std::move(detail)))};
}

}  // namespace verba
