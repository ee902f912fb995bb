// SPDX-License-Identifier: Apache-2.0
#include "manifest/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/aws_accounts.h"
#include "manifest/testing.h"
#include "value/json.h"

namespace verba::testing_manifests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string unix_account(std::string_view spec, std::string_view name = "web1") {
  return document("UnixInfrastructureAccount", fmt::format("name: {}", name), fmt::format("  {}", spec));
}

std::shared_ptr<const SshTarget> target(Read& read, std::string_view name = "web1") {
  read.check_names();
  static std::vector<std::unique_ptr<Model>> kept;
  kept.push_back(std::make_unique<Model>(read.resolve()));
  EXPECT_THAT(read.findings(), IsEmpty());
  const Account* account = find_account(*kept.back(), name);
  if (account == nullptr || read.diagnostics.has_errors()) return std::make_shared<SshTarget>();
  return ssh_target(*kept.back(), *account, read.surroundings, read.diagnostics);
}

TEST(Accounts, NamesSayWhatIsNotWritten) {
  Read named(unix_account("{}", "deploy@web1.example.org"));
  EXPECT_EQ(target(named, "deploy@web1.example.org")->user, "deploy");
  EXPECT_EQ(target(named, "deploy@web1.example.org")->host, "web1.example.org");
  Read plain(unix_account("{host: 10.0.0.1, port: 2222}"));
  EXPECT_EQ(target(plain)->host, "10.0.0.1");
  EXPECT_EQ(target(plain)->port, 2222);
  EXPECT_EQ(target(plain)->user, "");
  Read shared(document("SshHostBasedAuthenticationConfig", "name: deploy@web1", "  {}") +
              unix_account("{authentication: deploy@web1, host: web2}", "web2"));
  EXPECT_EQ(target(shared, "web2")->user, "deploy");
  EXPECT_EQ(target(shared, "web2")->host, "web2");
}

TEST(Accounts, WhatIsNoHostOrDirectoryIsToldBeforeAnybodyGoesThere) {
  for (const auto& [spec, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {"{host: ''}", "'' cannot be the name of a host"},
           {"{host: 'web1:2222'}", "'web1:2222' is a host and a port (write the port in `port`)"},
           {"{workDirectory: '~/app'}", "'~/app' is no path"}}) {
    Read read(unix_account(spec));
    read.resolve();
    ASSERT_EQ(read.findings().size(), 1u) << spec;
    EXPECT_THAT(read.findings().front(), testing::HasSubstr(words));
  }
  Read sound(unix_account("{host: 'fe80::1%eth0'}"));
  EXPECT_EQ(target(sound)->host, "fe80::1%eth0");
}

TEST(Accounts, CredentialsAreAskedForWhenSomebodyGetsIn) {
  Read read(document("SshPrivateKeyBasedAuthenticationConfig", "name: deploy@web1",
                     "  {privateKeyPath: \"keys/${{ environment.name }}\", passphrase: \"${{ secret('env:P') }}\"}") +
            unix_account("{authentication: deploy@web1}"));
  int asked = 0;
  read.surroundings.secret = [&](const SecretQuestion&) {
    ++asked;
    return TextAnswer("open sesame");
  };
  read.resolve();
  EXPECT_EQ(asked, 0);
  const auto made = target(read);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(made->login, SshTarget::Login::key);
  EXPECT_EQ(made->key_file, "/project/keys/default");
  EXPECT_EQ(made->secret, "open sesame");
}

TEST(Accounts, WhatIsRecordedHasNoSecretAndIsEnoughToGetThere) {
  Read read(document("SshPrivateKeyBasedAuthenticationConfig", "name: deploy@web1",
                     "  {privateKeyPath: /keys/a, passphrase: open sesame}") +
            unix_account("{authentication: deploy@web1, host: web1.example.org, port: 22}"));
  const Model model = read.resolve();
  const Value recorded = described(model, *find_account(model, "web1"));
  const std::string text = to_json(recorded, SecretsAs::clear);
  EXPECT_EQ(text.find("sesame"), std::string::npos) << text;
  const Account again = described_account("web1", "UnixInfrastructureAccount", recorded);
  Diagnostics none;
  const auto made = ssh_target(Model(), again, read.surroundings, none);
  EXPECT_EQ(made->user, "deploy");
  EXPECT_EQ(made->host, "web1.example.org");
  EXPECT_EQ(made->key_file, "/keys/a");
}

