// SPDX-License-Identifier: Apache-2.0
#include "aws/logins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/account.h"
#include "aws/aws_executor.h"
#include "aws/aws_world.h"

namespace verba {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const char* const role = "arn:aws:iam::123456789012:role/deployer";
const char* const mfa_profile =
    "[profile m]\nrole_arn = arn:aws:iam::123456789012:role/m\nsource_profile = m\nmfa_serial = arn:mfa\n"
    "aws_access_key_id = KEY\naws_secret_access_key = s\n";

class Logins : public testing::Test {
 protected:
  Logins() {
    system.environment["AWS_EC2_METADATA_DISABLED"] = "true";
    system.servers = [](const WebRequest&) { return xml("", 404); };
  }

  AwsLogins& logins() {
    if (!made_) made_ = std::make_unique<AwsLogins>(system);
    return *made_;
  }
  AwsFound found(AwsLogin login = {}) {
    return wait_for(system,
                    logins().credentials({.name = "a", .login = std::move(login), .region = "eu-central-1"}, stop));
  }
  /// The id of the key, or why there is none.
  std::string key(AwsLogin login = {}) {
    const AwsFound got = found(std::move(login));
    return got.credentials ? got.credentials->access_key : got.problem ? got.problem->message : "stopped";
  }
  void config(std::string text) { system.add_file("/home/user/.aws/config", std::move(text)); }
  /// Every role is given, for so long.
  void give_roles(Milliseconds length) {
    system.servers = [this, length](const WebRequest& request) {
      if (is_action(request, "AssumeRoleWithWebIdentity")) {
        return role_credentials("AssumeRoleWithWebIdentity", "WEB", system.now() + length);
      }
      return role_credentials("AssumeRole", "ROLE" + std::to_string(++roles), system.now() + length);
    };
  }
  void answer_with(std::string code) {
    logins().on_question([this, code](std::string question, Stop&) { return noted(std::move(question), code); });
  }
  static AwsLogin profile(std::string name) { return {.kind = AwsLogin::Kind::profile, .profile = std::move(name)}; }

  FakeSystem system;
  Stop stop;
  int roles = 0;
  std::vector<std::string> questions;

 private:
  Async<std::optional<std::string>> noted(std::string question, std::string answer) {
    questions.push_back(std::move(question));
    co_return answer;
  }

