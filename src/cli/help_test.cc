// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <gtest/gtest.h>

#include <set>

#include "cli/args.h"
#include "cli/builtin.h"
#include "cli/manuals.h"

namespace verba {
namespace {

TEST(Commands, EachHasAFunctionAndAPageWithExamples) {
  for (const CommandRow& command : commands()) {
    EXPECT_NE(command.function, nullptr) << command.name;
    if (command.group.empty()) continue;
    EXPECT_NE(manual_of(command.name).find("## Examples"), std::string_view::npos) << command.name;
    EXPECT_NE(manual_of(command.name).find("verba " + std::string(command.name)), std::string_view::npos)
        << command.name;
    EXPECT_FALSE(command.summary.empty()) << command.name;
  }
}

TEST(Commands, FlagsAndVariablesAreUniqueInEach) {
  for (const CommandRow& command : commands()) {
    std::set<std::string> names, variables;
    std::set<char> letters = {'h'};
    std::vector<Option> all = global_options();
    all.insert(all.end(), command.options.begin(), command.options.end());
    for (const Option& option : all) {
      EXPECT_TRUE(names.insert(std::string(option.name)).second) << command.name << " --" << option.name;
      EXPECT_TRUE(variables.insert(variable_of(option)).second) << command.name << " " << variable_of(option);
      const bool taken = option.letter != 0 && !letters.insert(option.letter).second;
      EXPECT_FALSE(taken) << command.name << " -" << option.letter;
    }
  }
}

TEST(Commands, OfOneGroupStandTogether) {
  std::set<std::string_view> seen;
  std::string_view group;
  for (const CommandRow& command : commands()) {
    if (command.group == group || command.group.empty()) continue;
    EXPECT_TRUE(seen.insert(command.group).second) << command.name;
    group = command.group;
  }
}

TEST(Help, ShowsUsageFlagsAndVariables) {
  const CommandRow row{.name = "plan",
                       .group = "Deploy",
                       .summary = "what would change",
                       .positionals = {{.name = "DEPLOYMENT", .repeats = true}},
                       .options = {{.name = "out", .value = "FILE", .summary = "keep the plan"}}};
  const std::string text = help_text(row, {});
  EXPECT_NE(text.find("  verba plan [DEPLOYMENT...] [flags]\n"), std::string::npos) << text;
  EXPECT_NE(text.find("      --out FILE  keep the plan [VERBA_OUT]\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("```"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace verba
