// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/wanted_stack.h"

#include <gmock/gmock.h>

#include "provider/cloudformation/cloudformation_type.h"
#include "provider/cloudformation/stack_status.h"
#include "provider/workbench.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class WantedStackTest : public Workbench {
 protected:
  WantedStackTest() : Workbench(cloudformation_type()) {}
  WantedStack wanted(std::string_view yaml) {
    auto read = read_stack(resource(yaml));
    EXPECT_TRUE(std::holds_alternative<WantedStack>(read));
    return std::get<WantedStack>(std::move(read));
  }
  std::string refusal(const Resource& resource) {
    const auto read = read_stack(resource);
    return std::holds_alternative<BadStack>(read) ? std::get<BadStack>(read).message : "";
  }
  std::string findings(std::string_view yaml) {
    Diagnostics diagnostics;
    check_stack(resource(yaml).inputs, {}, diagnostics);
    std::string all;
    for (const Diagnostic& one : diagnostics.all()) all += one.message + "\n";
    return all;
  }
};

TEST_F(WantedStackTest, IsWhatIsSent) {
  const WantedStack stack = wanted(R"({stack: web, data: {Resources: {T: {Type: X, Properties: {N: !Ref P}}}},
    parameters: {Zones: [a, b], Count: 3, Big: true, Name: 'x,y'}, tags: {team: web}, capabilities: CAPABILITY_IAM,
    roleArn: r})");
  EXPECT_EQ(stack.body, R"({"Resources":{"T":{"Type":"X","Properties":{"N":{"Ref":"P"}}}}})");
  EXPECT_THAT(stack.parameters,
              ElementsAre(Pair("Big", "true"), Pair("Count", "3"), Pair("Name", "x,y"), Pair("Zones", "a,b")));
  Variables sent;
  add_wanted(stack, true, "", sent);
  EXPECT_THAT(
      sent, testing::IsSupersetOf({Pair("Parameters.member.4.ParameterKey", "Zones"),
                                   Pair("Parameters.member.4.ParameterValue", "a,b"), Pair("Tags.member.1.Key", "team"),
                                   Pair("Capabilities.member.1", "CAPABILITY_IAM"), Pair("RoleARN", "r")}));
  sent.clear();
  add_wanted(wanted("{stack: web, data: x}"), true, "https://b/t", sent);
  EXPECT_THAT(sent, testing::Contains(Pair("TemplateURL", "https://b/t")));
  EXPECT_THAT(sent, testing::Contains(Pair("Tags", "")));
}

TEST_F(WantedStackTest, NullKeepsAValueThatThereIs) {
  const WantedStack stack = wanted("{stack: web, data: x, parameters: {B: b, A: null}}");
  Variables sent;
  add_wanted(stack, true, "", sent);
  EXPECT_THAT(sent, testing::IsSupersetOf({Pair("Parameters.member.1.ParameterKey", "B"),
                                           Pair("Parameters.member.2.ParameterKey", "A"),
                                           Pair("Parameters.member.2.UsePreviousValue", "true")}));
  sent.clear();
  add_wanted(stack, false, "", sent);
  EXPECT_THAT(sent, testing::Not(testing::Contains(Pair(testing::_, "A"))));
}

TEST_F(WantedStackTest, AFileIsSentAsItIs) {
  Resource from_file = resource("{stack: web, template: site.yaml}");
  from_file.files.push_back({"template", "site.yaml", Digest{}, "Resources: # all\n"});
  EXPECT_EQ(std::get<WantedStack>(read_stack(from_file)).body, "Resources: # all\n");
  from_file.files.front().content =
      "Resources: {F: {Type: AWS::Lambda::Function, Properties: {Code: s3://code/f.zip}}}";
  EXPECT_THAT(std::get<WantedStack>(read_stack(from_file)).body, testing::HasSubstr(R"("S3Key":"f.zip")"));
  from_file.files.front().content = std::string(51'200, 'x');
  EXPECT_FALSE(needs_bucket(std::get<WantedStack>(read_stack(from_file))));
  from_file.files.front().content += "x";
  EXPECT_TRUE(needs_bucket(std::get<WantedStack>(read_stack(from_file))));
  from_file.inputs.map().set("bucket", "web-templates");
  EXPECT_EQ(refusal(from_file), "");
  from_file.inputs.map().set("bucket", "web/templates");
  EXPECT_EQ(refusal(from_file), "'web/templates' cannot be the name of a bucket");
  from_file.files.front().content = std::string((1 << 20) + 1, 'x');
  EXPECT_EQ(refusal(from_file), "the template has 1048577 bytes, and at most 1048576 can be sent");
}

TEST_F(WantedStackTest, MistakesAreSaid) {
  EXPECT_THAT(refusal(resource("{stack: 1web, data: x}")), HasSubstr("'1web' cannot be the name of a stack"));
  EXPECT_EQ(refusal(resource("{stack: web, data: x, parameters: {A: {b: c}}}")), "'A' of parameters is a map");
  EXPECT_EQ(refusal(resource("{stack: web, data: ''}")), "the template is empty");
  EXPECT_THAT(findings("{stack: web_1, data: x}"), HasSubstr("'web_1' cannot be the name"));
  EXPECT_THAT(findings("{stack: web}"), HasSubstr("nothing says what the template is"));
  EXPECT_THAT(findings("{stack: web, data: x, template: y}"), HasSubstr("one stack has one template"));
  EXPECT_THAT(findings("{stack: web, data: [x]}"), HasSubstr("a list is no template"));
  EXPECT_EQ(findings("{stack: \"${{ vars.x }}\", data: \"${{ vars.y }}\"}"), "");
}

TEST(StackStatus, SaysWhatMayBeDone) {
  using enum StackRest;
  for (const char* status : {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
                             "IMPORT_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_FAILED", "CREATE_FAILED", "UPDATE_FAILED"}) {
    EXPECT_EQ(rest_of(status), usable) << status;
  }
  for (const char* status :
       {"CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "NEW_THING_IN_PROGRESS"}) {
    EXPECT_EQ(rest_of(status), busy) << status;
  }
  for (const char* status : {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}) EXPECT_EQ(rest_of(status), dead);
  EXPECT_EQ(rest_of("REVIEW_IN_PROGRESS"), reviewed);
  EXPECT_EQ(rest_of("UPDATE_ROLLBACK_FAILED"), stuck);
  EXPECT_EQ(rest_of("DELETE_COMPLETE"), gone);
  for (const char* status : {"NEW_THING_COMPLETE", "NEW_THING_FAILED", ""}) EXPECT_EQ(rest_of(status), unknown);
  EXPECT_FALSE(is_good("UPDATE_ROLLBACK_COMPLETE"));
  EXPECT_TRUE(is_good("UPDATE_COMPLETE"));
}

}  // namespace
}  // namespace verba