  std::unique_ptr<AwsLogins> made_;
};

constexpr Milliseconds hour{3'600'000};

TEST_F(Logins, TheEnvironmentComesFirst) {
  config("[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
  EXPECT_EQ(key(), "FILE");
  system.environment["AWS_ACCESS_KEY_ID"] = "ENV";
  EXPECT_THAT(AwsLogins(system).configuration().profiles, testing::SizeIs(1));
  AwsLogins fresh(system);
  AwsFound half = wait_for(system, fresh.credentials({.name = "a"}, stop));
  EXPECT_THAT(half.problem->message, HasSubstr("only one is set"));
  system.environment["AWS_SECRET_ACCESS_KEY"] = "s";
  EXPECT_EQ(wait_for(system, fresh.credentials({.name = "a"}, stop)).credentials->access_key, "ENV");
}

TEST_F(Logins, ALineBreakInACredentialIsNoHeader) {
  config("[profile p]\ncredential_process = get\n");
  system.environment["AWS_ACCESS_KEY_ID"] = "ENV\r\nX-Evil: 1";
  system.environment["AWS_SECRET_ACCESS_KEY"] = "s";
  const char* const rest = " has a line break or another control character in it";
  EXPECT_EQ(key(), std::string("the access key id of the environment (AWS_ACCESS_KEY_ID and its companions)") + rest);
  system.environment["AWS_ACCESS_KEY_ID"] = "ENV";
  system.environment["AWS_SECRET_ACCESS_KEY"] = "s\n";
  EXPECT_THAT(key(), HasSubstr("the secret access key of the environment"));
  system.environment.erase("AWS_ACCESS_KEY_ID");
  system.environment.erase("AWS_SECRET_ACCESS_KEY");
  system.programs = [](const Command&) {
    return Performance::exit(0, R"({"Version":1,"AccessKeyId":"K","SecretAccessKey":"s","SessionToken":"t\r\nX: 2"})");
  };
  EXPECT_EQ(
      key(profile("p")),
      std::string("the session token of the credential_process of the profile 'p' (/home/user/.aws/config:2)") + rest);
  EXPECT_TRUE(system.requests.empty());
}

TEST_F(Logins, NothingAnywhereIsSaid) {
  EXPECT_THAT(key(), HasSubstr("there are no credentials of AWS"));
}

TEST_F(Logins, AProfileThatIsNamedCountsAlone) {
  system.environment["AWS_ACCESS_KEY_ID"] = "ENV";
  system.environment["AWS_SECRET_ACCESS_KEY"] = "s";
  config("[profile web]\naws_access_key_id = WEB\naws_secret_access_key = s\n[profile empty]\nregion = x\n");
  EXPECT_EQ(key(profile("web")), "WEB");
  EXPECT_THAT(key(profile("empty")), HasSubstr("has no credentials"));
  const AwsFound none = found(profile("wbe"));
  EXPECT_EQ(none.problem->message, "there is no profile 'wbe' in AWS's configuration");
  EXPECT_THAT(none.problem->hint, HasSubstr("'web'"));
}

TEST_F(Logins, RolesAreTakenOnThroughAChainOfProfiles) {
  config(std::string("[profile a]\nrole_arn = ") + role +
         "\nsource_profile = b\nexternal_id = x 1\nduration_seconds = 900\nrole_session_name = me\n"
         "[profile b]\nrole_arn = arn:aws:iam::210987654321:role/hub\nsource_profile = c\n"
         "[profile c]\naws_access_key_id = KEY\naws_secret_access_key = s\n");
  give_roles(hour);
  EXPECT_EQ(key(profile("a")), "ROLE2");
  ASSERT_EQ(system.requests.size(), 2U);
  EXPECT_EQ(signer_of(system.requests[0]), "KEY");
  EXPECT_EQ(signer_of(system.requests[1]), "ROLE1");
  EXPECT_THAT(system.requests[1].body, HasSubstr("DurationSeconds=900&ExternalId=x%201&RoleArn=arn%3Aaws"));
  EXPECT_THAT(system.requests[1].body, HasSubstr("RoleSessionName=me"));
  EXPECT_EQ(system.requests[0].url, "https://sts.eu-central-1.amazonaws.com/");
}

TEST_F(Logins, AChainOfProfilesEndsWhereThereAreKeys) {
  config(std::string("[profile a]\nrole_arn = ") + role +
         "\nsource_profile = b\n"
         "[profile b]\nrole_arn = arn:aws:iam::210987654321:role/hub\nsource_profile = b\nmfa_serial = arn:mfa\n"
         "aws_access_key_id = KEY\naws_secret_access_key = s\n");
  give_roles(hour);
  answer_with("123456");
  EXPECT_FALSE(logins().asks_for_code(profile("a")));
  EXPECT_EQ(key(profile("a")), "ROLE1");
  EXPECT_EQ(signer_of(system.requests[0]), "KEY");
  EXPECT_THAT(questions, testing::IsEmpty());
  EXPECT_TRUE(logins().asks_for_code(profile("b")));
  EXPECT_EQ(key(profile("b")), "ROLE2");
}

TEST_F(Logins, WhoHearsOfSecretsHearsOfThoseOfBefore) {
  config("[profile p]\naws_access_key_id = K\naws_secret_access_key = hidden\n");
  EXPECT_EQ(key(profile("p")), "K");
  std::vector<std::string> heard;
  logins().on_secret([&](const Value& secret) { heard.push_back(secret.string()); });
  EXPECT_THAT(heard, ElementsAre("K", "hidden"));
}

TEST_F(Logins, WhatIsNoRoleIsSaidBeforeAnybodyIsAsked) {
  config("[profile a]\nrole_arn = banana\nsource_profile = a\naws_access_key_id = K\naws_secret_access_key = s\n");
  EXPECT_EQ(key(profile("a")),
            "role_arn of the profile 'a' is 'banana', which is no role of AWS (/home/user/.aws/config:2)");
  EXPECT_TRUE(system.requests.empty());
}

TEST_F(Logins, ACircleOfProfilesIsSaid) {
  config(
      "[profile a]\nrole_arn=arn:aws:iam::123456789012:role/r\nsource_profile=b\n[profile "
      "b]\nrole_arn=arn:aws:iam::123456789012:role/r\nsource_profile=a\n");
  EXPECT_THAT(key(profile("a")), HasSubstr("a -> b -> a"));
}

TEST_F(Logins, ARoleOfAManifestIsTakenOnByItsSource) {
  give_roles(hour);
  AwsLogin source{.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}};
  AwsLogin login{.kind = AwsLogin::Kind::role, .role_arn = role, .external_id = "e", .duration = Milliseconds(900'000)};
  login.source = std::make_shared<const AwsLogin>(source);
  EXPECT_EQ(key(login), "ROLE1");
  EXPECT_EQ(signer_of(system.requests[0]), "KEY");
  EXPECT_THAT(system.requests[0].body, HasSubstr("DurationSeconds=900&ExternalId=e"));
  system.servers = [](const WebRequest&) { return error(403, "AccessDenied", "not you"); };
  login.role_arn = "arn:aws:iam::123456789012:role/other";
  EXPECT_EQ(key(login), "the role arn:aws:iam::123456789012:role/other cannot be taken on: AccessDenied: not you");
}

TEST_F(Logins, ACodeIsAskedForWhereThereIsSomebodyToAsk) {
  config(mfa_profile);
  give_roles(hour);
  EXPECT_EQ(key(profile("m")), "the code of arn:mfa for the profile 'm' is needed, and there is nobody to ask");
  answer_with("123456");
  EXPECT_EQ(key(profile("m")), "ROLE1");
  EXPECT_THAT(questions, ElementsAre("code of arn:mfa for the profile 'm': "));
  EXPECT_THAT(system.requests.at(0).body, HasSubstr("SerialNumber=arn%3Amfa&TokenCode=123456"));
}

TEST_F(Logins, ACodeIsAskedForOnceForAllRegionsAndForAllRolesThatItLeadsTo) {
  config(mfa_profile);
  give_roles(hour);
  answer_with("123456");
  AwsLogin over{.kind = AwsLogin::Kind::role, .role_arn = role};
  over.source = std::make_shared<const AwsLogin>(profile("m"));
  AwsLogin other = over;
  other.role_arn += "2";
  for (const char* region : {"eu-central-1", "eu-west-1"}) {
    for (const AwsLogin& login : {profile("m"), over, other}) {
      EXPECT_TRUE(wait_for(system, logins().credentials({.name = "a", .login = login, .region = region}, stop)).any());
    }
  }
  EXPECT_THAT(questions, testing::SizeIs(1));
}

TEST_F(Logins, ACodeThatDoesNotLeadInIsNotAskedForAgain) {
  config(mfa_profile);
  system.servers = [](const WebRequest&) { return error(403, "AccessDenied", "not that code"); };
  answer_with("000000");
  EXPECT_THAT(key(profile("m")), HasSubstr("not that code"));
  EXPECT_THAT(key(profile("m")), HasSubstr("not that code"));
  EXPECT_THAT(questions, testing::SizeIs(1));
}

TEST_F(Logins, ItIsKnownBeforehandWhoHasToGiveACode) {
  config(std::string(mfa_profile) +
         "[profile over]\nrole_arn = r\nsource_profile = n\n"
         "[profile n]\nrole_arn = r\nsource_profile = k\nmfa_serial = arn:mfa\n[profile k]\naws_access_key_id = K\n"
         "[profile plain]\nmfa_serial = arn:mfa\n"
         "[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a\n");
  EXPECT_TRUE(logins().asks_for_code(profile("m")));
  EXPECT_TRUE(logins().asks_for_code(profile("over")));
  EXPECT_FALSE(logins().asks_for_code(profile("plain")));
  EXPECT_FALSE(logins().asks_for_code(profile("a")));
  EXPECT_FALSE(logins().asks_for_code({}));
  system.environment["AWS_PROFILE"] = "m";
  EXPECT_TRUE(logins().asks_for_code({}));
  EXPECT_TRUE(logins().asks_for_code({.kind = AwsLogin::Kind::role, .role_arn = role}));
  system.environment["AWS_ACCESS_KEY_ID"] = "ENV";
  EXPECT_FALSE(logins().asks_for_code({}));
}

TEST_F(Logins, AWebIdentityNeedsNoKey) {
  system.environment["AWS_ROLE_ARN"] = role;
  system.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/var/token";
  give_roles(hour);
  EXPECT_THAT(key(), HasSubstr("no file '/var/token'"));
  system.add_file("/var/token", "\n");
  EXPECT_EQ(key(), "the file '/var/token' with a token of an identity is empty");
  system.add_file("/var/token", "ey.abc\n");
  EXPECT_EQ(key(), "WEB");
  EXPECT_EQ(signer_of(system.requests[0]), "");
  EXPECT_THAT(system.requests[0].body, HasSubstr("WebIdentityToken=ey.abc"));
  system.environment["AWS_ROLE_ARN"] = "banana";
  AwsLogins other(system);
  EXPECT_EQ(wait_for(system, other.credentials({.name = "a"}, stop)).problem->message,
            "AWS_ROLE_ARN is 'banana', which is no role of AWS");
  system.environment.erase("AWS_ROLE_ARN");
  EXPECT_EQ(wait_for(system, other.credentials({.name = "a"}, stop)).problem->message,
            "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN, the role to take on, is not");
}

TEST_F(Logins, AProcessPrintsThem) {
  config("[profile p]\ncredential_process = get 'the key'\n");
  system.programs = [](const Command& command) {
    EXPECT_THAT(command.argv, ElementsAre("sh", "-c", "get 'the key'"));
    return Performance::exit(0, R"({"Version":1,"AccessKeyId":"PROC","SecretAccessKey":"s"})");
  };
  EXPECT_EQ(key(profile("p")), "PROC");
  config("[profile q]\ncredential_process = get\n");
}

TEST_F(Logins, AProcessThatFailsIsSaid) {
  config("[profile p]\ncredential_process = get\n[profile q]\ncredential_process = other\n");
  system.programs = [](const Command& command) {
    return command.argv.back() == "get" ? Performance::exit(3) : Performance::exit(0, "hello");
  };
  EXPECT_EQ(key(profile("p")),
            "the credential_process of the profile 'p' (/home/user/.aws/config:2) ended with exit code 3");
  EXPECT_EQ(key(profile("q")),
            "the credential_process of the profile 'q' (/home/user/.aws/config:4) printed no credentials");
}

TEST_F(Logins, AProcessThatPrintsWhatCannotCountIsSaid) {
  config("[profile p]\ncredential_process = get\n[profile q]\ncredential_process = other\n");
  system.programs = [](const Command& command) {
    const std::string rest = R"("AccessKeyId":"PROC","SecretAccessKey":"s"})";
    return Performance::exit(0, command.argv.back() == "get"
                                    ? R"({"Version":2,)" + rest
                                    : R"({"Version":1,"Expiration":"2000-01-01T00:00:00Z",)" + rest);
  };
  EXPECT_EQ(key(profile("p")),
            "the credential_process of the profile 'p' (/home/user/.aws/config:2) printed no Version 1");
  EXPECT_THAT(key(profile("q")), HasSubstr("printed credentials that ended at 2000-01-01"));
  system.programs = [](const Command&) {
    return Performance::exit(0, R"({"Version":1,"Expiration":"tomorrow","AccessKeyId":"PROC","SecretAccessKey":"s"})");
  };
  EXPECT_THAT(key(profile("q")), HasSubstr("printed an Expiration that is no time"));
}

TEST_F(Logins, AProfileThatContradictsItselfIsSaid) {
  config(
      "[profile a]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = b\ncredential_source = "
      "Environment\n[profile b]\n"
      "[profile c]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = b\nduration_seconds = many\n"
      "[profile d]\nsso_session = crop\nsso_account_id = 123456789012\nsso_role_name = dev\n");
  EXPECT_EQ(key(profile("a")),
            "the profile 'a' has a source_profile and a credential_source (/home/user/.aws/config:4)");
  EXPECT_EQ(key(profile("c")), "duration_seconds of the profile 'c' is 'many' (/home/user/.aws/config:9)");
  EXPECT_EQ(key(profile("d")),
            "there is no sso-session 'crop', which the profile 'd' names (/home/user/.aws/config:11)");
}

TEST_F(Logins, AFileThatCannotBeReadIsSaidWithItsLine) {
  config("[prod]\nregion = x\n[profile a]\naws_access_key_id = K\naws_secret_access_key = s\n");
  EXPECT_EQ(key(profile("a")), "K");
  EXPECT_EQ(found(profile("prod")).problem->hint,
            "/home/user/.aws/config:1 has [prod]: in that file it is [profile prod]");
}

TEST_F(Logins, NothingIsTakenFromAFileThatCannotBeRead) {
  config("[profile a]\naws_access_key_id = K\naws_secret_access_key = s\nrole_arn arn:x\n");
  const std::string why =
      "AWS's configuration cannot be read: /home/user/.aws/config:4: neither [SECTION] nor NAME = VALUE";
  EXPECT_EQ(key(profile("a")), why);
  EXPECT_EQ(key(), why);
}

TEST_F(Logins, AnSsoSessionThatAwsWroteDown) {
  config(
      "[profile s]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\n"
      "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp\n");
  EXPECT_EQ(key(profile("s")), "nobody is logged in to SSO for the profile 's'");
  const std::string cache = "/home/user/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
  system.add_file(cache, R"({"accessToken":"bearer","expiresAt":"2020-01-01T00:00:00Z"})");
  EXPECT_EQ(key(profile("s")), "the SSO session of the profile 's' has ended");
  system.add_file(cache, R"({"accessToken":"bearer","expiresAt":"2099-01-01T00:00:00Z"})");
  system.servers = [](const WebRequest& request) {
    EXPECT_EQ(
        request.url,
        "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=dev");
    EXPECT_EQ(header_of(request, "x-amz-sso_bearer_token"), "bearer");
    return xml(R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s","sessionToken":"t","expiration":1}})");
  };
  EXPECT_EQ(found(profile("s")).credentials->expires, Instant{1});
}

TEST_F(Logins, TheTokenOfAnSsoSessionIsRenewed) {
  config(
      "[profile s]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\n"
      "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp\n");
  const std::string cache = "/home/user/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
  system.add_file(cache,
                  R"({"accessToken":"old","expiresAt":"2020-01-01T00:00:00Z","clientId":"c","clientSecret":"cs",)"
                  R"("refreshToken":"r1","startUrl":"https://corp"})");
  WebAnswer renewal = xml(R"({"error":"invalid_grant"})", 400);
  system.servers = [&](const WebRequest& request) {
    if (request.url == "https://oidc.eu-west-1.amazonaws.com/token") {
      EXPECT_EQ(request.body,
                R"({"grantType":"refresh_token","clientId":"c","clientSecret":"cs","refreshToken":"r1"})");
      EXPECT_EQ(signer_of(request), "");
      return renewal;
    }
    EXPECT_EQ(header_of(request, "x-amz-sso_bearer_token"), "new");
    return xml(R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s","sessionToken":"t","expiration":1}})");
  };
  EXPECT_EQ(key(profile("s")), "the SSO session of the profile 's' has ended");
  renewal = xml("", 503);
  EXPECT_THAT(key(profile("s")), HasSubstr("cannot be renewed"));
  renewal = xml(R"({"accessToken":"new","expiresIn":3600,"refreshToken":"r2"})");
  EXPECT_EQ(key(profile("s")), "SSO");
  const std::string kept = system.read_file(cache, 1 << 20).value_or("");
  EXPECT_THAT(kept, HasSubstr(R"("accessToken":"new","expiresAt":"20)"));
  EXPECT_THAT(kept, HasSubstr(R"("refreshToken":"r2","startUrl":"https://corp"})"));
}

TEST_F(Logins, WhatAnotherOneRenewedAtTheSameTimeIsTaken) {
  config(
      "[profile s]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\n"
      "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp\n");
  const std::string cache = "/home/user/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
  const std::string rest = R"(,"clientId":"c","clientSecret":"cs","refreshToken":"r"})";
  system.add_file(cache, R"({"accessToken":"old","expiresAt":"2020-01-01T00:00:00Z")" + rest);
  system.servers = [&](const WebRequest& request) {
    if (request.url.ends_with("/token")) {
      system.add_file(cache, R"({"accessToken":"theirs","expiresAt":"2099-01-01T00:00:00Z")" + rest);
      return xml(R"({"error":"invalid_grant"})", 400);
    }
    EXPECT_EQ(header_of(request, "x-amz-sso_bearer_token"), "theirs");
    return xml(R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s","sessionToken":"t","expiration":1}})");
  };
  EXPECT_EQ(key(profile("s")), "SSO");
}

TEST_F(Logins, AnSsoProfileThatLacksSomethingIsSaid) {
  config(
      "[profile r]\nsso_session = corp\nsso_account_id = 123456789012\n[sso-session corp]\nsso_region = eu-west-1\n"
      "[profile g]\nsso_account_id = 123456789012\nsso_role_name = dev\nsso_start_url = https://corp\n");
  EXPECT_EQ(key(profile("r")),
            "the profile 'r' has an sso_account_id, but no sso_role_name (/home/user/.aws/config:3)");
  EXPECT_EQ(key(profile("g")), "the profile 'g' has an sso_account_id, but no sso_region (/home/user/.aws/config:7)");
}

TEST_F(Logins, AContainersTokenHasToBeThere) {
  system.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "creds";
  EXPECT_EQ(key(), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is 'creds', which is no path");
  system.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
  system.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/var/token";
  EXPECT_THAT(key(), HasSubstr("there is no file '/var/token' with the token for the container's credentials"));
}

TEST_F(Logins, AContainerIsAskedOnlyNearby) {
  system.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://evil.example.org/x";
  EXPECT_THAT(key(), HasSubstr("neither https nor near"));
  for (const char* url : {"http://127.0.0.1.example.org/x", "http://127.0.0.1@example.org/x"}) {
    system.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_THAT(key(), HasSubstr("neither https nor near"));
  }
  system.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:9/creds";
  system.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "tok";
  system.servers = [](const WebRequest& request) {
    EXPECT_EQ(request.url, "http://127.0.0.1:9/creds");
    EXPECT_EQ(header_of(request, "Authorization"), "tok");
    EXPECT_TRUE(request.direct);
    return xml(R"({"AccessKeyId":"BOX","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"})");
  };
  EXPECT_EQ(key(), "BOX");
}

TEST_F(Logins, AnInstanceIsAskedWithASession) {
  system.environment.erase("AWS_EC2_METADATA_DISABLED");
  system.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:8/";
  system.servers = [](const WebRequest& request) {
    if (request.method == "PUT") return xml("session");
    EXPECT_EQ(header_of(request, "x-aws-ec2-metadata-token"), "session");
    if (request.url.ends_with("/security-credentials/")) return xml("web-role\n");
    EXPECT_EQ(request.url, "http://127.0.0.1:8/latest/meta-data/iam/security-credentials/web-role");
    return xml(
        R"({"Code":"Success","AccessKeyId":"EC2","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"})");
  };
  EXPECT_EQ(key(), "EC2");
  EXPECT_EQ(system.requests.size(), 3U);
}

TEST_F(Logins, AnStsThatNeverAnswersIsGivenUp) {
  system.web_duration = Milliseconds(3'600'000);
  const AwsLogin keys{.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}};
  AwsAccount account(logins(), {.name = "web", .login = keys, .region = "eu-central-1"});
  const AwsIdentity identity = wait_for(system, account.identify(stop));
  EXPECT_EQ(identity.why, "no answer within 30s (STS at https://sts.eu-central-1.amazonaws.com)");
  const AwsLogin login{
      .kind = AwsLogin::Kind::role, .role_arn = role, .source = std::make_shared<const AwsLogin>(keys)};
  EXPECT_EQ(key(login),
            std::string("the role ") + role +
                " cannot be taken on: no answer within 30s (STS at https://sts.eu-central-1.amazonaws.com)");
  EXPECT_EQ(system.steady(), std::chrono::seconds(60));
}

TEST_F(Logins, AnStsThatRefusesForTooLongIsQuoted) {
  system.servers = [](const WebRequest&) {
    WebAnswer busy = error(400, "Throttling", "Rate exceeded");
    busy.headers = {{"retry-after", "20"}};
    return busy;
  };
  const AwsLogin keys{.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}};
  AwsAccount account(logins(), {.name = "web", .login = keys, .region = "eu-central-1"});
  EXPECT_EQ(wait_for(system, account.identify(stop)).why,
            "no good answer within 30s, at last: Throttling: Rate exceeded");
}

TEST_F(Logins, AreAskedForOnceAndAnewAheadOfTheirEnd) {
  give_roles(hour);
  const AwsLogin login{
      .kind = AwsLogin::Kind::role,
      .role_arn = role,
      .source = std::make_shared<const AwsLogin>(AwsLogin{.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}})};
  EXPECT_EQ(key(login), "ROLE1");
  system.advance(Milliseconds(3'000'000 - 1));
  EXPECT_EQ(key(login), "ROLE1");
  system.advance(Milliseconds(2));
  EXPECT_EQ(key(login), "ROLE2");
  // When nobody gives new ones, the old ones serve to their end.
  system.servers = [](const WebRequest&) { return error(403, "AccessDenied"); };
  system.advance(Milliseconds(3'100'000));
  EXPECT_EQ(key(login), "ROLE2");
  system.advance(Milliseconds(600'000));
  EXPECT_THAT(key(login), HasSubstr("AccessDenied"));
}

TEST_F(Logins, ManyWhoNeedThemAskOnce) {
  give_roles(hour);
  system.web_duration = Milliseconds(100);
  const AwsLogin login{
      .kind = AwsLogin::Kind::role,
      .role_arn = role,
      .source = std::make_shared<const AwsLogin>(AwsLogin{.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}})};
  const AwsPlace place{.name = "a", .login = login, .region = "eu-central-1"};
  std::vector<std::string> keys;
  std::vector<Background> all;
  Stop impatient;
  const auto ask = [&](Stop& until) {
    all.push_back(start<AwsFound>(logins().credentials(place, until), [&](Result<AwsFound> got) {
      const AwsFound& one = std::get<0>(got);
      keys.push_back(one.credentials ? one.credentials->access_key : one.problem ? one.problem->message : "stopped");
    }));
  };
  ask(impatient);
  ask(stop);
  ask(stop);
  system.after(Milliseconds(50), [&] { impatient.request(); });
  while (keys.size() < 3) system.poll();
  EXPECT_THAT(keys, ElementsAre("stopped", "ROLE2", "ROLE2"));
  EXPECT_EQ(system.requests.size(), 2U);
}

TEST_F(Logins, WhatWasGotIsKeptSecret) {
  give_roles(hour);
  std::vector<std::string> secrets;
  logins().on_secret([&](const Value& secret) { secrets.push_back(secret.string()); });
  config("");
  found({.kind = AwsLogin::Kind::role,
         .role_arn = role,
         .source = std::make_shared<const AwsLogin>(AwsLogin{.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}})});
  EXPECT_THAT(secrets, ElementsAre("ROLE1", "secret-of-ROLE1", "token-of-ROLE1"));
}

TEST_F(Logins, AnAccountMustBeTheOneThatIsMeant) {
  system.servers = [](const WebRequest&) {
    return xml(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</"
        "Account><Arn>arn:aws:iam::123456789012:user/ann</Arn>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>");
  };
  AwsPlace place{
      .name = "web", .login = {.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}}, .region = "eu-central-1"};
  AwsAccount any(logins(), place);
  EXPECT_EQ(wait_for(system, any.identify(stop)).arn, "arn:aws:iam::123456789012:user/ann");
  place.account_id = "210987654321";
  AwsAccount other(logins(), place);
  const AwsIdentity identity = wait_for(system, other.identify(stop));
  EXPECT_FALSE(identity.good);
  EXPECT_EQ(identity.why,
            "it must be the account 210987654321, but is 123456789012 (arn:aws:iam::123456789012:user/ann)");
}

TEST_F(Logins, ATokenThatExpiredIsReplacedOnce) {
  give_roles(hour);
  const auto give = system.servers;
  system.servers = [give](const WebRequest& request) {
    if (!is_action(request, "GetCallerIdentity")) return give(request);
    if (signer_of(request) == "ROLE1") return error(403, "ExpiredToken");
    return xml(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></"
        "GetCallerIdentityResponse>");
  };
  AwsPlace place{.name = "web", .login = {.kind = AwsLogin::Kind::role, .role_arn = role}, .region = "eu-central-1"};
  place.login.source = std::make_shared<const AwsLogin>(AwsLogin{.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}});
  AwsAccount account(logins(), place);
  EXPECT_TRUE(wait_for(system, account.identify(stop)).good);
  EXPECT_EQ(roles, 2);
}

TEST_F(Logins, CommandsGetTheAccountAndNoOther) {
  system.environment["AWS_PROFILE"] = "other";
  system.environment["AWS_SESSION_TOKEN"] = "other";
  const AwsPlace place{
      .name = "web", .login = {.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}}, .region = "eu-west-1"};
  AwsAccount account(logins(), place);
  LocalExecutor here(system, system.variables());
  AwsExecutor executor(here, account);
  wait_for(system, executor.run({.argv = {"aws"}}, stop, {}));
  const Variables& environment = system.commands.at(0).environment;
  EXPECT_THAT(environment, Contains(Pair("AWS_ACCESS_KEY_ID", "KEY")));
  EXPECT_THAT(environment, Contains(Pair("AWS_SECRET_ACCESS_KEY", "s")));
  EXPECT_THAT(environment, Contains(Pair("AWS_REGION", "eu-west-1")));
  EXPECT_THAT(environment, Contains(Pair("HOME", "/home/user")));
  EXPECT_THAT(environment, Not(Contains(Pair("AWS_PROFILE", testing::_))));
  EXPECT_THAT(environment, Not(Contains(Pair("AWS_SESSION_TOKEN", testing::_))));
}

}  // namespace
}  // namespace verba
