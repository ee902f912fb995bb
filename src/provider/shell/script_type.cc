// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/script_type.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
A ShellScript brings something about by running a script of yours. `run` makes it so. The other scripts are for the rest
of its life, and each may be left out:

| script | when | left out |
|---|---|---|
| `update` | something about the task has changed | `run` again |
| `delete` | the task is to go away | it is only forgotten |
| `rollback` | what was done is to be undone | the scripts of before, or `delete` |
| `check` | somebody asks how it is | nobody knows |

A script is text. No value is ever pasted into it: `${{ }}` may stand in `environment`, `stdin`, `arguments` and
`workdir`, and the script reads `"$NAME"`, its standard input, or `"$1"`. So a value can hold any character and never
becomes a command. Secrets go through `environment` or `stdin`; in `arguments`, which every user of the machine can see,
they are refused. `source` names a file whose content is what `run` would be; a change of the file is a change of the
task.

**Interpreter.** The one that a first line `#!...` of the script names, or else `sh`; `interpreter` is stronger than
both. The name of a shell alone in `interpreter` gets the flags that stop at the first mistake: `sh -eu` (so does a
script that names none), `bash -eu -o pipefail`. With options of your own (`interpreter: bash -x`, or a list) it gets
exactly those. Any other program (`python3`, `node`, `perl -w`) gets the script as a file.

**Environment.** The operator's, and then:

| variable | |
|---|---|
| `VERBA_ENVIRONMENT`, `VERBA_DEPLOYMENT`, `VERBA_TASK` | names |
| `VERBA_RUN` | the number of the run |
| `VERBA_ACTION` | `create`, `update`, `delete`, `rollback` or `check` |
| `VERBA_OUTPUT` | a file to write outputs to (when `outputs` is not `none`) |
| `VERBA_OUTPUT_URL` | the recorded output `url`, and so on for each; not for `create` |

and then `environment`, which is stronger. A value there is a string, a number, true or false; null takes the variable
away. In the name of a recorded output letters are capitals and what is no letter or digit is `_`; lists and maps come
as JSON; those over 64 KiB are left out.

**Outputs** come from `run` and `update`: from standard output, or from the file `$VERBA_OUTPUT` if they wrote one.

| `outputs` | becomes |
|---|---|
| `none` | nothing; standard output is only logged |
| `text` | `outputs.text`, without the last line end |
| `lines` | `outputs.lines`, a list |
| `json` | the members of the JSON object that it must be |
| `dotenv` | one for each line `NAME=VALUE` |

**Exit codes.** 0 is success, anything else a failure. For `check`: 0 as deployed, 2 drifted (the first line printed
says what), 3 absent, anything else: cannot tell.

**The end.** At the task's `timeout`, and when the run is stopped, the script and everything it started gets TERM, and
five seconds later KILL. What a script leaves running in the background lives on: send its output to a file.

**On another machine**, where the task's account is a `UnixInfrastructureAccount`, all of this is the same but for two
things: the environment is that machine's in place of the operator's, and `workdir` starts from the account's
`workDirectory`. With a `CloudInfrastructureAccount` or an `AwsInfrastructureAccount` scripts run on this machine, with its
credentials in their environment.
)";

constexpr std::string_view example = R"(name: greeting
type: ShellScript
with:
  run: |
    mkdir -p "$ROOT"
    echo "hello $WHO" > "$ROOT/greeting"
    echo "file=$ROOT/greeting"
  delete: rm -f "$VERBA_OUTPUT_FILE"
  check: test -f "$VERBA_OUTPUT_FILE" || exit 3
  environment:
    ROOT: /tmp/hello
    WHO: "${{ environment.name }}"
  outputs: dotenv
)";

constexpr std::string_view use_environment = "pass the value through 'environment' and write \"$NAME\" in the script";

Field script(std::string_view name, std::string_view summary, std::string_view text) {
  return {.name = name, .summary = summary, .example = text, .instead_of_expression = use_environment};
}