TEST(Accounts, WhatIsRecordedHasTheAccountsOnTheWay) {
  Read read(document("SshHostBasedAuthenticationConfig", "name: gate@outer", "  {}") +
            unix_account("{proxyJump: inner}", "web1") + unix_account("{proxyJump: outer, port: 23}", "inner") +
            unix_account("{authentication: gate@outer, host: outer.example.org, hostKey: ssh-ed25519 AAAAC3NzaC1lZDI1}",
                         "outer"));
  const Model model = read.resolve();
  const Value recorded = described(model, *find_account(model, "web1"));
  Diagnostics none;
  const auto made =
      ssh_target(Model(), described_account("web1", "UnixInfrastructureAccount", recorded), read.surroundings, none);
  EXPECT_EQ(made->jump->name, "inner");
  EXPECT_EQ(made->jump->port, 23);
  EXPECT_EQ(made->jump->jump->host, "outer.example.org");
  EXPECT_EQ(made->jump->jump->user, "gate");
  EXPECT_EQ(made->jump->jump->host_key, "ssh-ed25519 AAAAC3NzaC1lZDI1");
}

TEST(Accounts, JumpsAreAccountsOrHosts) {
  Read read(unix_account("{proxyJump: bastion}") + unix_account("{host: b.example.org, port: 23}", "bastion") +
            unix_account("{proxyJump: \"me@[fe80::1]:24\"}", "web2"));
  EXPECT_EQ(target(read)->jump->host, "b.example.org");
  EXPECT_EQ(target(read)->jump->port, 23);
  EXPECT_EQ(target(read, "web2")->jump->host, "fe80::1");
  EXPECT_EQ(target(read, "web2")->jump->user, "me");
  EXPECT_EQ(target(read, "web2")->jump->port, 24);
}

TEST(Accounts, RefusesWhatCouldBeAnOptionOrACommand) {
  const auto finding = [](std::string_view spec) {
    Read read(unix_account(spec));
    read.resolve();
    const auto lines = read.findings();
    return lines.empty() ? std::string() : lines.front().substr(lines.front().find(':', 8) + 1);
  };
  EXPECT_NE(finding("{host: -oProxyCommand=reboot}"), "");
  EXPECT_NE(finding("{host: \"a b\"}"), "");
  EXPECT_NE(finding("{proxyJump: -oX}"), "");
  EXPECT_NE(finding("{proxyJump: \"-x@host\"}"), "");
  EXPECT_NE(finding("{become: -u}"), "");
  EXPECT_NE(finding("{become: \"root; reboot\"}"), "");
  EXPECT_NE(finding("{hostKey: nonsense}"), "");
  EXPECT_NE(finding("{port: 70000}"), "");
  EXPECT_NE(finding("{port: 0}"), "");
  EXPECT_EQ(finding("{host: web1.example.org, become: root, port: 22}"), "");
}

TEST(Accounts, CirclesOfJumpsAreToldOnceForEach) {
  Read read(unix_account("{proxyJump: b}", "a") + unix_account("{proxyJump: a}", "b"));
  read.resolve();
  EXPECT_THAT(read.findings(), ElementsAre("m.yaml:5:15 manifest.bad-value: these go through one another: a -> b -> a "
                                           "(one of them has to go directly)",
                                           "m.yaml:11:15 manifest.bad-value: these go through one another: b -> a -> b "
                                           "(one of them has to go directly)"));
}

TEST(Accounts, AnAuthenticationMustFit) {
  Read read(document("AwsAuthentication", "name: chain", "  {}") + unix_account("{authentication: chain}") +
            document("CloudInfrastructureAccount", "name: c", "  {authentication: no-auth}"));
  read.check_names();
  const auto findings = read.findings();
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_NE(findings[0].find("'chain' is of kind AwsAuthentication, with which a UnixInfrastructureAccount"),
            std::string::npos);
  EXPECT_NE(findings[1].find("no Authentication is named 'no-auth'"), std::string::npos);
}

TEST(Accounts, NamesAreUniqueAmongAllAccounts) {
  Read read(unix_account("{}", "a") + document("AwsInfrastructureAccount", "name: a", "  {}"));
  read.check_names();
  ASSERT_EQ(read.findings().size(), 1u);
  EXPECT_NE(read.findings()[0].find("two manifests are Account 'a'"), std::string::npos);
}

