// SPDX-License-Identifier: Apache-2.0
// From logins to credentials that are good now.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/configuration.h"
#include "aws/place.h"
#include "aws/transport.h"
#include "os/async.h"
#include "os/process.h"
#include "value/value.h"

namespace verba {

/// Why one cannot get in.
struct NoLogin {
  std::string message;  ///< one sentence
  std::string hint;
};

/// What a place to look for credentials has: them, a problem, or neither (nothing is set up there, or it was broken
/// off).
struct AwsFound {
  std::optional<AwsCredentials> credentials = {};
  std::optional<NoLogin> problem = {};

  bool any() const { return credentials || problem; }
};

/// Credentials of everybody who gets into accounts of AWS, each asked for once, by whoever needs them first, while the
/// others wait. Those that end are asked for anew ahead of their end: when less than a quarter of their time is left,
/// or ten minutes. Borrows the system. One thread.
class AwsLogins {
 public:
  explicit AwsLogins(System& system);
  AwsLogins(const AwsLogins&) = delete;
  AwsLogins& operator=(const AwsLogins&) = delete;
  ~AwsLogins();

  /// Called with every credential that was got, and what it was got with, before it is used; at once with those that
  /// were got before.
  void on_secret(std::function<void(const Value&)> keep);
  void keep_secret(const std::string& text);

  /// How to ask a person for a line: the code of an MFA device. No answer: there is none to be had, or `stop` was
  /// requested. While there is nobody to ask (as at first), a profile with one is a problem. For a code that did not
  /// lead in nobody is asked again.
  using Question = std::function<Async<std::optional<std::string>>(std::string question, Stop& stop)>;
  /// Gives the one of before.
  Question on_question(Question ask) { return std::exchange(ask_, std::move(ask)); }
  const Question& question() const { return ask_; }
  /// Does a person have to be asked for one, by this login or by those that it is taken on with?
  bool asks_for_code(const AwsLogin&) const;

  /// Of the place's login. Neither credentials nor a problem: `stop` was requested.
  Async<AwsFound> credentials(AwsPlace place, Stop& stop);
  /// A service says that they have expired: the next who asks gets others.
  void expired(const AwsPlace&, const AwsCredentials&);

  AwsTransport& transport();
  /// AWS's shared files, read when somebody first needs them.
  const AwsConfiguration& configuration() const;
  System& system() const { return system_; }

 private:
  struct Entry;
  class Waiting;
  class Turn;
  Entry& entry_of(const AwsPlace&);
  Async<AwsFound> renewed(Entry& entry, AwsPlace place, Stop& stop);

  System& system_;
  mutable std::optional<AwsConfiguration> configuration_;
  std::optional<AwsTransport> transport_;
  std::function<void(const Value&)> keep_secret_;
  std::vector<Value> secrets_;
  Question ask_;
  std::map<std::string, std::unique_ptr<Entry>> entries_;  ///< by login; see entry_of
};

}  // namespace verba
