// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "provider/shell/workbench.h"

namespace verba {
namespace {

using testing::ElementsAre;

class ScriptCommand : public Workbench {
 protected:
  Command command(Script script) {
    std::variant<Command, Failed> made = make_command(script, attempt_);
    const Failed* failed = std::get_if<Failed>(&made);
    EXPECT_EQ(failed, nullptr) << failed->message;
    return failed != nullptr ? Command{} : std::get<Command>(made);
  }
  Command command(std::string_view yaml) {
    Resource made = resource(yaml);
    std::string text = main_text(made).value();
    return command({std::move(made), "create", std::move(text), {}});
  }
  std::string refusal(Resource made) {
    std::variant<Command, Failed> result = make_command({std::move(made), "create", ":", {}}, attempt_);
    const Failed* failed = std::get_if<Failed>(&result);
    if (failed == nullptr) return "no refusal";
    EXPECT_FALSE(failed->retryable);
    return failed->message;
  }

  static std::string variable(const Command& command, std::string_view name) {
    std::string value = "(absent)";
    for (const auto& [key, text] : command.environment) {
      if (key == name) value = value == "(absent)" ? text : "(twice)";
    }
    return value;
  }
};

TEST_F(ScriptCommand, AShellTakesTheTextAsAnArgument) {
  EXPECT_THAT(command("run: echo hi").argv, ElementsAre("sh", "-eu", "-c", "echo hi", "web.site"));
  EXPECT_THAT(command("{run: echo hi, interpreter: bash}").argv,
              ElementsAre("bash", "-eu", "-o", "pipefail", "-c", "echo hi", "web.site"));
  EXPECT_THAT(command("{run: echo hi, interpreter: /bin/dash}").argv,
              ElementsAre("/bin/dash", "-eu", "-c", "echo hi", "web.site"));
  EXPECT_THAT(command("{run: echo hi, interpreter: bash -x}").argv,
              ElementsAre("bash", "-x", "-c", "echo hi", "web.site"));
  EXPECT_THAT(command("{run: echo hi, interpreter: [bash, +e]}").argv,
              ElementsAre("bash", "+e", "-c", "echo hi", "web.site"));
  EXPECT_THAT(command("run: '-x'").argv, ElementsAre("sh", "-eu", "-c", "--", "-x", "web.site"));
  EXPECT_FALSE(scratch_was_made());
}

TEST_F(ScriptCommand, AnyOtherProgramTakesAFile) {
  EXPECT_THAT(command("{run: print(1), interpreter: python3 -u, arguments: [a, 2, true]}").argv,
              ElementsAre("python3", "-u", scratch_ + "/script-create", "a", "2", "true"));
  EXPECT_EQ(system_->read_file(scratch_ + "/script-create"), "print(1)");
  EXPECT_EQ(command("{run: '1', interpreter: pwsh}").argv.at(1), scratch_ + "/script-create.ps1");
}

TEST_F(ScriptCommand, ALongTextIsAFileForShellsToo) {
  Resource made = resource("run: ':'");
  const std::string text = "# " + std::string(200'000, 'x');
  EXPECT_THAT(command({std::move(made), "create", text, {}}).argv,
              ElementsAre("sh", "-eu", scratch_ + "/script-create"));
}

TEST_F(ScriptCommand, TheFirstLineNamesTheInterpreterUnlessTheManifestDoes) {
  EXPECT_THAT(command("run: |\n  #!/bin/bash -e\n  echo hi\n").argv,
              ElementsAre("/bin/bash", "-e", "-c", "#!/bin/bash -e\necho hi\n", "web.site"));
  EXPECT_THAT(command("run: |\n  #!/usr/bin/env python3\n  print(1)\n").argv,
              ElementsAre("/usr/bin/env", "python3", scratch_ + "/script-create"));
  EXPECT_THAT(command("{run: \"#!/bin/bash\\n:\", interpreter: sh}").argv.at(0), "sh");
}

TEST_F(ScriptCommand, ASourceIsCalledByItsPath) {
  Resource made = resource("source: bin/install.sh");
  made.files.push_back({"source", "bin/install.sh", {}, "echo from file"});
  EXPECT_EQ(main_text(made), "echo from file");
  EXPECT_THAT(command({made, "create", "echo from file", {}}).argv,
              ElementsAre("sh", "-eu", "-c", "echo from file", "bin/install.sh"));
  EXPECT_EQ(command({made, "delete", "echo other", {}}).argv.back(), "web.site");
}

TEST_F(ScriptCommand, TheEnvironmentOfTheManifestIsStronger) {
  const Command made =
      command("{run: ':', environment: {HOME: null, N: 1, R: 1.5, B: true, S: 'a=b', VERBA_TASK: mine}}");
  EXPECT_EQ(variable(made, "HOME"), "(absent)");
  EXPECT_EQ(variable(made, "N"), "1");
  EXPECT_EQ(variable(made, "R"), "1.5");
  EXPECT_EQ(variable(made, "B"), "true");
  EXPECT_EQ(variable(made, "S"), "a=b");
  EXPECT_EQ(variable(made, "VERBA_TASK"), "mine");
  EXPECT_EQ(variable(made, "VERBA_ACTION"), "create");
  EXPECT_EQ(variable(made, "PATH"), "/usr/local/bin:/usr/bin:/bin");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT"), "(absent)");
}

TEST_F(ScriptCommand, RecordedOutputsAreVariables) {
  Map outputs;
  outputs.set("bucket-name", "b");
  outputs.set("Ports", List{1, 2});
  outputs.set("nothing", Null{});
  outputs.set("huge", std::string(70'000, 'x'));
  Value token("t");
  make_secret(token);
  outputs.set("token", token);
  const Command made = command({resource("run: ':'"), "delete", ":", Value(outputs)});
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_BUCKET_NAME"), "b");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_PORTS"), "[1,2]");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_NOTHING"), "");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_HUGE"), "(absent)");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_TOKEN"), "t");
  EXPECT_EQ(variable(made, "VERBA_ACTION"), "delete");
}

TEST_F(ScriptCommand, OutputsHaveAFile) {
  const Command made = command({resource("{run: ':', outputs: json}"), "create", ":", {}, OutputFormat::json});
  EXPECT_EQ(variable(made, "VERBA_OUTPUT"), scratch_ + "/outputs");
  EXPECT_TRUE(scratch_was_made());
}

TEST_F(ScriptCommand, TheDirectoryStartsAtTheManifest) {
  EXPECT_EQ(command("run: ':'").directory, root_);
  EXPECT_EQ(command("{run: ':', workdir: sub/dir}").directory, root_ + "/sub/dir");
  EXPECT_EQ(command("{run: ':', workdir: /srv}").directory, "/srv");
}

TEST_F(ScriptCommand, StandardInputIsText) {
  EXPECT_EQ(command("{run: ':', stdin: \"a\\nb\"}").input, "a\nb");
  EXPECT_EQ(command("{run: ':', stdin: 17}").input, "17");
  EXPECT_EQ(command("run: ':'").input, "");
}

TEST_F(ScriptCommand, RefusesWhatCannotBe) {
  Resource made = resource("{run: ':', arguments: [a, b]}");
  make_secret(made.inputs.map().find("arguments")->list().at(1));
  EXPECT_EQ(refusal(made), "a secret in 'arguments' could be read by every user of the machine");
  made = resource("run: ':'");
  made.inputs.map().set("environment", Map{});
  made.inputs.map().find("environment")->map().set("A", List{});
  EXPECT_EQ(refusal(made), "environment variable A is a list");
  made.inputs.map().find("environment")->map().set("A", std::string("x\0y", 3));
  EXPECT_EQ(refusal(made), "environment variable A holds a NUL byte");
  made = resource("run: ':'");
  made.inputs.map().set("arguments", List{Map{}});
  EXPECT_EQ(refusal(made), "an argument is a map");
  made = resource("run: ':'");
  made.inputs.map().set("stdin", List{});
  EXPECT_EQ(refusal(made), "'stdin' is a list");
  made = resource("{run: ':', workdir: x}");
  made.inputs.map().find("workdir")->secret = true;
  EXPECT_EQ(refusal(made), "'workdir' may not be a secret: paths are shown");
}

}  // namespace
}  // namespace verba