/// A script of which a change is recorded, and no reason to run anything now.
Field later_script(std::string_view name, std::string_view summary, std::string_view text) {
  Field field = script(name, summary, text);
  field.beside = true;
  return field;
}

std::vector<Field> inputs() {
  return {
      script("run", "The script that makes it so", "./install.sh \"$VERSION\""),
      {.name = "source",
       .summary = "A file with the script, from the manifest's directory, in place of 'run'",
       .file = true,
       .example = "scripts/install.sh",
       .instead_of_expression = "write the path itself, and pass values through 'environment'"},
      script("update", "Run instead of 'run' when it is deployed already and something has changed",
             "./install.sh --upgrade \"$VERSION\""),
      later_script("delete", "Removes it; must succeed when it is gone already", "./uninstall.sh"),
      later_script("rollback", "Undoes what 'run' or 'update' did, even half of it", "./uninstall.sh --quiet"),
      later_script("check", "Tells how it is: exit 0 as deployed, 2 drifted, 3 absent, else unknown",
                   "./is-installed.sh"),
      {.name = "interpreter",
       .type = FieldType::list,
       .summary = "What runs the scripts: a program, with options if you like",
       .default_value = "sh",
       .example = "bash",
       .fields = {{.name = "word", .summary = "The program, then its options"}},
       .scalar_or_list = true,
       .implied = true},
      {.name = "arguments",
       .type = FieldType::list,
       .summary = "\"$1\", \"$2\", ... of every script; no secrets",
       .expressions = true,
       .example = "[\"${{ vars.version }}\"]",
       .fields = {{.name = "argument", .type = FieldType::any, .summary = "A string, a number, true or false"}},
       .scalar_or_list = true},
      {.name = "environment",
       .type = FieldType::map,
       .summary = "Environment variables of every script; null takes one away",
       .expressions = true,
       .example = "{VERSION: \"${{ vars.version }}\"}",
       .fields = {{.name = "variable", .type = FieldType::any, .summary = "A string, a number, true, false or null"}}},
      {.name = "stdin",
       .type = FieldType::any,
       .summary = "Standard input of every script; empty when left out",
       .expressions = true,
       .example = "\"${{ file('config.json') }}\""},
      {.name = "workdir",
       .summary = "Where the scripts run, from the manifest's directory",
       .expressions = true,
       .default_value = ".",
       .example = "infra",
       .implied = true},
      {.name = "outputs",
       .summary = "How to read what 'run' and 'update' print",
       .default_value = "none",
       .example = "json",
       .one_of = {"none", "text", "lines", "json", "dotenv"},
       .implied = true},
      {.name = "idempotent",
       .type = FieldType::boolean,
       .summary = "Running it again does no harm, so a run that was broken off is simply repeated",
       .beside = true,
       .default_value = "false",
       .implied = true},
  };
}

std::optional<std::vector<std::string_view>> output_names(const Value& with) {
  const Value* written = with.find("outputs");
  if (written == nullptr) return std::vector<std::string_view>();
  const std::string_view format = written->is_string() ? std::string_view(written->string()) : "";
  if (format == "none") return std::vector<std::string_view>();
  if (format == "text" || format == "lines") return std::vector<std::string_view>{format};
  return std::nullopt;
}

}  // namespace

const TaskType& shell_script_type() {
  static const TaskType type{
      .name = "ShellScript",
      .version = "1",
      .summary = "Any script, with any interpreter.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {{.name = "text", .summary = "What was printed, with 'outputs: text'"},
                  {.name = "lines",
                   .type = FieldType::list,
                   .summary = "What was printed, with 'outputs: lines'",
                   .fields = {{.name = "line", .summary = "One line"}}}},
      .accounts = {"InfrastructureAccount", "UnixInfrastructureAccount", "CloudInfrastructureAccount",
                   "AwsInfrastructureAccount"},
      .all_outputs = output_names,
  };
  return type;
}

}  // namespace verba
