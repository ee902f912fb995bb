// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/stacks_world.h"
#include "provider/cloudformation/template_exchange.h"

namespace verba {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// CloudFormation by what it answers to each action; each answer serves once, the last one for ever.
class Work : public testing::Test, protected StacksWorld {
 protected:
  Work() {
    system.servers = [this](const WebRequest& request) {
      const std::string action = said(request, "Action");
      calls.push_back(action);
      std::vector<WebAnswer>& left = answers[action];
      if (left.empty()) return result(action, "");
      const WebAnswer answer = left.front();
      if (left.size() > 1) left.erase(left.begin());
      return answer;
    };
  }
  Outcome deploy(bool is_recorded = true) { return deploy({.name = "web", .body = "{}"}, is_recorded); }
  Outcome deploy(WantedStack wanted, bool is_recorded = true) {
    StackWork work(attempt, watches);
    return wait_for(system, work.deploy(std::move(wanted), is_recorded ? "web" : ""));
  }
  Outcome remove(bool lifts_protection = false) {
    StackWork work(attempt, watches);
    return wait_for(system, work.remove({.known = "web", .recorded = "web", .lifts_protection = lifts_protection}));
  }
  /// One that rests, with more about it.
  static WebAnswer stack_with(const std::string& more) {
    std::string members = described("web", "CREATE_COMPLETE");
    return stacks(members.insert(members.rfind("</member>"), more));
  }
  static WebAnswer stack(std::string_view status) { return stacks(described("web", status)); }
  static WebAnswer change_set(std::string_view status, std::string_view more = "") {
    return result("DescribeChangeSet", fmt::format("<Status>{}</Status>{}", status, more));
  }
  static WebAnswer events(const std::string& members) {
    return result("DescribeStackEvents", "<StackEvents>" + members + "</StackEvents>");
  }
  std::string event(int id, std::string_view type, std::string_view status, std::string_view reason,
                    std::string_view physical = "p", std::string_view token = "") const {
    return fmt::format(
        "<member><EventId>{}</EventId><StackId>web</StackId><LogicalResourceId>L{}</LogicalResourceId>"
        "<ResourceType>{}</ResourceType><ResourceStatus>{}</ResourceStatus><ResourceStatusReason>{}"
        "</ResourceStatusReason><PhysicalResourceId>{}</PhysicalResourceId><ClientRequestToken>{}"
        "</ClientRequestToken></member>",
        id, id, type, status, reason, physical, token);
  }
  void make_change_set() {
    answers["CreateChangeSet"] = {result("CreateChangeSet", "<Id>set</Id><StackId>web</StackId>")};
    answers["DescribeChangeSet"] = {change_set("CREATE_PENDING"), change_set("CREATE_COMPLETE")};
  }
  std::string sent(std::string_view action, std::string_view name) const {
    for (const WebRequest& request : system.requests) {
      if (said(request, "Action") == action) return said(request, name);
    }
    return "(no call)";
  }

  std::map<std::string, std::vector<WebAnswer>> answers;
  std::vector<std::string> calls;
  std::string log;
  StackWatches watches;
  Attempt attempt{
      system,       stop,
      std::nullopt, [this](Stream, std::string_view bytes) { log += bytes; },
      "",           {{"VERBA_ENVIRONMENT", "test"}, {"VERBA_DEPLOYMENT", "d"}, {"VERBA_TASK", "t"}, {"VERBA_RUN", "7"}},
      {},           {},
      nullptr,      "",
      {},           &account};
};

TEST_F(Work, RollbackIsAlwaysSaidAndTokensAreOurs) {
  make_change_set();
  answers["DescribeStacks"] = {error(400, "ValidationError", "Stack with id web does not exist"),
                               stack("CREATE_COMPLETE")};
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy(false)));
  EXPECT_EQ(sent("CreateChangeSet", "ChangeSetType"), "CREATE");
  EXPECT_EQ(sent("ExecuteChangeSet", "DisableRollback"), "false");
  EXPECT_TRUE(sent("ExecuteChangeSet", "ClientRequestToken").starts_with(run_token(attempt)));
  EXPECT_EQ(sent("CreateChangeSet", "ClientToken"), sent("ExecuteChangeSet", "ClientRequestToken"));
}

