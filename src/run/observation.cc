// SPDX-License-Identifier: Apache-2.0
#include "run/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "os/async.h"
#include "plan/definition.h"
#include "run/live_step.h"
#include "run/mask.h"

namespace verba {
namespace {

/// What is longer tells a person nothing, and its end may have been cut within a secret.
constexpr std::size_t longest_detail_bytes = 4096;

/// The last line of a stream that is not empty.
class LastLine {
 public:
  void take(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n') {
        settle();
      } else if (line_.size() <= longest_detail_bytes) {
        line_ += c;
      }
    }
  }
  std::string text() {
    settle();
    return last_;
  }

 private:
  void settle() {
    if (!line_.empty()) last_ = std::exchange(line_, {});
  }
  std::string line_, last_;
};

/// A provider that looks at one thing.
class Check {
 public:
  Check(const Record& record, const Definition& definition, const ObservationSettings& settings, System& system,
        std::size_t number)
      : address_(record.address), system_(system) {
    scratch_ = fmt::format("{}/check-{}-{}", settings.scratch_directory, system.process(), number);
    Variables environment;
    describe_place(record, environment);
    const auto log = [this](Stream stream, std::string_view bytes) {
      if (stream == Stream::error) complaint_.take(bytes);
    };
    attempt_ = std::make_unique<Attempt>(Attempt{system_,
                                                 stop_,
                                                 definition.timeout.value_or(settings.timeout),
                                                 log,
                                                 scratch_,
                                                 std::move(environment),
                                                 [this]() -> const std::string& { return scratch(); },
                                                 {},
                                                 nullptr});
  }
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  const std::string& address() const { return address_; }
  void begin(Provider& provider, Recorded recorded, Executor& executor, AwsAccount* aws) {
    attempt_->executor = &executor;
    attempt_->aws = aws;
    work_ = start<Observed>(provider.observe(std::move(recorded), *attempt_),
                            [this](Result<Observed> result) { result_.emplace(std::move(result)); });
  }
  void stop() { stop_.request(); }
  /// What was seen, once it was; not masked yet.
  std::optional<Observed> take() {
    if (!result_) return std::nullopt;
    if (scratch_made_) system_.remove(scratch_);
    Observed seen;
    if (auto* whole = std::get_if<0>(&*result_)) {
      seen = std::move(*whole);
    } else {
      try {
        std::rethrow_exception(std::get<1>(*result_));
      } catch (const Error& error) {
        seen.detail = error.diagnostic().message;
      }
    }
    const std::string complaint = complaint_.text();
    if (seen.state == Observed::State::unknown && !complaint.empty()) seen.detail += ": " + complaint;
    return seen;
  }

 private:
  const std::string& scratch() {
    if (!scratch_made_) system_.make_directories(scratch_, 0700);
    scratch_made_ = true;
    return scratch_;
  }

  std::string address_;
  System& system_;
  Stop stop_;
  LastLine complaint_;
  std::string scratch_;
  bool scratch_made_ = false;
  std::unique_ptr<Attempt> attempt_;
  std::optional<Result<Observed>> result_;
  Background work_;  ///< last: its frame uses all of the above
};

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
      for (const auto& check : live_) check->stop();
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
    for (auto& [address, seen] : found_) seen.detail = presentable(seen.detail);
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
    auto check = std::make_unique<Check>(record, definition, settings_, from_.system, index);
    check->begin(*provider, {std::move(definition.resource), std::move(outputs)}, *executor, aws);
    live_.push_back(std::move(check));
  }

  bool settle_ended() {
    return std::erase_if(live_, [&](const auto& check) {
             std::optional<Observed> seen = check->take();
             if (seen) found_[check->address()] = std::move(*seen);
             return seen.has_value();
           }) > 0;
  }

  std::string presentable(const std::string& detail) const {
    if (detail.size() > longest_detail_bytes) return "what it printed is too long to be shown";
    std::string text = secrets_.mask(detail);
    const bool readable = is_utf8(text);
    std::erase_if(text, [&](char c) { return c == '\0' || (!readable && static_cast<unsigned char>(c) >= 0x80); });
    return text;
  }

  const std::vector<const Record*>& records_;
  const ObservationSettings& settings_;
  const Viewpoint& from_;
  SecretWords secrets_;
  std::vector<std::unique_ptr<Check>> live_;
  Observations found_;
  bool stopping_ = false;
};

}  // namespace

Observations observe(const std::vector<const Record*>& records, const ObservationSettings& settings,
                     const Viewpoint& from) {
  return Observing(records, settings, from).look();
}

}  // namespace verba
