// SPDX-License-Identifier: Apache-2.0
#include "provider/file/file_type.h"

#include "provider/file/wanted_file.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
A File is a file, or a tree of them, on the account of the task: on this machine, or on another one over SSH. What is in
it is written in the manifest (`content`, where `${{ }}` and secrets may stand), or is a file or a directory beside the
manifest (`source`; its content counts as input, and empty directories are not part of it), or a file beside it with
`${{ values.NAME }}` in it (`template`, which reads what is in `values` and nothing else). That of `source` may be of any
bytes; all else is UTF-8 text.

**Path.** What leads nowhere in it (`//`, `/./`) is left out. `..` may stand at its beginning, and nowhere else.

**Writing.** A file is written beside its place, compared with what it should be, flushed to the disk, and renamed, so
whoever reads it sees the old content or the new one. Of a tree all files are written before the first one is renamed. A
file that has the right content already is not written again. A symbolic link at the path itself is never followed; those
in the directories above it are. Directories that are missing are made (mode 0755; within a tree: whoever may
read its files may enter), unless `parents: false`.

**What was there before.** A file that this task did not make is not overwritten: the step fails, and nothing is
changed. With `overwrite: true` it is kept beside the new one as `.NAME.verba-before`, and it comes back, with its owner
and mode, when the task is deleted or its making is rolled back. One that has just the wanted content is taken over.

**Mode.** Without `mode`, what may be executed in `source` may be executed where it is put (0755, all else 0644). `mode` is
for all files of a tree alike.

**Update and rollback.** An update replaces the content and removes what a tree has no more. What a try that failed or was
killed had put there stays known until an update, a rollback or a delete has come to its good end, and goes with that, unless
somebody has changed it since. A rollback puts back the
content and mode of before, and the owner where it was given. A change of `path` is a delete and a create.

**Delete** removes the files, brings back what they took the place of, and removes the directories that were made for
them (the output `directories`) where nothing else is in them. In a tree, what others put there stays.

**Drift.** `verba drift` and `--refresh` compare content (by SHA-256), mode, and `owner` and `group` where they are given.

| output | |
|---|---|
| `path` | absolute |
| `sha256` | of the content; of a tree: of all paths and contents. Read it where something is to happen when the file changes |
| `directories` | those that were made for it, if any |

There the machine needs a POSIX `sh`, `ls`, `mktemp` and the like, and one of `sha256sum`, `shasum` and `openssl`. The
content goes there through standard input, never as an argument, and is not logged.
)";

constexpr std::string_view example = R"(name: motd
type: File
with:
  path: /tmp/hello/motd
  content: |
    This is ${{ environment.name }}.
  mode: "0644"
)";

std::vector<Field> inputs() {
  return {
      {.name = "path",
       .summary = "Where it is to be; not absolute: from the manifest's directory, elsewhere from the account's",
       .required = true,
       .expressions = true,
       .replaces = true,
       .example = "/etc/app/app.conf"},
      {.name = "content",
       .summary = "What is in the file",
       .expressions = true,
       .example = "\"port=${{ vars.port }}\\n\""},
      {.name = "source",
       .summary = "A file or a directory with the content, from the manifest's directory, in place of 'content'",
       .file = true,
       .tree = true,
       .example = "conf",
       .instead_of_expression = "write the path itself; 'content' takes ${{ file('...') }}"},
      {.name = "template",
       .summary = "A file with ${{ values.NAME }} in it, from the manifest's directory, in place of 'content'",
       .file = true,
       .filled_from = "values",
       .example = "app.conf.in",
       .instead_of_expression = "write the path itself, and pass values through 'values'"},
      {.name = "values",
       .type = FieldType::map,
       .summary = "What the expressions in 'template' read",
       .expressions = true,
       .example = "{port: \"${{ vars.port }}\"}",
       .fields = {{.name = "value", .type = FieldType::any, .summary = "Any value"}}},
      {.name = "mode",
       .summary = "Permissions in octal, in quotes, of all files; left out: \"0644\", \"0755\" of a source that may be "
                  "executed, \"0600\" where a secret is in the content",
       .expressions = true,
       .example = "\"0640\""},
      {.name = "owner", .summary = "The user that owns it, by name or number", .expressions = true, .example = "app"},
      {.name = "group", .summary = "The group that owns it, by name or number", .expressions = true, .example = "app"},
      {.name = "parents",
       .type = FieldType::boolean,
       .summary = "Make the directories above it that are missing",
       .beside = true,
       .default_value = "true",
       .implied = true},
      {.name = "overwrite",
       .type = FieldType::boolean,
       .summary = "Take the place of what is there and was not made by the task; it comes back in the end",
       .beside = true,
       .default_value = "false",
       .implied = true},
  };
}

}  // namespace

const TaskType& file_type() {
  static const TaskType type{
      .name = "File",
      .version = "1",
      .summary = "A file or a tree of files, on this machine or another one.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {{.name = "path", .summary = "Where it is, absolute"},
                  {.name = "sha256", .summary = "The SHA-256 of its content"},
                  {.name = "directories",
                   .type = FieldType::list,
                   .summary = "The directories that were made for it",
                   .fields = {{.name = "directory", .summary = "A path, absolute"}}}},
      .accounts = {"InfrastructureAccount", "UnixInfrastructureAccount"},
      .all_outputs =
          [](const Value&) {
            return std::vector<std::string_view>{"path", "sha256", "directories"};
          },
      .makes = paths_of,
  };
  return type;
}

}  // namespace verba