TEST(Accounts, AlphaManifestsLoad) {
  Read read(
      "apiVersion: v1-alpha\nkind: SshCredentialsBasedAuthenticationConfig\nmetadata: {name: cd-user@host1.myorg}\n"
      "spec: {authenticationType: SshUsingCredentials, password: \"x\"}\n---\n"
      "apiVersion: v1-alpha\nkind: UnixInfrastructureAccount\nmetadata: {name: host1}\n"
      "spec: {provider: ShellScript, authentication: {authenticationReference: cd-user@host1.myorg, type: X}}\n---\n"
      "apiVersion: v1-alpha\nkind: AwsKeyBasedAuthentication\nmetadata: {name: k}\n"
      "spec: {access_key: a, secret_key: b, region: eu-central-1}\n");
  read.check_names();
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(place_of(*find_account(model, "host1")), "cd-user@host1.myorg");
}

std::string aws_account(std::string_view spec) {
  return document("AwsInfrastructureAccount", "name: web", fmt::format("  {}", spec));
}

TEST(AwsAccounts, SayHowToGetIn) {
  Read read(document("AwsKeyBasedAuthentication", "name: keys",
                     "  {accessKey: AKID, secretKey: \"${{ secret('env:S') }}\", region: eu-west-1}") +
            document("AwsAssumeRoleAuthentication", "name: deployer",
                     "  {roleArn: 'arn:aws:iam::123456789012:role/a/b', source: keys, duration: 30m}") +
            aws_account("{authentication: deployer, accountId: '123456789012', endpointUrl: 'http://localhost:1'}"));
  read.surroundings.secret = [](const SecretQuestion&) { return TextAnswer("open sesame"); };
  read.check_names();
  const Model model = read.resolve();
  ASSERT_THAT(read.findings(), IsEmpty());
  const Account& account = *find_account(model, "web");
  EXPECT_EQ(place_of(account), "123456789012 in eu-west-1");
  const auto place = aws_place(model, account, read.surroundings, read.diagnostics);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->region, "eu-west-1");
  EXPECT_EQ(place->endpoint_url, "http://localhost:1");
  EXPECT_EQ(place->login.kind, AwsLogin::Kind::role);
  EXPECT_EQ(place->login.duration, Milliseconds(1'800'000));
  EXPECT_EQ(place->login.source->keys.secret_key, "open sesame");
  // What is recorded knows all but secrets.
  const Value description = described(model, account);
  EXPECT_EQ(to_json(description, SecretsAs::clear).find("AKID"), std::string::npos);
  const Account again = described_account("web", "AwsInfrastructureAccount", description);
  EXPECT_EQ(again.authentication->source->name, "keys");
  EXPECT_FALSE(aws_place(model, again, read.surroundings, read.diagnostics));
  EXPECT_THAT(read.findings(), ElementsAre(testing::HasSubstr("the key of keys is not known any more")));
}

TEST(AwsAccounts, APasswordInAnAddressIsNotShown) {
  Read read(aws_account("{endpointUrl: 'https://ann:hunter2@localhost'}"));
  read.check_names();
  read.resolve();
  EXPECT_THAT(read.findings(), ElementsAre(testing::HasSubstr("'https://***@localhost' is no address of a service")));
}

TEST(AwsAccounts, MistakesAreToldOnce) {
  Read read(
      document("AwsAssumeRoleAuthentication", "name: a", "  {roleArn: deployer, source: b, duration: 1m}") +
      document("AwsAssumeRoleAuthentication", "name: b", "  {roleArn: 'arn:aws:iam::123456789012:role/b', source: a}") +
      aws_account("{authentication: a, accountId: '1234', region: Frankfurt, endpointUrl: 'localhost:4566'}") +
      document("AwsInfrastructureAccount", "name: web2", "  {authentication: a}"));
  read.check_names();
  read.resolve();
  std::string all;
  for (const std::string& finding : read.findings()) all += finding + "\n";
  EXPECT_THAT(all, testing::HasSubstr("'1234' is no id of an account of AWS"));
  EXPECT_THAT(all, testing::HasSubstr("'Frankfurt' cannot be a region"));
  EXPECT_THAT(all, testing::HasSubstr("'localhost:4566' is no address of a service"));
  EXPECT_THAT(all, testing::HasSubstr("'deployer' is no role of AWS"));
  EXPECT_THAT(all, testing::HasSubstr("'1m' cannot be the length of a session"));
  EXPECT_THAT(all, testing::HasSubstr("these take on their roles from one another: a -> b -> a"));
  EXPECT_EQ(all.find("is no role of AWS"), all.rfind("is no role of AWS"));
}

}  // namespace
}  // namespace verba::testing_manifests
