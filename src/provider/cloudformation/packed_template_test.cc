// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/packed_template.h"

#include <gmock/gmock.h>

#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/zip_archive.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

FileInput file(std::string path, std::string content, bool executable = false) {
  const Digest digest = sha256(content);
  return {std::string(artifact_field), path, digest, std::move(content), path, executable};
}

PackedTemplate packed(const WantedStack& wanted) {
  auto result = pack_template(wanted, {"store", "https://s3.example.org/store/"});
  const BadStack* bad = std::get_if<BadStack>(&result);
  EXPECT_EQ(bad, nullptr) << bad->message;
  return bad != nullptr ? PackedTemplate() : std::get<PackedTemplate>(std::move(result));
}

std::string refusal(const WantedStack& wanted) {
  const auto result = pack_template(wanted, {"store", "https://s3.example.org/store/"});
  const BadStack* bad = std::get_if<BadStack>(&result);
  return bad != nullptr ? bad->message : "";
}

std::string body_with(std::string_view type, std::string_view properties) {
  return std::string("{Resources: {R: {Type: \"").append(type).append("\", Properties: ").append(properties) + "}}}";
}

TEST(PackedTemplate, TakesEachFormThatAResourceKnows) {
  WantedStack wanted{.name = "web", .body = body_with("AWS::Lambda::Function", "{Code: src}")};
  wanted.artifacts = {file("src/a.py", "1")};
  PackedTemplate result = packed(wanted);
  ASSERT_EQ(result.uploads.size(), 1u);
  EXPECT_THAT(result.uploads[0].key, StartsWith("verba/artifacts/"));
  EXPECT_EQ(result.body,
            R"({"Resources":{"R":{"Type":"AWS::Lambda::Function","Properties":{"Code":{"S3Bucket":"store","S3Key":")" +
                result.uploads[0].key + R"("}}}}})");
  wanted.body = body_with("AWS::Serverless::Function", "{CodeUri: ./src/}");
  EXPECT_THAT(packed(wanted).body, HasSubstr(R"("CodeUri":"s3://store/)" + result.uploads[0].key));
  wanted.body = body_with("AWS::Glue::Job", "{Command: {ScriptLocation: src/a.py}}");
  EXPECT_THAT(packed(wanted).body, HasSubstr(R"("ScriptLocation":"s3://store/verba/artifacts/)"));
  wanted.body = "{Globals: {Function: {CodeUri: src}}, Resources: {F: {Type: 'AWS::Serverless::Function'}}}";
  EXPECT_THAT(packed(wanted).body, HasSubstr(R"("CodeUri":"s3://store/)"));
  wanted.body = "{Resources: {T: {Fn::Transform: {Name: 'AWS::Include', Parameters: {Location: src/a.py}}}}}";
  EXPECT_THAT(packed(wanted).body, HasSubstr(R"("Location":"s3://store/)"));
  for (std::string transform :
       {"{Name: 'AWS::Include', Parameters: {Location: src/a.py}}",
        "['AWS::Serverless-2016-10-31', {Name: 'AWS::Include', Parameters: {Location: src/a.py}}]"}) {
    wanted.body = "{Transform: " + transform + ", Resources: {T: {Type: 'AWS::SNS::Topic'}}}";
    EXPECT_THAT(packed(wanted).body, HasSubstr(R"("Location":"s3://store/)"));
  }
  for (const auto& [type, property] : {std::pair{"AWS::AppSync::Resolver", "CodeS3Location"},
                                       std::pair{"AWS::AppSync::FunctionConfiguration", "CodeS3Location"},
                                       std::pair{"AWS::CloudFormation::ModuleVersion", "ModulePackage"},
                                       std::pair{"AWS::CloudFormation::ResourceVersion", "SchemaHandlerPackage"},
                                       std::pair{"AWS::Serverless::GraphQLApi", "SchemaUri"}}) {
    wanted.body = body_with(type, std::string("{") + property + ": src/a.py}");
    EXPECT_THAT(packed(wanted).body, HasSubstr(std::string("\"") + property + R"(":"s3://store/)"));
  }
}

TEST(PackedTemplate, KeysAreOfContents) {
  WantedStack wanted{.name = "web", .body = body_with("AWS::Lambda::Function", "{Code: src}")};
  wanted.artifacts = {file("src/a.py", "1"), file("src/b.py", "2")};
  const std::string key = packed(wanted).uploads.at(0).key;
  wanted.artifacts = {file("src/a.py", "1"), file("src/b.py", "3")};
  EXPECT_NE(packed(wanted).uploads.at(0).key, key);
  wanted.artifacts = {file("src/a.py", "1"), file("src/b.py", "2", true)};
  EXPECT_NE(packed(wanted).uploads.at(0).key, key);
  wanted.artifacts = {file("other/a.py", "1"), file("other/b.py", "2")};
  wanted.body = body_with("AWS::Lambda::Function", "{Code: other}");
  EXPECT_EQ(packed(wanted).uploads.at(0).key, key);
}

TEST(PackedTemplate, CodeIsAnArchiveAndOtherFilesAreAsTheyAre) {
  const std::string archive = zip_archive({{"a.py", "1"}});
  WantedStack wanted{.name = "web", .body = body_with("AWS::Lambda::LayerVersion", "{Content: one.py}")};
  wanted.artifacts = {file("one.py", "1"), file("two.zip", archive), file("three.json", "{}")};
  EXPECT_EQ(packed(wanted).uploads.at(0).content(), zip_archive({{"one.py", "1"}}));
  wanted.body = body_with("AWS::Lambda::LayerVersion", "{Content: two.zip}");
  EXPECT_EQ(packed(wanted).uploads.at(0).content(), archive);
  wanted.body = body_with("AWS::StepFunctions::StateMachine", "{DefinitionS3Location: three.json}");
  EXPECT_EQ(packed(wanted).uploads.at(0).content(), "{}");
}

TEST(PackedTemplate, NestedOnesArePackedFirst) {
  WantedStack wanted{
      .name = "web", .body = body_with("AWS::CloudFormation::Stack", "{TemplateURL: child.yaml}"), .base = "infra"};
  wanted.artifacts = {file("infra/child.yaml", body_with("AWS::Lambda::Function", "{Code: ../src}")),
                      file("src/a.py", "1")};
  const PackedTemplate result = packed(wanted);
  ASSERT_EQ(result.uploads.size(), 2u);
  EXPECT_EQ(result.uploads[0].what, "src");
  EXPECT_EQ(result.uploads[1].what, "infra/child.yaml");
  EXPECT_THAT(result.uploads[1].content(), HasSubstr(result.uploads[0].key));
  EXPECT_THAT(result.body, HasSubstr("https://s3.example.org/store/" + result.uploads[1].key));
}

TEST(PackedTemplate, CirclesAndDirectoriesAreNoTemplates) {
  WantedStack wanted{.name = "web", .body = body_with("AWS::CloudFormation::Stack", "{TemplateURL: me.yaml}")};
  wanted.artifacts = {file("me.yaml", wanted.body)};
  EXPECT_EQ(refusal(wanted), "TemplateURL of R, 'me.yaml': templates nest one another too deeply: is it a circle?");
  wanted.artifacts = {file("me.yaml/inner", "x")};
  EXPECT_EQ(refusal(wanted), "TemplateURL of R, 'me.yaml': a directory is no template");
  wanted.artifacts = {};
  EXPECT_EQ(refusal(wanted), "TemplateURL of R, 'me.yaml': it is not there");
}

TEST(PackedTemplate, LeavesAllElse) {
  WantedStack wanted{.name = "web", .body = ""};
  for (const char* body :
       {"# a comment\nResources: {R: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://other/key}}}\n",
        "Resources: {R: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}}}}",
        "Resources: {R: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Sub 'https://x/y'}}}",
        "Resources: {R: {Type: AWS::Serverless::Function, Properties: {CodeUri: '{{resolve:ssm:/code}}'}}}",
        "no: template", "not: [yaml AWS::Serverless::"}) {
    wanted.body = body;
    const PackedTemplate result = packed(wanted);
    EXPECT_EQ(result.body, body);
    EXPECT_TRUE(result.uploads.empty());
  }
}

TEST(PackedTemplate, AddressesBecomeMapsWhereCloudFormationTakesMaps) {
  const auto in = [](std::string_view type, std::string_view properties) {
    const std::string body = with_object_maps(body_with(type, properties));
    constexpr std::string_view before = R"("Properties":)";
    const std::size_t begin = body.find(before);
    return begin == std::string::npos ? ""
                                      : body.substr(begin + before.size(), body.size() - begin - before.size() - 3);
  };
  EXPECT_EQ(in("AWS::Lambda::Function", "{Code: s3://b/a/b.zip}"), R"({"Code":{"S3Bucket":"b","S3Key":"a/b.zip"}})");
  EXPECT_EQ(in("AWS::Lambda::LayerVersion", "{Content: 's3://b/l.zip?versionId=v1'}"),
            R"({"Content":{"S3Bucket":"b","S3Key":"l.zip","S3ObjectVersion":"v1"}})");
  EXPECT_EQ(in("AWS::StepFunctions::StateMachine", "{DefinitionS3Location: 's3://b/d?versionId=v1'}"),
            R"({"DefinitionS3Location":{"Bucket":"b","Key":"d","Version":"v1"}})");
  EXPECT_EQ(in("AWS::CodeCommit::Repository", "{Code: {S3: 's3://b/c.zip?versionId=v1', BranchName: main}}"),
            R"({"Code":{"S3":{"Bucket":"b","Key":"c.zip","ObjectVersion":"v1"},"BranchName":"main"}})");
  // A version that cannot be said is not forgotten; what is no object stays what it is.
  for (const auto& [type, properties] :
       {std::pair{"AWS::ElasticBeanstalk::ApplicationVersion", "{SourceBundle: 's3://b/a.zip?versionId=v1'}"},
        std::pair{"AWS::Lambda::Function", "{Code: s3://b}"}, std::pair{"AWS::Lambda::Function", "{Code: 's3://b/?x'}"},
        std::pair{"AWS::Glue::Job", "{Command: {ScriptLocation: s3://b/job.py}}"},
        std::pair{"AWS::Lambda::Function", "{Code: s3://b/a.zip, Other: !Unknown x}"}}) {
    EXPECT_EQ(with_object_maps(body_with(type, properties)), body_with(type, properties));
  }
}

TEST(PackedTemplate, OfNestedOnesToo) {
  WantedStack wanted{.name = "web", .body = body_with("AWS::CloudFormation::Stack", "{TemplateURL: child.yaml}")};
  wanted.artifacts = {file("child.yaml", body_with("AWS::Lambda::Function", "{Code: s3://b/a.zip}"))};
  EXPECT_THAT(packed(wanted).uploads.at(0).content(), HasSubstr(R"("Code":{"S3Bucket":"b","S3Key":"a.zip"})"));
}

TEST(PackedTemplate, KeepsWhatYamlMeansToCloudFormation) {
  WantedStack wanted{.name = "web",
                     .body =
                         "Resources:\n"
                         "  F:\n"
                         "    Type: AWS::Lambda::Function\n"
                         "    Properties:\n"
                         "      Code: src\n"
                         "      Role: !GetAtt Role.Arn\n"
                         "      Name: !Sub '${AWS::StackName}-f'\n"
                         "      Flag: yes\n"
                         "      Word: 'yes'\n"
                         "      Account: 012345678901\n"
                         "      Numbers: [1.10, 1e3, 0x1F, .5, 1.0, 7, 2.5]\n"
                         "      Version: 2012-10-17\n"
                         "      Size: 128\n"};
  wanted.artifacts = {file("src/a.py", "1")};
  EXPECT_THAT(
      packed(wanted).body,
      HasSubstr(
          R"("Role":{"Fn::GetAtt":["Role","Arn"]},"Name":{"Fn::Sub":"${AWS::StackName}-f"},)"
          R"("Flag":true,"Word":"yes","Account":"012345678901","Numbers":["1.10","1e3","0x1F",".5",1.0,7,2.5],"Version":"2012-10-17","Size":128)"));
}

TEST(NamedByTemplate, FollowsWhatWasRead) {
  Resource resource;
  resource.inputs = Map{};
  const std::string body = body_with("AWS::CloudFormation::Stack", "{TemplateURL: nested/child.yaml}");
  resource.files = {{"template", "infra/site.yaml", sha256(body), body}};
  const auto paths = [&] {
    std::vector<std::string> all;
    for (const NamedFile& named : named_by_template(resource)) all.push_back(named.path);
    return all;
  };
  EXPECT_THAT(paths(), ElementsAre("infra/nested/child.yaml"));
  resource.files.push_back(file("infra/nested/child.yaml", body_with("AWS::Lambda::Function", "{Code: ../../src/.}")));
  EXPECT_THAT(paths(), ElementsAre("infra/nested/child.yaml", "src"));
  resource.files[0].path = "https://example.org/site.yaml";
  EXPECT_EQ(named_by_template(resource).at(0).wrong,
            "'nested/child.yaml' is a path, and the template was fetched by itself");
}

}  // namespace
}  // namespace verba
