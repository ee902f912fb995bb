// SPDX-License-Identifier: Apache-2.0
#include "provider/approval/approval_provider.h"

#include "provider/approval/approval_type.h"
#include "provider/workbench.h"

namespace verba {
namespace {

using namespace std::chrono_literals;

class ApprovalProviderTest : public Workbench {
 protected:
  ApprovalProviderTest() : Workbench(approval_type()) {
    attempt_.timeout = 20s;
    attempt_.answers = [this] {
      ++looks_;
      return looks_ < 2 ? std::vector<Answer>() : answers_;
    };
  }
  std::string apply(const std::string& yaml) {
    const Outcome outcome = wait_for(*system_, provider_->apply(resource(yaml), std::nullopt, attempt_));
    if (const auto* failed = std::get_if<Failed>(&outcome)) return failed->message;
    const auto* succeeded = std::get_if<Succeeded>(&outcome);
    return succeeded != nullptr ? log_.substr(log_.rfind('\n', log_.size() - 2) + 1) : "cancelled";
  }

  int looks_ = 0;
  std::vector<Answer> answers_;
  std::unique_ptr<Provider> provider_ = make_approval_provider();
};

TEST_F(ApprovalProviderTest, OneIsEnough) {
  answers_ = {{"ann", true, "", true}};
  EXPECT_EQ(apply("{message: Go?}"), "Approved by ann\n");
  EXPECT_EQ(looks_, 2);
  EXPECT_EQ(log_, "Go?\nWaiting: `verba approve web.site` or `verba reject web.site`\nApproved by ann\n");
}

TEST_F(ApprovalProviderTest, AsManyAsAreWanted) {
  answers_ = {{"ann", true, "", true}, {"bob", true, "", false}};
  EXPECT_EQ(apply("{message: Go?, approvals: 2}"), "Approved by ann, bob\n");
  attempt_.timeout = 400ms;
  EXPECT_EQ(apply("{message: Go?, approvals: 3}"), "2 of 3 approvals, and its timeout is over");
}

TEST_F(ApprovalProviderTest, ByOthers) {
  answers_ = {{"ann", true, "", true}};
  attempt_.timeout = 400ms;
  EXPECT_EQ(apply("{message: Go?, byOthers: true}"), "0 of 1 approvals, and its timeout is over");
  answers_ = {{"ann", true, "", true}, {"bob", true, "", false}};
  EXPECT_EQ(apply("{message: Go?, byOthers: true}"), "Approved by bob\n");
}

TEST_F(ApprovalProviderTest, OneThatRejectsIsEnough) {
  answers_ = {{"ann", true, "", true}, {"bob", false, "no", false}};
  EXPECT_EQ(apply("{message: Go?}"), "rejected by bob: no");
}

TEST_F(ApprovalProviderTest, TheStop) {
  attempt_.answers = [this] {
    stop_.request();
    return answers_;
  };
  EXPECT_EQ(apply("{message: Go?}"), "cancelled");
}

}  // namespace
}  // namespace verba