TEST_F(Work, NothingToChangeComesInThreeForms) {
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  answers["CreateChangeSet"] = {error(400, "ValidationError", "No updates are to be performed.")};
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy()));
  EXPECT_THAT(calls, testing::Not(testing::Contains("DeleteChangeSet")));  // none was made
  for (const char* reason :
       {"The submitted information didn't contain changes. Submit different information to create a "
        "change set.",
        "No updates are to be performed."}) {
    make_change_set();
    answers["DescribeChangeSet"] = {change_set("FAILED", fmt::format("<StatusReason>{}</StatusReason>", reason))};
    EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy())) << reason;
  }
  EXPECT_THAT(calls, testing::Not(testing::Contains("ExecuteChangeSet")));
  EXPECT_EQ(log, "no changes\nno changes\nno changes\n");
}

TEST_F(Work, AChangeSetThatIsRefusedLeavesNothing) {
  answers["DescribeStacks"] = {stack("REVIEW_IN_PROGRESS")};
  make_change_set();
  answers["DescribeChangeSet"] = {change_set("FAILED", "<StatusReason>Transform failed</StatusReason>")};
  EXPECT_EQ(std::get<Failed>(deploy()).message, "the change set was refused: Transform failed");
  EXPECT_THAT(calls, testing::IsSupersetOf({"DeleteChangeSet", "DeleteStack"}));
}

TEST_F(Work, AChangeSetThatMayNotBeCarriedOutOrSeenLeavesNothing) {
  for (const char* action : {"ExecuteChangeSet", "DescribeChangeSet"}) {
    calls.clear();
    make_change_set();
    answers["DescribeStacks"] = {error(400, "ValidationError", "Stack with id web does not exist")};
    answers[action] = {error(403, "AccessDenied")};
    EXPECT_THAT(std::get<Failed>(deploy(false)).message, HasSubstr("AccessDenied")) << action;
    EXPECT_THAT(calls, testing::IsSupersetOf({"DeleteChangeSet", "DeleteStack"})) << action;
  }
}

TEST_F(Work, PagesThatFollowThemselvesHaveAnEnd) {
  make_change_set();
  answers["DescribeChangeSet"] = {change_set("CREATE_COMPLETE", "<NextToken>again</NextToken>")};
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  EXPECT_THAT(std::get<Failed>(deploy()).message,
              HasSubstr("DescribeChangeSet gives a page that is followed by itself"));
  EXPECT_THAT(calls, testing::Contains("DeleteChangeSet"));
}

TEST_F(Work, AStackThatOthersWorkOnMeanwhileIsTriedAgain) {
  make_change_set();
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  answers["ExecuteChangeSet"] = {
      error(400, "ValidationError", "Stack:web is in UPDATE_IN_PROGRESS state and can not be updated.")};
  const Outcome outcome = deploy();
  const Failed* failed = std::get_if<Failed>(&outcome);
  ASSERT_NE(failed, nullptr);
  EXPECT_TRUE(failed->retryable);
  EXPECT_THAT(failed->message, HasSubstr("UPDATE_IN_PROGRESS"));
  EXPECT_THAT(calls, Contains("DeleteChangeSet"));
}

TEST_F(Work, AStackThatIsElsewhereIsNotGone) {
  answers["DescribeStacks"] = {error(400, "ValidationError", "Stack with id web does not exist")};
  answers["GetCallerIdentity"] = {result("GetCallerIdentity", "<Account>222222222222</Account><Arn>a</Arn>")};
  const auto remove_of = [this](const std::string& id) {
    StackWork work(attempt, watches);
    return wait_for(system, work.remove({.known = id, .recorded = id}));
  };
  const std::string other_region = "arn:aws:cloudformation:eu-west-1:222222222222:stack/web/1";
  const std::string other_account = "arn:aws:cloudformation:eu-central-1:111111111111:stack/web/1";
  EXPECT_EQ(std::get<Failed>(remove_of(other_region)).message,
            "the stack web is in the region eu-west-1, and the account 'web' in eu-central-1");
  EXPECT_EQ(std::get<Failed>(remove_of(other_account)).message,
            "the stack web is in the account 111111111111 of AWS, and 'web' is 222222222222");
  EXPECT_TRUE(
      std::holds_alternative<Succeeded>(remove_of("arn:aws:cloudformation:eu-central-1:222222222222:stack/web/1")));
  StackWork work(attempt, watches);
  const Outcome deployed = wait_for(system, work.deploy({.name = "web", .body = "{}"}, other_region));
  EXPECT_THAT(std::get<Failed>(deployed).message, HasSubstr("eu-west-1"));
  EXPECT_THAT(calls, testing::Not(testing::Contains("CreateChangeSet")));
}

