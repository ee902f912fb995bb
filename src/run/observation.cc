// SPDX-License-Identifier: Apache-2.0
#include "run/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "plan/definition.h"
#include "provider/mask.h"
#include "run/inquiry.h"
#include "run/live_step.h"

namespace verba {
namespace {

Observed unknown(std::string why) {
  Observed seen;
  seen.detail = std::move(why);
  return seen;
}

class Observing {
 public:
  Observing(const std::vector<const Record*>& records, const ObservationSettings& settings, const Viewpoint& from)
      : records_(records), settings_(settings), from_(from) {
    from_.hosts.on_secret([this](const Value& secret) { secrets_.add(secret); });
    from_.system.on_interrupt([this] {
      stopping_ = true;
      for (const auto& [record, check] : live_) check->stop();
    });
  }
  ~Observing() {
    from_.system.on_interrupt({});
    from_.hosts.on_secret({});
  }
  Observing(const Observing&) = delete;
  Observing& operator=(const Observing&) = delete;

  Observations look() {
    for (std::size_t next = 0; (next < records_.size() && !stopping_) || !live_.empty();) {
      while (next < records_.size() && !stopping_ && live_.size() < settings_.parallelism) begin(next++);
      if (!settle_ended() && !live_.empty()) from_.system.poll();
    }
    if (stopping_) throw Interrupted{};
    for (auto& [address, seen] : found_) seen.detail = presentable(seen.detail, secrets_);
    return std::move(found_);
  }

 private:
  void begin(std::size_t index) {
    const Record& record = *records_[index];
    Provider* provider = from_.providers.find(record.type);
    const std::optional<Digest>& digest = record.definition ? record.definition : record.pending;
    if (!digest || !provider) {
      found_[record.address] = unknown(digest ? fmt::format("there is no provider for type '{}'", record.type)
                                              : std::string("nothing is recorded of it"));
      return;
    }
    Definition definition = read_definition(from_.store, *digest, record.address, from_.sealer);
    if (!provider->can_observe(definition.resource)) return;
    Value outputs = record.definition ? from_.sealer.from_sealed_json(record.outputs, record.address) : Value();
    secrets_.add_of(definition.resource);
    secrets_.add(outputs);
    Executor* executor = nullptr;
    AwsAccount* aws = nullptr;
    try {
      executor = &from_.hosts.of(definition.resource);
      aws = from_.hosts.aws(definition.resource);
    } catch (const Error& error) {  // its account cannot be got into
      found_[record.address] = unknown(error.diagnostic().message);
      return;
    }
    Variables environment;
    describe_place(record, environment);
    auto check = std::make_unique<Inquiry<Observed>>(
        from_.system, fmt::format("{}/check-{}-{}", settings_.scratch_directory, from_.system.process(), index),
        std::move(environment), tries_of(definition, Verb::check).timeout.value_or(settings_.timeout));
    Attempt& attempt = check->at(executor, aws);
    attempt.state = state_id(from_.store);
    check->begin(provider->observe({std::move(definition.resource), std::move(outputs)}, attempt));
    live_.emplace_back(&record, std::move(check));
  }

  bool settle_ended() {
    return std::erase_if(live_, [&](const auto& entry) {
             std::optional<std::variant<Observed, std::string>> answer = entry.second->take();
             if (!answer) return false;
             Observed* whole = std::get_if<Observed>(&*answer);
             Observed seen = whole != nullptr ? std::move(*whole) : unknown(std::get<std::string>(std::move(*answer)));
             const std::string complaint = entry.second->complaint();
             if (seen.state == Observed::State::unknown && !complaint.empty()) seen.detail += ": " + complaint;
             found_[entry.first->address] = std::move(seen);
             return true;
           }) > 0;
  }

  const std::vector<const Record*>& records_;
  const ObservationSettings& settings_;
  const Viewpoint& from_;
  SecretWords secrets_;
  std::vector<std::pair<const Record*, std::unique_ptr<Inquiry<Observed>>>> live_;
  Observations found_;
  bool stopping_ = false;
};

}  // namespace

Observations observe(const std::vector<const Record*>& records, const ObservationSettings& settings,
                     const Viewpoint& from) {
  // The first that is looked at says how to get into an account that the manifests do not know: what was recorded last.
  std::vector<const Record*> newest_first = records;
  std::ranges::stable_sort(newest_first, std::ranges::greater(), &Record::updated);
  return Observing(newest_first, settings, from).look();
}

}  // namespace verba
