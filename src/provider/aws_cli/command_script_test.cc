// SPDX-License-Identifier: Apache-2.0
#include "provider/aws_cli/command_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/workbench.h"

namespace verba {
namespace {

using testing::HasSubstr;

Value commands(std::string_view yaml) {
  Sources sources;
  Diagnostics diagnostics;
  return parse_yaml(sources, sources.add("commands", std::string(yaml)), diagnostics).at(0);
}

std::string fault(std::string_view yaml) {
  Diagnostics diagnostics;
  check_commands(commands(yaml), "run", diagnostics);
  return diagnostics.empty() ? "" : diagnostics.all()[0].message;
}

TEST(CommandScript, QuotesEveryArgument) {
  EXPECT_EQ(script_of(commands("[s3, ls, \"a'b $(c) \\n\", 5, true]"), WhenAbsent::fails),
            "aws 's3' 'ls' 'a'\\''b $(c) \n' '5' 'true'\n");
}

TEST(CommandScript, OnlyTheLastCommandPrints) {
  EXPECT_EQ(script_of(commands("[[s3, mb, x], [s3, ls]]"), WhenAbsent::fails),
            "aws 's3' 'mb' 'x' >&2\naws 's3' 'ls'\n");
}

TEST(CommandScript, RecordedOutputsComeFromTheEnvironment) {
  EXPECT_EQ(script_of(commands("[sqs, delete-queue, --queue-url, \"{outputs.queue-url}\", \"x{outputs.Id}y{z}\"]"),
                      WhenAbsent::fails),
            "aws 'sqs' 'delete-queue' '--queue-url' \"$VERBA_OUTPUT_QUEUE_URL\" 'x'\"$VERBA_OUTPUT_ID\"'y{z}'\n");
}

TEST(CommandScript, SaysWhatIsNoCommand) {
  EXPECT_EQ(fault("[s3, ls]"), "");
  EXPECT_EQ(fault("s3 ls"), "'run' is no list of arguments");
  EXPECT_EQ(fault("[]"), "'run' is no list of arguments");
  EXPECT_EQ(fault("[aws, s3, ls]"), "'run' begins with 'aws'");
  EXPECT_EQ(fault("[[s3, ls], x]"), "an argument in 'run' cannot be a list");
  EXPECT_EQ(fault("[s3, {a: 1}]"), "an argument in 'run' cannot be a map");
  Value secret = commands("[s3, ls]");
  secret.list()[1].secret = true;
  EXPECT_EQ(script_of(secret, WhenAbsent::fails), std::nullopt);
}

/// With an `aws` that says what its first argument is.
class AbsentThing : public testing::Test {
 protected:
  static int code_of(const std::string& words, WhenAbsent absent) {
    const std::string script =
        "aws() { echo \"$2\"; return \"$1\"; }\n" + *script_of(commands(words), absent) + "echo on >/dev/null\n";
    const int status = std::system(("sh -euc " + verba::quoted(script) + " >/dev/null 2>&1").c_str());
    return WEXITSTATUS(status);
  }
};

TEST_F(AbsentThing, IsNoFailureOfADelete) {
  EXPECT_EQ(code_of("[254, An error occurred (NoSuchBucket)]", WhenAbsent::passes), 0);
  EXPECT_EQ(code_of("[254, An error occurred (AccessDenied)]", WhenAbsent::passes), 254);
}

TEST_F(AbsentThing, IsToldByACheck) {
  EXPECT_EQ(code_of("[0, fine]", WhenAbsent::tells), 0);
  EXPECT_EQ(code_of("[254, An error occurred (ParameterNotFound)]", WhenAbsent::tells), 3);
  EXPECT_EQ(code_of("[255, no credentials]", WhenAbsent::tells), 255);
}

}  // namespace
}  // namespace verba