TEST_F(Work, WhoseStackItIsMustBeKnown) {
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  answers["DescribeStackEvents"] = {error(403, "AccessDenied")};
  EXPECT_THAT(std::get<Failed>(deploy(false)).message, HasSubstr("AccessDenied"));
  answers["DescribeStacks"] = {stack("REVIEW_IN_PROGRESS")};
  answers["ListChangeSets"] = {
      result("ListChangeSets", fmt::format("<Summaries><member><ChangeSetName>{}x-new</ChangeSetName>"
                                           "</member></Summaries>",
                                           owner_token(attempt)))};
  StackWork work(attempt, watches);
  EXPECT_TRUE(wait_for(system, work.who_made({"web", "web", "REVIEW_IN_PROGRESS", "", {}})).by_us());
}

TEST_F(Work, WhatIsInTheWayIsNoObstacle) {
  answers["DescribeStacks"] = {error(400, "ValidationError", "Stack with id web does not exist")};
  const auto foreseen = [this] {
    StackWork work(attempt, watches);
    return wait_for(system, work.foresee({.name = "web", .body = "{}"}));
  };
  make_change_set();
  EXPECT_FALSE(foreseen());
  EXPECT_THAT(calls, testing::Not(testing::Contains("ExecuteChangeSet")));
  answers["DescribeChangeSet"] = {
      change_set("FAILED",
                 "<StatusReason>The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]"
                 "</StatusReason>")};
  EXPECT_FALSE(foreseen());
  answers["DescribeChangeSet"] = {change_set("FAILED", "<StatusReason>Transform failed</StatusReason>")};
  EXPECT_EQ(std::get<Failed>(*foreseen()).message, "the change set was refused: Transform failed");
}

TEST_F(Work, TheCauseIsTheFirstFailureAndMayLieInANestedStack) {
  make_change_set();
  answers["DescribeStacks"] = {stack("UPDATE_COMPLETE"), stack("UPDATE_ROLLBACK_COMPLETE")};
  system.servers = [this, give = system.servers](const WebRequest& request) {
    if (!is_action(request, "DescribeStackEvents")) return give(request);
    if (said(request, "StackName") == "nested") {
      return events(event(12, "AWS::S3::Bucket", "CREATE_FAILED", "Resource creation cancelled") +
                    event(11, "AWS::SNS::Topic", "CREATE_FAILED", "no such thing"));
    }
    const std::string token = sent("ExecuteChangeSet", "ClientRequestToken");
    return events(event(3, "AWS::S3::Bucket", "UPDATE_FAILED", "Resource update cancelled", "p", token) +
                  event(2, "AWS::CloudFormation::Stack", "UPDATE_FAILED", "embedded", "nested", token) +
                  event(1, "AWS::CloudFormation::Stack", "UPDATE_FAILED", "of before", "other", "another-token"));
  };
  EXPECT_EQ(std::get<Failed>(deploy()).message,
            "deploying the stack web failed: L2/L11 (AWS::SNS::Topic): CREATE_FAILED: no such thing");
}

TEST_F(Work, ALookThatFailsFailsNothing) {
  make_change_set();
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  for (int i = 0; i < 12; ++i) answers["DescribeStacks"].push_back(xml("<html></html>", 500));
  answers["DescribeStacks"].push_back(stack("UPDATE_COMPLETE"));
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy()));
}

TEST_F(Work, WhatCannotBeFollowedIsInDoubt) {
  make_change_set();
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE"), stack("UPDATE_IN_PROGRESS"),
                               error(403, "AccessDenied", "not you")};
  EXPECT_EQ(std::get<InDoubt>(deploy()).message,
            "the stack web cannot be followed any more (UPDATE_IN_PROGRESS): AccessDenied: not you");
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE"), stack("UPDATE_IN_PROGRESS")};
  attempt.timeout = Milliseconds(30'000);
  make_change_set();
  EXPECT_EQ(std::get<InDoubt>(deploy()).message, "the stack web is still at work after 30s (UPDATE_IN_PROGRESS)");
  make_change_set();
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  answers["ExecuteChangeSet"] = {xml("", 500)};
  EXPECT_THAT(std::get<InDoubt>(deploy()).message, HasSubstr("whether the change set is carried out is not known"));
}

