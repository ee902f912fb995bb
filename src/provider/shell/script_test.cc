// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "provider/shell/script_type.h"
#include "provider/workbench.h"

namespace verba {
namespace {

using testing::ElementsAre;

class ScriptWork : public Workbench {
 protected:
  ScriptWork() : Workbench(shell_script_type()) {}
  Work work(Script script) {
    std::variant<Work, Failed> made = make_work(script, attempt_);
    const Failed* failed = std::get_if<Failed>(&made);
    EXPECT_EQ(failed, nullptr) << failed->message;
    return failed != nullptr ? Work{} : std::get<Work>(made);
  }
  Work work(std::string_view yaml) {
    Resource made = resource(yaml);
    std::string text = main_text(made).value();
    return work({std::move(made), "create", std::move(text), {}});
  }
  std::string refusal(Resource made) {
    std::variant<Work, Failed> result = make_work({std::move(made), "create", ":", {}}, attempt_);
    const Failed* failed = std::get_if<Failed>(&result);
    if (failed == nullptr) return "no refusal";
    EXPECT_FALSE(failed->retryable);
    return failed->message;
  }

  static std::string variable(const Work& work, std::string_view name) {
    std::string value = "(absent)";
    for (const auto& [key, text] : work.environment) {
      if (key == name) value = value == "(absent)" ? text : "(twice)";
    }
    return value;
  }
};

TEST_F(ScriptWork, AShellTakesTheTextAsAnArgument) {
  EXPECT_THAT(work("run: echo hi").argv, ElementsAre("sh", "-eu", "-c", "echo hi", "web.site"));
  EXPECT_THAT(work("{run: echo hi, interpreter: bash}").argv,
              ElementsAre("bash", "-eu", "-o", "pipefail", "-c", "echo hi", "web.site"));
  EXPECT_THAT(work("{run: echo hi, interpreter: /bin/dash}").argv,
              ElementsAre("/bin/dash", "-eu", "-c", "echo hi", "web.site"));
  EXPECT_THAT(work("{run: echo hi, interpreter: bash -x}").argv,
              ElementsAre("bash", "-x", "-c", "echo hi", "web.site"));
  EXPECT_THAT(work("{run: echo hi, interpreter: [bash, +e]}").argv,
              ElementsAre("bash", "+e", "-c", "echo hi", "web.site"));
  EXPECT_THAT(work("run: '-x'").argv, ElementsAre("sh", "-eu", "-c", "--", "-x", "web.site"));
  EXPECT_FALSE(scratch_was_made());
}

TEST_F(ScriptWork, AnyOtherProgramTakesAFile) {
  const Work python = work("{run: print(1), interpreter: python3 -u, arguments: [a, 2, true]}");
  EXPECT_THAT(python.argv, ElementsAre("python3", "-u", "", "a", "2", "true"));
  ASSERT_TRUE(python.file);
  EXPECT_EQ(python.file->name, "script-create");
  EXPECT_EQ(python.file->content, "print(1)");
  EXPECT_EQ(python.file->argument, 2u);
  EXPECT_EQ(work("{run: '1', interpreter: pwsh}").file.value_or(Work::File{}).name, "script-create.ps1");
}

TEST_F(ScriptWork, ALongTextIsAFileForShellsToo) {
  Resource made = resource("run: ':'");
  const std::string text = "# " + std::string(200'000, 'x');
  const Work shell = work({std::move(made), "create", text, {}});
  EXPECT_THAT(shell.argv, ElementsAre("sh", "-eu", ""));
  EXPECT_EQ(shell.file.value_or(Work::File{}).content, text);
}

TEST_F(ScriptWork, TheFirstLineNamesTheInterpreterUnlessTheManifestDoes) {
  EXPECT_THAT(work("run: |\n  #!/bin/bash -e\n  echo hi\n").argv,
              ElementsAre("/bin/bash", "-e", "-c", "#!/bin/bash -e\necho hi\n", "web.site"));
  EXPECT_THAT(work("run: |\n  #!/usr/bin/env python3\n  print(1)\n").argv, ElementsAre("/usr/bin/env", "python3", ""));
  EXPECT_THAT(work("{run: \"#!/bin/bash\\n:\", interpreter: sh}").argv.at(0), "sh");
}

TEST_F(ScriptWork, ASourceIsCalledByItsPath) {
  Resource made = resource("source: bin/install.sh");
  made.files.push_back({"source", "bin/install.sh", {}, "echo from file"});
  EXPECT_EQ(main_text(made), "echo from file");
  EXPECT_THAT(work({made, "create", "echo from file", {}}).argv,
              ElementsAre("sh", "-eu", "-c", "echo from file", "bin/install.sh"));
  EXPECT_EQ(work({made, "delete", "echo other", {}}).argv.back(), "web.site");
}

TEST_F(ScriptWork, TheEnvironmentOfTheManifestIsStronger) {
  const Work made = work("{run: ':', environment: {HOME: null, N: 1, R: 1.5, B: true, S: 'a=b', VERBA_TASK: mine}}");
  EXPECT_EQ(variable(made, "HOME"), "(absent)");
  EXPECT_THAT(made.without, ElementsAre("HOME"));
  EXPECT_EQ(variable(made, "N"), "1");
  EXPECT_EQ(variable(made, "R"), "1.5");
  EXPECT_EQ(variable(made, "B"), "true");
  EXPECT_EQ(variable(made, "S"), "a=b");
  EXPECT_EQ(variable(made, "VERBA_TASK"), "mine");
  EXPECT_EQ(variable(made, "VERBA_ACTION"), "create");
  EXPECT_FALSE(made.reports);
}

TEST_F(ScriptWork, RecordedOutputsAreVariables) {
  Map outputs;
  outputs.set("bucket-name", "b");
  outputs.set("Ports", List{1, 2});
  outputs.set("nothing", Null{});
  outputs.set("huge", std::string(70'000, 'x'));
  Value token("t");
  make_secret(token);
  outputs.set("token", token);
  const Work made = work({resource("run: ':'"), "delete", ":", Value(outputs)});
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_BUCKET_NAME"), "b");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_PORTS"), "[1,2]");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_NOTHING"), "");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_HUGE"), "(absent)");
  EXPECT_EQ(variable(made, "VERBA_OUTPUT_TOKEN"), "t");
  EXPECT_EQ(variable(made, "VERBA_ACTION"), "delete");
}

TEST_F(ScriptWork, OutputsHaveAFile) {
  const Work made = work({resource("{run: ':', outputs: json}"), "create", ":", {}, OutputFormat::json});
  EXPECT_TRUE(made.reports);
  EXPECT_FALSE(scratch_was_made());
}

TEST_F(ScriptWork, TheDirectoryStartsAtTheManifest) {
  EXPECT_EQ(work("run: ':'").directory, root_);
  EXPECT_EQ(work("{run: ':', workdir: sub/dir}").directory, root_ + "/sub/dir");
  EXPECT_EQ(work("{run: ':', workdir: /srv}").directory, "/srv");
}

TEST_F(ScriptWork, StandardInputIsText) {
  EXPECT_EQ(work("{run: ':', stdin: \"a\\nb\"}").input, "a\nb");
  EXPECT_EQ(work("{run: ':', stdin: 17}").input, "17");
  EXPECT_EQ(work("run: ':'").input, "");
}

TEST_F(ScriptWork, RefusesWhatCannotBe) {
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
