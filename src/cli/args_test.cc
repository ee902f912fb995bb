// SPDX-License-Identifier: Apache-2.0
#include "cli/args.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace verba {
namespace {

const std::vector<CommandRow>& rows() {
  static const std::vector<CommandRow> all = {
      {.name = "plan",
       .group = "Deploy",
       .summary = "look",
       .positionals = {{.name = "DEPLOYMENT", .repeats = true}},
       .options = {{.name = "out", .value = "FILE", .summary = "keep"},
                   {.name = "exit-code", .summary = "3"},
                   {.name = "target", .value = "ADDRESS", .summary = "only", .repeats = true},
                   {.name = "jobs", .letter = 'j', .value = "N", .summary = "many"},
                   {.name = "wait", .value = "TIME", .summary = "how long"}}},
      {.name = "show", .group = "Look", .summary = "one", .positionals = {{.name = "RUN", .required = true}}},
  };
  return all;
}

std::map<std::string, std::string> no_variables;

Said parse(const std::vector<std::string>& words, const std::map<std::string, std::string>& variables = no_variables) {
  return parse_words(rows(), words, [&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

/// "code: message | hint" of the error.
std::string complaint(const std::vector<std::string>& words,
                      const std::map<std::string, std::string>& variables = no_variables) {
  try {
    parse(words, variables);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::usage);
    return error.diagnostic().message + " | " + error.diagnostic().hint;
  }
  return "nothing";
}

using Words = std::vector<std::string>;

TEST(Args, FindsTheCommandAmongGlobalFlags) {
  for (const Words& words :
       {Words{"-f", "web.yaml", "-e", "test", "plan", "site"}, Words{"plan", "-f", "web.yaml", "site", "-e", "test"},
        Words{"--file=web.yaml", "plan", "--env=test", "site"}, Words{"-fweb.yaml", "plan", "site", "-etest"}}) {
    const Said said = parse(words);
    ASSERT_NE(said.command, nullptr);
    EXPECT_EQ(said.command->name, "plan");
    EXPECT_EQ(said.arguments.list("file"), Words{"web.yaml"});
    EXPECT_EQ(said.arguments.text("env"), "test");
    EXPECT_EQ(said.arguments.words(), Words{"site"});
  }
}

TEST(Args, RepeatsAndSwitches) {
  const Said said = parse({"plan", "--target", "a.b", "a", "--target=c", "--exit-code", "b"});
  EXPECT_EQ(said.arguments.list("target"), (Words{"a.b", "c"}));
  EXPECT_TRUE(said.arguments.flag("exit-code"));
  EXPECT_FALSE(said.arguments.flag("no-color"));
  EXPECT_EQ(said.arguments.words(), (Words{"a", "b"}));
}

TEST(Args, WordsAfterTwoDashesAreNoFlags) {
  EXPECT_EQ(parse({"plan", "--", "--target", "x"}).arguments.words(), (Words{"--target", "x"}));
}

TEST(Args, ValuesMayHoldAnything) {
  EXPECT_EQ(parse({"plan", "--var", "a=[1, 2]", "--var", "b=x=y"}).arguments.list("var"), (Words{"a=[1, 2]", "b=x=y"}));
  EXPECT_EQ(parse({"plan", "--out", "a b"}).arguments.text("out"), "a b");
}

TEST(Args, NoWordsAndHelp) {
  EXPECT_EQ(parse({}).command, nullptr);
  EXPECT_TRUE(parse({"--help"}).arguments.help());
  const Said said = parse({"show", "-h"});
  EXPECT_TRUE(said.arguments.help()) << "help wants no RUN";
  EXPECT_EQ(said.command->name, "show");
}

TEST(Args, VariablesStandInForFlags) {
  const Said said =
      parse({"plan", "--jobs", "3"},
            {{"VERBA_OUT", "x"}, {"VERBA_EXIT_CODE", "1"}, {"VERBA_TARGET", "a\nb"}, {"VERBA_JOBS", "9"}});
  EXPECT_EQ(said.arguments.text("out"), "x");
  EXPECT_TRUE(said.arguments.flag("exit-code"));
  EXPECT_EQ(said.arguments.list("target"), (Words{"a", "b"}));
  EXPECT_EQ(said.arguments.integer("jobs", 1, 10), 3) << "the command line is stronger";
  EXPECT_FALSE(parse({"plan"}, {{"VERBA_EXIT_CODE", "false"}}).arguments.flag("exit-code"));
  EXPECT_EQ(complaint({"plan"}, {{"VERBA_EXIT_CODE", "maybe"}}),
            "VERBA_EXIT_CODE is 'maybe', but wants true or false | ");
}

TEST(Args, TheFormatHasAVariableOfItsOwn) {
  EXPECT_EQ(parse({"plan"}, {{"VERBA_OUTPUT", "/tmp/outputs"}}).arguments.text("output"), std::nullopt);
  EXPECT_EQ(parse({"plan"}, {{"VERBA_OUTPUT_FORMAT", "json"}}).arguments.text("output"), "json");
}

TEST(Args, SaysWhatItDoesNotKnow) {
  EXPECT_EQ(complaint({"plna"}), "no command is called 'plna' | did you mean 'plan'?");
  EXPECT_EQ(complaint({"plan", "--fiel", "x"}), "verba plan knows no flag '--fiel' | did you mean '--file'?");
  EXPECT_EQ(complaint({"plan", "--targt=x"}), "verba plan knows no flag '--targt' | did you mean '--target'?");
  EXPECT_EQ(complaint({"plan", "-q"}), "verba plan knows no flag '-q' | see `verba plan --help`");
  EXPECT_EQ(complaint({"plan", "-o", "jsn"}), "--output cannot be 'jsn' | did you mean 'json'?");
}

TEST(Args, SaysWhatIsMissingOrTooMuch) {
  EXPECT_EQ(complaint({"show"}), "verba show wants a RUN | see `verba show --help`");
  EXPECT_EQ(complaint({"show", "1", "2"}), "verba show does not want the word '2' | see `verba show --help`");
  EXPECT_EQ(complaint({"plan", "--out"}), "--out wants a value | see `verba plan --help`");
  EXPECT_EQ(complaint({"plan", "--out", "a", "--out", "b"}), "--out is given twice | ");
}

TEST(Args, ChecksNumbersAndTimes) {
  const Said said = parse({"plan", "--jobs", "0x", "--wait", "90"});
  EXPECT_THROW(said.arguments.integer("jobs", 1, 10), Error);
  EXPECT_THROW(said.arguments.duration("wait"), Error);
  EXPECT_EQ(parse({"plan", "--wait", "1m30s"}).arguments.duration("wait"), Milliseconds(90'000));
  EXPECT_THROW(parse({"plan", "--jobs", "11"}).arguments.integer("jobs", 1, 10), Error);
}

}  // namespace
}  // namespace verba
