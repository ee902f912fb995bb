// SPDX-License-Identifier: Apache-2.0
#include "manifest/login_secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/accounts.h"
#include "manifest/testing.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_manifests::document;
using testing_manifests::Read;

std::string key(std::string_view name, std::string_view secret) {
  return document("AwsKeyBasedAuthentication", fmt::format("name: {}", name),
                  fmt::format("  {{accessKey: AKID, secretKey: \"${{{{ {} }}}}\"}}", secret));
}
std::string account(std::string_view name, std::string_view authentication) {
  return document("AwsInfrastructureAccount", fmt::format("name: {}", name),
                  fmt::format("  {{authentication: {}, region: eu-west-1}}", authentication));
}

TEST(LoginSecrets, NameTheAccountsThatTheyAreAskedForBy) {
  Read read(key("a", "secret('ssm:/a?account=vault')") + key("b", "secret('ssm:/b')") + key("c", "secret('env:C')") +
            account("a", "a") + account("b", "b") + account("c", "c") +
            document("AwsInfrastructureAccount", "name: keeper", "  {}") +
            document("Environment", "name: default", "  accounts: {vault: keeper}"));
  read.surroundings.secret = [](const SecretQuestion&) -> TextAnswer {
    ADD_FAILURE() << "nobody is asked before somebody gets in";
    return Unknown{};
  };
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  const auto needed = [&](const char* name) {
    std::vector<std::string> names;
    for (const LoginSecret& secret :
         login_secrets(model, *find_account(model, name), read.surroundings, read.diagnostics)) {
      names.push_back(secret.account ? secret.account->name : "-");
    }
    return names;
  };
  EXPECT_THAT(needed("a"), ElementsAre("keeper"));
  EXPECT_THAT(needed("b"), ElementsAre("-"));
  EXPECT_THAT(needed("c"), IsEmpty());
}

TEST(LoginSecrets, MustNotNeedOneAnother) {
  Read read(key("a", "secret('ssm:/a?account=b')") + key("b", "secret('ssm:/b?account=a')") + account("a", "a") +
            account("b", "b") + account("c", "a"));
  read.resolve();
  EXPECT_THAT(
      read.findings(),
      ElementsAre(
          "m.yaml:5:44 manifest.cycle: getting into these accounts takes secrets of one another: a -> b -> a (one "
          "of them has to be got into without)"));
}

TEST(LoginSecrets, AreToldOnceWhereTheirReferenceIsAMistake) {
  Read read(key("a", "secret('ssm:/a?account=nobody')") + account("a", "a") + account("b", "a"));
  read.resolve();
  EXPECT_THAT(read.findings(), ElementsAre("m.yaml:5:44 expr.mistaken: environment 'default' has no account or role "
                                           "'nobody' (there are: deployment-host, a, b)"));
}

TEST(LoginSecrets, AreAskedForWhenSomebodyAsksForThePlace) {
  Read read(key("a", "secret('env:A')") + account("a", "a"));
  int asked = 0;
  read.surroundings.secret = [&](const SecretQuestion& question) -> TextAnswer {
    ++asked;
    if (question.account == nullptr) return "key of a";
    EXPECT_EQ(question.account->name, "a");
    const auto place = question.place();
    return std::get<AwsPlace>(place).login.keys.secret_key + " in " + std::get<AwsPlace>(place).region;
  };
  const Model model = read.resolve();
  const auto ask = [&](const std::string& reference) {
    return scope_of_environment(model, read.surroundings).secret(reference, Where{});
  };
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(std::get<std::string>(ask("ssm:/x?account=a")), "key of a in eu-west-1");
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(std::get<NotFound>(ask("ssm:/x?account=deployment-host")).mistaken);
  EXPECT_TRUE(std::get<NotFound>(ask("ssm:/x?acount=a")).mistaken);
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace verba