TEST_F(Work, BeforeAnythingIsChangedAStopIsAStop) {
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  make_change_set();
  answers["DescribeChangeSet"] = {change_set("CREATE_PENDING")};
  system.after(Milliseconds(3'000), [this] { stop.request(); });
  EXPECT_TRUE(std::holds_alternative<Cancelled>(deploy()));
}

Async<Outcome> one_attempt(StackWatches& watches, Attempt& attempt) {
  StackWork work(attempt, watches);
  Async<Outcome> deploying = work.deploy({.name = "web", .body = "{}"}, "web");
  Outcome outcome = co_await deploying;
  co_return outcome;
}

/// As a step does it: the attempt, and all it owns, goes as soon as it has ended.
Async<Outcome> one_step(StackWatches& watches, Attempt& attempt) {
  std::optional<Outcome> outcome;
  {
    Async<Outcome> attempting = one_attempt(watches, attempt);
    outcome = co_await attempting;
  }
  co_return *std::move(outcome);
}

TEST_F(Work, MayGoWhileItIsBeingStopped) {
  for (const bool by_timeout : {false, true}) {
    make_change_set();
    answers["DescribeStacks"] = {stack("CREATE_COMPLETE"), stack("UPDATE_IN_PROGRESS")};
    attempt.timeout = by_timeout ? std::optional(Milliseconds(20'000)) : std::nullopt;
    if (!by_timeout) system.after(Milliseconds(20'000), [this] { stop.request(); });
    Stop fresh;
    Attempt own{system,
                by_timeout ? fresh : stop,
                attempt.timeout,
                attempt.log,
                "",
                attempt.environment,
                {},
                {},
                nullptr,
                "",
                {},
                &account};
    EXPECT_TRUE(std::holds_alternative<InDoubt>(wait_for(system, one_step(watches, own))));
  }
}

TEST_F(Work, AStackOfOthersIsLeftAlone) {
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  const auto made_with = [&](std::string_view token) {
    answers["DescribeStackEvents"] = {
        events(event(2, "AWS::CloudFormation::Stack", "UPDATE_COMPLETE", "", "web", run_token(attempt)) +
               event(1, "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", "", "web", token))};
  };
  // What was made without a token was not made by us, whatever we did with it later.
  for (const char* token : {"somebody", ""}) {
    made_with(token);
    EXPECT_THAT(std::get<Failed>(deploy(false)).message, HasSubstr("this task did not make it"));
    StackWork work(attempt, watches);
    EXPECT_TRUE(std::holds_alternative<Succeeded>(wait_for(system, work.remove({.known = "web"}))));
  }
  const auto there_is_a_change_set = [&](const std::string& name) {
    answers["ListChangeSets"] = {
        result("ListChangeSets",
               fmt::format("<Summaries><member><ChangeSetName>{}</ChangeSetName></member></Summaries>", name))};
  };
  there_is_a_change_set(owner_token(attempt) + "3-x");  // an update's, of one that was taken over
  EXPECT_THAT(std::get<Failed>(deploy(false)).message, HasSubstr("this task did not make it"));
  EXPECT_THAT(calls, testing::Not(testing::Contains("DeleteStack")));
  make_change_set();
  answers["DescribeChangeSet"] = {change_set("FAILED", "<StatusReason>No updates are to be performed.</StatusReason>")};
  there_is_a_change_set(owner_token(attempt) + "3-x-new");
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy(false)));
  made_with("somebody");
  EXPECT_THAT(std::get<Failed>(deploy(false)).message, HasSubstr("this task did not make it"));
  made_with(owner_token(attempt) + "3-x");
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy(false)));
}

TEST_F(Work, AnExportThatIsImportedStays) {
  constexpr const char* exporting =
      "<Outputs><member><OutputKey>V</OutputKey><OutputValue>v</OutputValue><ExportName>net-vpc</ExportName></member>"
      "<member><OutputKey>W</OutputKey><OutputValue>w</OutputValue></member></Outputs>";
  answers["DescribeStacks"] = {stack_with(exporting)};
  answers["ListImports"] = {result("ListImports", "<Imports><member>b</member><member>a</member></Imports>")};
  EXPECT_EQ(std::get<Failed>(remove()).message, "deleting the stack web: net-vpc is imported by a, b");
  EXPECT_EQ(std::get<Failed>(deploy()).message,
            "updating the stack web would take away an export: net-vpc is imported by a, b");
  EXPECT_EQ(sent("ListImports", "ExportName"), "net-vpc");
  EXPECT_THAT(calls, testing::Not(testing::Contains(testing::AnyOf("DeleteStack", "CreateChangeSet"))));
  make_change_set();
  for (const char* body :
       {"Outputs: {V: {Value: x, Export: {Name: net-vpc}}}", "Outputs: {Other: {Value: x, Export: {Name: net-vpc}}}",
        "Outputs: {V: {Value: x, Export: {Name: !Sub '${P}-vpc'}}}", "not: [yaml"}) {
    Resource resource;
    Map inputs;
    inputs.set("data", body);
    resource.inputs = Value(std::move(inputs));
    const std::vector<WantedExport> exports = exports_of_template(resource);
    EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy({.name = "web", .body = body, .exports = exports}))) << body;
  }
  answers["ListImports"] = {error(400, "ValidationError", "Export 'net-vpc' is not imported by any stack.")};
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy()));
  answers["DescribeStacks"] = {stack_with(exporting), stack("DELETE_COMPLETE")};
  EXPECT_TRUE(std::holds_alternative<Succeeded>(remove()));
}

