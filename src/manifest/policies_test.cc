// SPDX-License-Identifier: Apache-2.0
#include "manifest/policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/protection.h"
#include "manifest/testing.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_manifests::document;
using testing_manifests::Read;

std::vector<std::string> findings_of(const std::string& rules) {
  Read read(document("Policy", "name: guard", "  rules:\n" + rules));
  read.check_names();
  return read.findings();
}

TEST(Policies, read_changes_plan_and_environment) {
  EXPECT_THAT(findings_of("  - {name: a, deny: \"change.action == 'delete' && plan.delete > 3\"}\n"
                          "  - {name: b, when: \"environment.labels.tier == 'live'\", warn: true,\n"
                          "     message: \"look at ${{ change.address }}\"}\n"),
              IsEmpty());
}

TEST(Policies, are_read_in_order) {
  Read read(document("Policy", "name: guard",
                     "  rules:\n  - {name: a, deny: true}\n  - {name: b, warn: plan.delete > 1, when: false}\n"));
  ASSERT_EQ(read.manifests.size(), 1U);
  const auto rules = rules_of(read.manifests.front());
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].name, "a");
  EXPECT_TRUE(rules[0].denies);
  EXPECT_EQ(rules[0].when, nullptr);
  EXPECT_FALSE(rules[1].denies);
  EXPECT_TRUE(rules[1].verdict->is_expression());
}

TEST(Policies, are_in_scope_where_they_say) {
  Read read(document("Environment", "name: test", "  {}") + document("Environment", "name: live", "  {}") +
            document("Policy", "name: z, environments: [live]", "  rules: []") +
            document("Policy", "name: a", "  rules: []"));
  const Model live = read.resolve("live");
  ASSERT_EQ(live.policies.size(), 2U);
  EXPECT_EQ(live.policies[0]->name, "a");
  EXPECT_EQ(read.resolve("test").policies.size(), 1U);
}

TEST(Guards, are_read_without_what_is_deployed) {
  Read read(document("Environment", "name: live, labels: {tier: a}", "  {protection: {approvals: 2}}") +
            document("Policy", "name: a", "  rules: []") +
            document("Deployment", "name: web",
                     "  tasks:\n  - {name: x, type: ShellScript, with: {run: \"${{ vars.no }}\"}}"));
  Diagnostics found;
  const Model guards = guards_of(read.manifests, "live", {}, {}, testing_manifests::catalogue(), read.sources, found);
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(guards.policies.size(), 1U);
  EXPECT_TRUE(guards.tasks.empty());
  EXPECT_TRUE(guards.environment.labels.find("tier"));
  EXPECT_EQ(protection_of(guards.environment.protection, found).approvals, 2);

  const Model stranger = guards_of(read.manifests, "gone", {}, {}, testing_manifests::catalogue(), read.sources, found);
  EXPECT_EQ(stranger.environment.name, "gone");
  EXPECT_TRUE(stranger.policies.empty());
}

TEST(Policies, tell_what_is_wrong_with_a_rule) {
  EXPECT_THAT(findings_of("  - {name: a, deny: change.foo == 1}\n"),
              ElementsAre(testing::HasSubstr("'change' has no 'foo'")));
  EXPECT_THAT(findings_of("  - {name: a, deny: vars.x == 1}\n"),
              ElementsAre(testing::HasSubstr("nothing is named 'vars' in a rule")));
  EXPECT_THAT(findings_of("  - {name: a, deny: \"now() > 'x' || plan.command == secret('env:A')\"}\n"),
              ElementsAre(testing::HasSubstr("now() is not available in a rule"),
                          testing::HasSubstr("secret() is not available in a rule")));
  EXPECT_THAT(findings_of("  - {name: a, deny: plan > 1}\n"),
              ElementsAre(testing::HasSubstr("'plan' alone is no value")));
  EXPECT_THAT(findings_of("  - {name: a, deny: true, message: \"${{ change.adress }}\"}\n"),
              ElementsAre(testing::HasSubstr("did you mean 'address'?")));
  EXPECT_THAT(findings_of("  - {name: a, deny: true, warn: true}\n"),
              ElementsAre(testing::HasSubstr("either 'deny' or 'warn', not both")));
  EXPECT_THAT(findings_of("  - {name: a}\n"), ElementsAre(testing::HasSubstr("'deny' or 'warn' is missing")));
  EXPECT_THAT(findings_of("  - {name: a, deny: true}\n  - {name: a, warn: true}\n"),
              ElementsAre(testing::HasSubstr("two rules of Policy 'guard' are named 'a'")));
}

}  // namespace
}  // namespace verba
