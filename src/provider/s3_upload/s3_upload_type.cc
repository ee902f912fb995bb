// SPDX-License-Identifier: Apache-2.0
#include "provider/s3_upload/s3_upload_type.h"

#include "provider/s3_upload/wanted_upload.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
An S3Upload is a file, or a tree of them, in a bucket of an AWS account. What is in it is a file or a directory beside the
manifest (`source`: of any bytes, up to 78 GiB each), or is written in the manifest (`content`, where `${{ }}` and secrets
may stand). A file becomes the object `key`, or `prefix` and its name; of a directory each file becomes an object `prefix`
and its path. The bucket is made by somebody else: by a CloudFormation task, say.

**What is sent** is what differs: objects are looked at first, and those that have the content and the headers already are
left alone. More than 16 MiB go in parts, four at a time; where one fails, nothing is left of the others. S3 checks each
part by its SHA-256. The `Content-Type` is the one of the suffix, unless `contentType` says another.

**What was there before.** An object that this task did not make is not overwritten: the step fails, and nothing is changed.
That is sure even when somebody else writes it in the same moment. With `overwrite: true` it is kept beside the new one as
`KEY.verba-before`, and it comes back when the task is deleted or its making is rolled back. One that has just the wanted
content and headers is taken over. To know its own work again, verba writes `x-amz-meta-verba-task` on each object.

**Update and rollback.** An update removes what a tree has no more, once the rest is there. What a try that failed or was
killed had sent stays known until an update, a rollback or a delete has come to its good end, and goes with that. A rollback puts back the contents
and headers of before, which are kept in the state. Of a file above 64 MiB only the checksums are kept: there a rollback takes
the object's version of before, where the bucket keeps versions, or else sends the file again, if it still is what it was. A change of `bucket`, `key` or `prefix` is a delete and a create: nothing
is deleted unless the bucket is there and no object of others is in the way.

**Delete** removes the objects of the task, and no others. In a bucket that keeps versions, theirs stay.

**Drift.** `verba drift` and `--refresh` compare what S3 says of each object: its checksum or ETag, its type, `cacheControl` and
`metadata`. What differs is named. Of a tree of a hundred objects and more a list is asked first: what has its content still, and
was not written since it was deployed, is not looked at one by one.

| output | |
|---|---|
| `uri` | `s3://BUCKET/KEY`, or of a tree `s3://BUCKET/PREFIX` |
| `bucket` | the bucket |
| `key`, `url`, `etag` | of one object; its address is of use where the object is public |
| `versionId` | of one object, in a bucket that keeps versions |
| `keys` | of a tree: the keys of its objects |
| `lastModified` | of a tree: when the last of its objects was written, by the clock of S3 |
| `sha256` | of the content; of a tree: of all paths and contents. Read it where something is to happen when a file changes |

It needs `s3:GetObject`, `s3:PutObject`, `s3:DeleteObject` and, to tell what is absent from what is forbidden,
`s3:ListBucket`.
)";

constexpr std::string_view example = R"(name: code
type: S3Upload
account: website
with:
  bucket: website-artifacts
  key: app.js
  content: |
    console.log("hello")
)";

std::vector<Field> what_inputs() {
  return {
      {.name = "bucket",
       .summary = "The bucket, in the account's region",
       .required = true,
       .expressions = true,
       .replaces = true,
       .example = "website-artifacts"},
      {.name = "key",
       .summary = "The key of the object, where it is one",
       .expressions = true,
       .replaces = true,
       .example = "lambda/api.zip"},
      {.name = "prefix",
       .summary = "A folder of the bucket; left out: its root",
       .expressions = true,
       .replaces = true,
       .example = "site"},
      {.name = "source",
       .summary = "A file or a directory with the content, from the manifest's directory",
       .file = true,
       .tree = true,
       .large = true,
       .example = "dist",
       .instead_of_expression = "write the path itself; 'content' takes ${{ file('...') }}"},
      {.name = "content",
       .summary = "The content of one object, in place of 'source'",
       .expressions = true,
       .example = "\"url=${{ vars.url }}\\n\""},
  };
}

std::vector<Field> how_inputs() {
  return {
      {.name = "contentType",
       .summary = "The Content-Type of all of it; left out: by the suffix of each file",
       .expressions = true,
       .example = "text/html; charset=utf-8"},
      {.name = "cacheControl",
       .summary = "The Cache-Control of all of it",
       .expressions = true,
       .example = "max-age=3600"},
      {.name = "metadata",
       .type = FieldType::map,
       .summary = "Metadata of all of it: what S3 gives back as x-amz-meta-NAME, without blanks around it",
       .expressions = true,
       .example = "{release: \"${{ vars.release }}\"}",
       .fields = {{.name = "value", .type = FieldType::any, .summary = "Text, a number, true or false"}}},
      {.name = "encryption",
       .summary = "How S3 encrypts it; left out: as the bucket does",
       .example = "aws:kms",
       .one_of = {"AES256", "aws:kms", "aws:kms:dsse"}},
      {.name = "kmsKeyId",
       .summary = "The key of KMS to encrypt with: its id or ARN",
       .expressions = true,
       .example = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"},
      {.name = "overwrite",
       .type = FieldType::boolean,
       .summary = "Take the place of what is there and was not made by the task; it comes back in the end",
       .beside = true,
       .default_value = "false",
       .implied = true},
  };
}

std::vector<Field> inputs() {
  std::vector<Field> all = what_inputs();
  for (Field& field : how_inputs()) all.push_back(std::move(field));
  return all;
}

}  // namespace

const TaskType& s3_upload_type() {
  static const TaskType type{
      .name = "S3Upload",
      .version = "1",
      .summary = "A file or a tree of files in a bucket of S3.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {{.name = "uri", .summary = "Where it is: s3://BUCKET/KEY"},
                  {.name = "bucket", .summary = "The bucket"},
                  {.name = "key", .summary = "The key of the object, where it is one"},
                  {.name = "url", .summary = "The https address of the object, where it is one"},
                  {.name = "etag", .summary = "The ETag of the object, where it is one"},
                  {.name = "versionId",
                   .summary = "The version of the object, where it is one and the bucket keeps versions"},
                  {.name = "keys",
                   .type = FieldType::list,
                   .summary = "The keys of the objects, where it is a tree",
                   .fields = {{.name = "key", .summary = "A key"}}},
                  {.name = "lastModified", .summary = "When the last of the objects was written, where it is a tree"},
                  {.name = "sha256", .summary = "The SHA-256 of its content"}},
      .accounts = {"AwsInfrastructureAccount"},
      .all_outputs =
          [](const Value&) {
            return std::vector<std::string_view>{"uri",       "bucket", "key",          "url",   "etag",
                                                 "versionId", "keys",   "lastModified", "sha256"};
          },
      .makes = objects_of,
  };
  return type;
}

}  // namespace verba
