// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/import_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "value/json.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr const char* wanted =
    "Parameters: {Name: {Type: String}}\n"
    "Resources:\n"
    "  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: !Ref Name}}\n"
    "  Topic: {Type: AWS::SNS::Topic}\n"
    "Outputs: {Topic: {Value: !Ref Topic}}\n";

std::string body_of(std::variant<std::string, BadStack> made) {
  const BadStack* bad = std::get_if<BadStack>(&made);
  return bad != nullptr ? bad->message : std::get<std::string>(made);
}

TEST(ImportTemplate, OfANewStackHasNothingButWhatIsImported) {
  EXPECT_EQ(body_of(import_template("", wanted, {{"Bucket", "b"}})),
            R"({"Parameters":{"Name":{"Type":"String"}},"Resources":{"Bucket":{"Type":"AWS::S3::Bucket",)"
            R"("DeletionPolicy":"Retain","Properties":{"BucketName":{"Ref":"Name"}}}}})");
}

TEST(ImportTemplate, OfAStackThatIsThereIsWhatIsThereAndWhatIsImported) {
  EXPECT_EQ(body_of(import_template(R"({"Resources":{"Old":{"Type":"T"}},"Outputs":{"Old":{"Value":"1"}}})", wanted,
                                    {{"Bucket", "b"}})),
            R"({"Resources":{"Old":{"Type":"T"},"Bucket":{"Type":"AWS::S3::Bucket","DeletionPolicy":"Retain",)"
            R"("Properties":{"BucketName":{"Ref":"Name"}}}},"Outputs":{"Old":{"Value":"1"}},)"
            R"("Parameters":{"Name":{"Type":"String"}}})");
}

TEST(ImportTemplate, TakesOnlyWhatIsInTheTemplateAndRetained) {
  EXPECT_EQ(body_of(import_template("", wanted, {{"Queue", "q"}})),
            "'import' names Queue, which is no resource of the template");
  EXPECT_EQ(body_of(import_template("", wanted, {{"Topic", "t"}})), "Topic is imported, and is not retained");
}

TEST(ImportTemplate, NamesIdentifiersAsCloudFormationDoes) {
  std::string why;
  const Value summary = *parse_json(
      R"({"ResourceIdentifierSummaries":[{"ResourceType":"T","LogicalResourceIds":["A"],"ResourceIdentifiers":["X"]},
          {"ResourceType":"U","LogicalResourceIds":["B"],"ResourceIdentifiers":["Y","Z"]}]})",
      why);
  const auto two = resources_to_import(summary, {{"A", "1"}, {"B", "", {{"Y", "2"}, {"Z", "3"}}}});
  EXPECT_THAT(std::get<Variables>(two),
              ElementsAre(Pair("ResourcesToImport.member.1.ResourceType", "T"),
                          Pair("ResourcesToImport.member.1.LogicalResourceId", "A"),
                          Pair("ResourcesToImport.member.1.ResourceIdentifier.entry.1.key", "X"),
                          Pair("ResourcesToImport.member.1.ResourceIdentifier.entry.1.value", "1"),
                          Pair("ResourcesToImport.member.2.ResourceType", "U"),
                          Pair("ResourcesToImport.member.2.LogicalResourceId", "B"),
                          Pair("ResourcesToImport.member.2.ResourceIdentifier.entry.1.key", "Y"),
                          Pair("ResourcesToImport.member.2.ResourceIdentifier.entry.1.value", "2"),
                          Pair("ResourcesToImport.member.2.ResourceIdentifier.entry.2.key", "Z"),
                          Pair("ResourcesToImport.member.2.ResourceIdentifier.entry.2.value", "3")));
  EXPECT_EQ(std::get<BadStack>(resources_to_import(summary, {{"B", "2"}})).message, "B (U) is told apart by Y and Z");
  EXPECT_TRUE(std::holds_alternative<BadStack>(resources_to_import(summary, {{"C", "2"}})));
}

TEST(ImportTemplate, SendsOnlyParametersThatItDeclares) {
  WantedStack stack{.name = "s"};
  stack.parameters = {{"Name", "n"}, {"Other", "o"}};
  stack.previous = {"Gone"};
  const WantedStack part = import_of(stack, R"({"Parameters":{"Name":{"Type":"String"}},"Resources":{}})", true);
  EXPECT_THAT(part.parameters, ElementsAre(Pair("Name", "n")));
  EXPECT_TRUE(part.previous.empty());
}

}  // namespace
}  // namespace verba
