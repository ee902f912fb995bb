// SPDX-License-Identifier: Apache-2.0
// Calls of AWS: signed, sent, tried again, and what came of them.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "aws/answer.h"
#include "aws/endpoint.h"
#include "aws/place.h"
#include "aws/retry.h"
#include "aws/signature.h"
#include "os/async.h"
#include "os/process.h"
#include "os/system.h"

namespace verba {

/// One call of a service. The headers need no Host.
struct AwsCall {
  const AwsService* service = nullptr;
  std::string region = {};
  std::string endpoint = {};  ///< "https://sts.eu-central-1.amazonaws.com", with a path where it has one
  AwsMessage message = {};
  bool direct = false;  ///< by no proxy, only one short try, and any text is an answer: for what is on this machine
};

/// A call by the query protocol: a form with Action and Version. A parameter that is a list is written as
/// "Tags.member.1.Key". A good answer has `answered_by` in it, from below ACTIONResponse on: "GetTemplateResult".
AwsMessage query_message(const AwsService&, std::string_view action, Variables parameters,
                         std::string_view answered_by);
/// A call by the JSON protocol: "AmazonSSM.GetParameter", answered by "/Parameter/Value".
AwsMessage json_message(std::string_view target, const Value& body, std::string_view answered_by);
AwsMessage get_message(std::string path, Variables query = {}, Variables headers = {}, std::string answered_by = {});

/// Sends calls. A call is made again after throttling, trouble of the service and of the way to it (an answer without
/// what it has to have is that, too), up to
/// AWS_MAX_ATTEMPTS tries (8; where nobody answers 5 at most), within the budget of all calls, and at once when it was
/// signed by another clock than the service's, which all calls then keep to, or sent elsewhere by S3 (aws/redirect.h).
/// A call must therefore be one that may be
/// made twice. Every failure is in the answer, with the service's address where that named no code; nothing is thrown
/// but for what System::send throws. Borrows the system. One thread.
class AwsTransport {
 public:
  explicit AwsTransport(System& system);

  /// Unsigned without credentials.
  Async<AwsAnswer> send(AwsCall call, std::optional<AwsCredentials> credentials, Stop& stop);

  /// Certificates (PEM) to trust in place of the machine's; "": those.
  void trust(std::string ca_file) { ca_file_ = std::move(ca_file); }
  System& system() const { return system_; }

 private:
  WebRequest request_of(const AwsCall&, const std::optional<AwsCredentials>&);
  void set_clock(const AwsAnswer&);
  Milliseconds pause(const AwsAnswer&, int retry, AwsTrouble);

  System& system_;
  std::string ca_file_;
  int tries_ = 8;
  Milliseconds clock_ahead_{0};  ///< of the services', to ours
  RetryBudget budget_;
};

/// "Sat, 28 Nov 2026 09:55:11 GMT", as in the header Date.
std::optional<Instant> parse_http_date(std::string_view);

}  // namespace verba
