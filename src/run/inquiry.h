// SPDX-License-Identifier: Apache-2.0
// A provider that is asked about one thing, in the background of the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/error.h"
#include "os/async.h"
#include "os/system.h"
#include "provider/mask.h"
#include "provider/provider.h"

namespace verba {

/// What a provider tells of a thing, as people may see it: masked UTF-8. Very long texts are not shown: their end may
/// have been cut within a secret.
std::string presentable(const std::string& detail, const SecretWords&);

/// The last line of a stream that is not empty.
class LastLine {
 public:
  void take(std::string_view bytes);
  std::string text();

 private:
  void settle();
  std::string line_, last_;
};

/// `Answer`: what it tells. Borrows the system; lives as long as the question is under way. One thread.
template <class Answer>
class Inquiry {
 public:
  /// `scratch`: a directory of its own, made when it is asked for.
  Inquiry(System& system, std::string scratch, Variables environment, Milliseconds timeout)
      : system_(system), scratch_(std::move(scratch)) {
    const auto log = [this](Stream stream, std::string_view bytes) {
      if (stream == Stream::error) complaint_.take(bytes);
    };
    attempt_ = std::make_unique<Attempt>(Attempt{system_,
                                                 stop_,
                                                 timeout,
                                                 log,
                                                 scratch_,
                                                 std::move(environment),
                                                 [this]() -> const std::string& { return made_scratch(); },
                                                 {},
                                                 nullptr});
  }
  Inquiry(const Inquiry&) = delete;
  Inquiry& operator=(const Inquiry&) = delete;

  /// What to ask with, in the thing's account.
  Attempt& at(Executor* executor, AwsAccount* aws) {
    attempt_->executor = executor;
    attempt_->aws = aws;
    return *attempt_;
  }
  void begin(Async<Answer> question) {
    work_ = start<Answer>(std::move(question), [this](Result<Answer> result) { result_.emplace(std::move(result)); });
  }
  void stop() { stop_.request(); }

  /// Once there is one: the answer, or why there is none. Not masked.
  std::optional<std::variant<Answer, std::string>> take() {
    if (!result_) return std::nullopt;
    if (scratch_made_) system_.remove(scratch_);
    if (auto* whole = std::get_if<0>(&*result_)) return std::move(*whole);
    try {
      std::rethrow_exception(std::get<1>(*result_));
    } catch (const Error& error) {
      return error.diagnostic().message;
    }
  }
  /// What was last said on standard error; not masked.
  std::string complaint() { return complaint_.text(); }

 private:
  const std::string& made_scratch() {
    if (!scratch_made_) system_.make_directories(scratch_, 0700);
    scratch_made_ = true;
    return scratch_;
  }

  System& system_;
  Stop stop_;
  LastLine complaint_;
  std::string scratch_;
  bool scratch_made_ = false;
  std::unique_ptr<Attempt> attempt_;
  std::optional<Result<Answer>> result_;
  Background work_;  ///< last: its frame uses all of the above
};

}  // namespace verba