TEST_F(Work, WhatIsProtectedGoesOnlyWhenItsMakingIsRolledBack) {
  answers["DescribeStacks"] = {stack_with("<EnableTerminationProtection>true</EnableTerminationProtection>"),
                               stack("DELETE_COMPLETE")};
  const std::vector<WebAnswer> both = answers["DescribeStacks"];
  EXPECT_EQ(std::get<Failed>(remove()).message, "deleting the stack web: it is protected against deletion");
  EXPECT_THAT(calls, testing::Not(testing::Contains("DeleteStack")));
  answers["DescribeStacks"] = both;
  EXPECT_TRUE(std::holds_alternative<Succeeded>(remove(true)));
  EXPECT_EQ(sent("UpdateTerminationProtection", "EnableTerminationProtection"), "false");
}

TEST_F(Work, ThePolicyComesBeforeAnUpdateAndAfterACreate) {
  const WantedStack wanted{.name = "web", .body = "{}", .policy = "{}", .is_protected = true};
  make_change_set();
  answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy(wanted)));
  const auto place_of = [&](const char* action) { return std::ranges::find(calls, action) - calls.begin(); };
  EXPECT_LT(place_of("SetStackPolicy"), place_of("CreateChangeSet"));
  EXPECT_GT(place_of("UpdateTerminationProtection"), place_of("ExecuteChangeSet"));
  calls.clear();
  make_change_set();
  answers["DescribeStacks"] = {stack("REVIEW_IN_PROGRESS"), stack("CREATE_COMPLETE")};
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy(wanted)));
  EXPECT_GT(place_of("SetStackPolicy"), place_of("ExecuteChangeSet"));
}

TEST_F(Work, OnlyWhatWasReviewedIsCarriedOut) {
  constexpr const char* changes =
      "<Changes><member><ResourceChange><Action>Add</Action><LogicalResourceId>B</LogicalResourceId>"
      "<ResourceType>AWS::S3::Bucket</ResourceType></ResourceChange></member></Changes>";
  const auto begin = [&] {
    make_change_set();
    answers["DescribeChangeSet"] = {change_set("CREATE_COMPLETE", changes)};
    answers["DescribeStacks"] = {stack("CREATE_COMPLETE")};
    calls.clear();
  };
  begin();
  attempt.reviewed = {"Modify A (AWS::SNS::Topic)"};
  EXPECT_EQ(std::get<Failed>(deploy()).message,
            "what would change is not what was reviewed, but: Add B (AWS::S3::Bucket)");
  EXPECT_THAT(calls, testing::Contains("DeleteChangeSet"));
  EXPECT_THAT(calls, testing::Not(testing::Contains("ExecuteChangeSet")));
  begin();
  attempt.reviewed = {"Add B (AWS::S3::Bucket)"};
  EXPECT_TRUE(std::holds_alternative<Succeeded>(deploy()));
}

TEST_F(Work, APreviewLeavesNothing) {
  answers["GetCallerIdentity"] = {result("GetCallerIdentity", "<Account>111111111111</Account><Arn>a</Arn>")};
  answers["DescribeStacks"] = {error(400, "ValidationError", "Stack with id web does not exist"),
                               stack("DELETE_IN_PROGRESS"), stack("DELETE_COMPLETE")};
  make_change_set();
  StackWork work(attempt, watches);
  const Preview made = wait_for(system, work.preview({.name = "web", .body = "{}"}, ""));
  EXPECT_EQ(made.problem, "");
  EXPECT_THAT(calls, testing::IsSupersetOf({"DeleteChangeSet", "DeleteStack"}));
  EXPECT_THAT(calls, testing::Not(testing::Contains("ExecuteChangeSet")));
  answers["DescribeStacks"] = {stack("UPDATE_IN_PROGRESS")};
  StackWork other(attempt, watches);
  EXPECT_EQ(wait_for(system, other.preview({.name = "web", .body = "{}"}, "web")).problem,
            "the stack is in UPDATE_IN_PROGRESS");
}

}  // namespace
}  // namespace verba
