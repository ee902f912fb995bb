// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/cloudformation/template_artifacts.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Messages; of what may not be there after "?".
std::vector<std::string> dangling(const std::string& text) {
  const std::optional<Value> tree = parse_template(text);
  std::vector<std::string> messages;
  for (const Dangling& one : tree ? dangling_in(*tree) : std::vector<Dangling>{{"it cannot be read", "", {}, true}}) {
    messages.push_back((one.is_sure ? "" : "?") + one.message);
  }
  return messages;
}

TEST(TemplateReferences, ThatAreRightAreNotTold) {
  EXPECT_THAT(dangling(R"(
Parameters: {Name: {Type: String}}
Mappings: {Sizes: {a: {Days: 1}}}
Rules: {R: {Assertions: [{Assert: !Equals [!Ref Name, x]}]}}
Conditions:
  Some: !Equals [!Ref Name, !Sub "${AWS::Region}"]
  Other: !Not [!Condition Some]
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Condition: Other
    DependsOn: [Queue, Made]
    Metadata: {Ref: Anything}
    Properties:
      DisplayName: !If [Some, !Ref Name, !Ref AWS::NoValue]
      Policy: {Condition: {StringEquals: {a: b}}, Ref: two, keys: 1}
      A: !Sub "${Queue.Arn} ${ Name } ${} ${!Literal} ${Name} ${AWS::StackName} $"
      B: !Sub ["${Own} ${Queue} ${Own.x}", {Own: !GetAtt Queue.Arn, Own.x: 1}]
      C: !GetAtt [Queue, "Nested.Arn"]
      D: {"Fn::GetAtt": "Queue.Arn"}
  Queue: {Type: AWS::SQS::Queue, DependsOn: Made}
  Made: {Type: My::Own::Thing::MODULE}
  User: {Type: T, Properties: {A: !Ref MadeBucket, B: !GetAtt Made.Bucket.Arn, C: !Ref Made.Bucket}}
Outputs:
  T: {Condition: Some, Value: !Ref Topic}
)"),
              IsEmpty());
}

TEST(TemplateReferences, ThatLeadNowhereAreTold) {
  EXPECT_THAT(dangling(R"(
Parameters: {Name: {Type: String}}
Conditions:
  Some: !Equals [!Ref Nam, !Ref Topic]
  Other: !Or [!Condition Sme, !Condition Some]
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Condition: Never
    DependsOn: Quue
    Properties: {DisplayName: !Ref Nmae}
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: [Name]
    Properties:
      A: !If [Nope, !Ref X, {B: !GetAtt Y.Arn}]
      C: !Sub "${Z} ${Name.Arn}"
Outputs:
  T: {Value: !GetAtt [Topik, Arn], Condition: Neither}
)"),
              ElementsAre("Some names 'Nam' (Ref), and there is no such parameter",
                          "Some names 'Topic' (Ref), and there is no such parameter",
                          "Other names 'Sme' (Condition), and there is no such condition",
                          "?Topic names 'Quue' (DependsOn), and there is no such resource",
                          "Topic names 'Never' (Condition), and there is no such condition",
                          "?Topic names 'Nmae' (Ref), and there is no such parameter or resource",
                          "Queue names 'Name' (DependsOn), and there is no such resource",
                          "Queue names 'Nope' (Fn::If), and there is no such condition",
                          "?Queue names 'X' (Ref), and there is no such parameter or resource",
                          "?Queue names 'Y' (Fn::GetAtt), and there is no such resource",
                          "Queue names 'Z' (Fn::Sub), and there is no such parameter or resource",
                          "Queue names 'Name' (Fn::Sub), and there is no such resource",
                          "?Outputs.T names 'Topik' (Fn::GetAtt), and there is no such resource",
                          "Outputs.T names 'Neither' (Condition), and there is no such condition"));
}

TEST(TemplateReferences, WhereATransformMakesThemNobodyCanTell) {
  const std::string parts =
      "Conditions: {C: {Condition: D}}\n"
      "Resources: {T: {Type: T, DependsOn: Gone, Properties: {A: !Ref MadeRole, B: !Sub '${Gone}'}}}\n";
  EXPECT_EQ(dangling(parts).size(), 4U);
  EXPECT_THAT(dangling("Transform: AWS::Serverless-2016-10-31\n" + parts),
              ElementsAre("C names 'D' (Condition), and there is no such condition"));
  EXPECT_EQ(dangling("Transform: [AWS::LanguageExtensions]\n" + parts).size(), 4U);
  EXPECT_THAT(dangling("Transform: [AWS::LanguageExtensions, Own]\n" + parts), IsEmpty());
  EXPECT_THAT(dangling("Transform: {Name: AWS::Include, Parameters: {Location: x}}\n" + parts), IsEmpty());
  EXPECT_THAT(dangling("Modules: {M: {Source: m.yaml}}\n" + parts), IsEmpty());
  EXPECT_THAT(dangling(parts + "Outputs: {O: {Value: !Transform {Name: Own}}}\n"), IsEmpty());
}

TEST(TemplateReferences, OfALoopAreItsOwn) {
  EXPECT_THAT(dangling(R"(
Transform: AWS::LanguageExtensions
Conditions: {"Fn::ForEach::Each": [N, [A, B], {"Is${N}": !Equals [!Ref N, a]}]}
Resources:
  Fn::ForEach::Queues: [Name, [a, b], {"Queue${Name}": {Type: AWS::SQS::Queue, Properties: {N: !Ref Name}}}]
  T: {Type: T, Condition: IsA, Properties: {A: !Ref Queuea, B: !If [IsB, 1, 2]}}
)"),
              IsEmpty());
  EXPECT_THAT(dangling(R"(
Transform: AWS::LanguageExtensions
Resources:
  T: {Type: T, Properties: {"Fn::ForEach::Tags": [Name, [a, b], {"${Name}": !Ref Name}], B: !Ref X}}
)"),
              ElementsAre("T names 'X' (Ref), and there is no such parameter or resource"));
}

}  // namespace
}  // namespace verba
