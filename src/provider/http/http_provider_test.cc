// SPDX-License-Identifier: Apache-2.0
#include "provider/http/http_provider.h"

#include "provider/http/http_type.h"
#include "provider/workbench.h"

namespace verba {
namespace {

using namespace std::chrono_literals;

class HttpProviderTest : public Workbench {
 protected:
  HttpProviderTest() : Workbench(http_request_type()) {}
  Resource request(const std::string& yaml) { return resource(yaml); }
  Outcome apply(const std::string& yaml) {
    return wait_for(*system_, http_->apply(request(yaml), std::nullopt, attempt_));
  }
  static std::string word(const Outcome& outcome) {
    if (std::holds_alternative<Failed>(outcome)) return "failed";
    if (std::holds_alternative<InDoubt>(outcome)) return "in doubt";
    return std::holds_alternative<Succeeded>(outcome) ? "succeeded" : "cancelled";
  }

  std::unique_ptr<Provider> http_ = make_http_provider();
};

TEST_F(HttpProviderTest, WhatWasNeverSentHasFailed) {
  const Port port(false);
  const Outcome outcome = apply("{url: '" + port.url() + "', method: POST, body: x}");
  ASSERT_EQ(word(outcome), "failed");
  EXPECT_TRUE(std::get<Failed>(outcome).retryable);
  EXPECT_TRUE(std::get<Failed>(outcome).message.starts_with("POST " + port.url() + ": Failed to connect"))
      << std::get<Failed>(outcome).message;
}

TEST_F(HttpProviderTest, WhatWasSentAndNotAnsweredIsInDoubtUnlessItCanBeRepeated) {
  const Port port(true);
  attempt_.timeout = 500ms;
  const Outcome post = apply("{url: '" + port.url() + "', method: POST}");
  ASSERT_EQ(word(post), "in doubt");
  EXPECT_EQ(std::get<InDoubt>(post).message, "POST " + port.url() + ": timed out after 500ms; it may have been done");
  const Outcome get = apply("{url: '" + port.url() + "'}");
  ASSERT_EQ(word(get), "failed");
  EXPECT_TRUE(std::get<Failed>(get).timed_out);
}

TEST_F(HttpProviderTest, WhatWasBrokenOffIsInDoubtUnlessItCanBeRepeatedOrNeverBegan) {
  const Port port(true);
  const auto stopped = [&](const std::string& method) {
    stop_ = Stop();
    system_->after(100ms, [this] { stop_.request(); });
    return apply("{url: '" + port.url() + "', method: " + method + "}");
  };
  EXPECT_EQ(word(stopped("GET")), "cancelled");
  const Outcome post = stopped("POST");
  ASSERT_EQ(word(post), "in doubt");
  EXPECT_EQ(std::get<InDoubt>(post).message,
            "POST " + port.url() + ": it was broken off before it was answered; it may have been done");
  EXPECT_EQ(word(apply("{url: '" + port.url() + "', method: POST}")), "cancelled") << "nothing is sent";
}

TEST_F(HttpProviderTest, WhatNeverSucceededIsNotUndone) {
  const Port port(false);
  const Resource item =
      request("{url: '" + port.url() + "', method: POST, delete: {url: '" + port.url() + "', method: DELETE}}");
  EXPECT_EQ(word(wait_for(*system_, http_->rollback({item, Map{}}, std::nullopt, attempt_))), "succeeded");
  EXPECT_EQ(log_, "!nothing is sent: the request never succeeded\n");
  Map answered;
  answered.set("status", 201);
  EXPECT_EQ(word(wait_for(*system_, http_->rollback({item, answered}, std::nullopt, attempt_))), "failed")
      << "it is sent, and nobody is there";
  EXPECT_EQ(word(wait_for(*system_, http_->remove({item, answered}, attempt_))), "failed");
}

TEST_F(HttpProviderTest, WhatChangesNothingNeedsNoUndoing) {
  const Resource get = request("{url: 'http://127.0.0.1:9/'}");
  EXPECT_TRUE(http_->can_rollback(get, false));
  EXPECT_FALSE(http_->can_remove(get));
  EXPECT_EQ(word(wait_for(*system_, http_->rollback({get, Map{}}, std::nullopt, attempt_))), "succeeded");
  EXPECT_FALSE(http_->can_rollback(request("{url: 'http://127.0.0.1:9/', method: POST}"), false));
}

}  // namespace
}  // namespace verba
