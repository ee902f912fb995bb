// SPDX-License-Identifier: Apache-2.0
// Kinds that say where more manifests are.
#include "manifest/kinds/kinds.h"

namespace verba {
namespace {

Field location_field(std::string_view summary, std::string_view example) {
  return {.name = "location", .summary = summary, .required = true, .example = example};
}

Field include_field() {
  return {.name = "includeFileRegex",
          .summary = "The files to read: a regular expression (RE2) for the whole name, or the whole path from there",
          .alpha = "include_file_regex",
          .default_value = "'.*[.](yaml|yml|json)'",
          .example = "'.*[.]yaml'",
          .implied = true};
}

Field no_verification_field() {
  return {.name = "setNoVerifySsl",
          .type = FieldType::boolean,
          .summary = "true: take any certificate. Whoever is on the way can then put other manifests in their place",
          .alpha = "set_no_verify_ssl",
          .default_value = "false",
          .example = "true",
          .implied = true};
}

}  // namespace

const Kind& local_file_location_kind() {
  static const Kind kind{
      .name = "LocalFileManifestLocation",
      .group = "projects",
      .alpha = true,
      .summary = "Another file of manifests.",
      .manual = R"(
The path starts at the manifest that names it. In a repository it leads to a file of the same commit, never out of it.
What is in scope in some environments only (`metadata.environments`) brings its manifests into scope in those alone.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: LocalFileManifestLocation
metadata: {name: shared}
spec:
  location: ../shared/accounts.yaml
)",
      .fields = {location_field("Path of the file", "../shared/accounts.yaml")},
  };
  return kind;
}

const Kind& local_directory_location_kind() {
  static const Kind kind{
      .name = "LocalDirectoryManifestLocation",
      .group = "projects",
      .alpha = true,
      .summary = "Another directory of manifests, with those below it.",
      .manual = R"(
The path starts at the manifest that names it. In a repository it leads to a directory of the same commit, never out of
it.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: LocalDirectoryManifestLocation
metadata: {name: shared}
spec:
  location: ../shared
  includeFileRegex: '.*[.]yaml'
)",
      .fields = {location_field("Path of the directory", "../shared"), include_field()},
  };
  return kind;
}

const Kind& file_url_location_kind() {
  static const Kind kind{
      .name = "FileUrlManifestLocation",
      .group = "projects",
      .alpha = true,
      .summary = "A file of manifests at an http(s) address.",
      .manual = R"(
It is fetched each time, at most 64 MiB of it. With `sha256` anything else than that content is refused. Paths in it
start at the current directory.

Headers reach the server that is named, and no other: with headers a redirect is an error. They may hold `${{ env.NAME }}`
and `${{ secret("...") }}`, and nothing else, since they are needed before the manifests are known.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: FileUrlManifestLocation
metadata: {name: accounts}
spec:
  location: https://example.org/manifests/accounts.yaml
  headers: {Authorization: 'Bearer ${{ secret("env:TOKEN") }}'}
)",
      .fields = {location_field("The address", "https://example.org/manifests/accounts.yaml"),
                 {.name = "sha256",
                  .summary = "What the file must come to: 64 hexadecimal digits",
                  .example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                 {.name = "headers",
                  .type = FieldType::map,
                  .summary = "Headers of the request",
                  .expressions = true,
                  .secret = true,
                  .example = "{Accept: text/yaml}",
                  .fields = {{.name = "value", .summary = "The header's value"}}},
                 no_verification_field()},
  };
  return kind;
}

const Kind& git_location_kind() {
  static const Kind kind{
      .name = "GitManifestLocation",
      .group = "projects",
      .alpha = true,
      .summary = "Manifests in a Git repository.",
      .manual = R"(
`location` is what `git clone` takes, or the form that `-f` takes: `git::https://host/repo.git//directory?ref=v1`. Of
`branch`, `tag` and `commit` one may be given; without any the repository's own HEAD counts. A `commit` that was fetched
before needs no network.

Git itself is run, with your own configuration and credential helpers, without prompts, hooks or filters. One commit
is fetched, without its past, and kept below `$XDG_CACHE_HOME/verba/git`; of a large repository only what `sparse` names,
where the server can do that.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: GitManifestLocation
metadata: {name: website}
spec:
  location: https://example.org/team/website.git
  tag: v1.2
  relativeStartDirectory: deploy
)",
      .fields = {location_field("The repository", "https://example.org/team/website.git"),
                 {.name = "branch", .summary = "Name of a branch", .example = "main"},
                 {.name = "tag", .summary = "Name of a tag", .example = "v1.2"},
                 {.name = "commit",
                  .summary = "A commit, by all its digits",
                  .example = "5d1f7c3be0a94d2c8f6e1b7a90c2d4e6f8a1b3c5"},
                 {.name = "relativeStartDirectory",
                  .summary = "A directory in it, or a file: what is outside is not read",
                  .alpha = "relative_start_directory",
                  .example = "deploy"},
                 include_field(),
                 {.name = "sparse",
                  .type = FieldType::list,
                  .summary =
                      "Files and directories of it to fetch, besides relativeStartDirectory; the rest stays there",
                  .example = "[deploy, scripts]",
                  .fields = {{.name = "path", .summary = "A path from the repository's root"}},
                  .scalar_or_list = true},
                 {.name = "submodules",
                  .type = FieldType::boolean,
                  .summary = "true: the repositories that .gitmodules names are fetched into their places",
                  .default_value = "false",
                  .example = "true",
                  .implied = true},
                 {.name = "lfs",
                  .type = FieldType::boolean,
                  .summary = "true: files that Git LFS keeps come in the place of their pointers; git-lfs fetches them",
                  .default_value = "false",
                  .example = "true",
                  .implied = true},
                 {.name = "sshPrivateKeyPath",
                  .summary = "The private key to use with ssh, from this manifest's directory or ~/",
                  .alpha = "ssh_private_key_path",
                  .example = "~/.ssh/deploy"},
                 no_verification_field(),
                 {.name = "verify",
                  .type = FieldType::object,
                  .summary = "Whose commit it must be",
                  .example = "{allowedSigners: signers}",
                  .fields = {{.name = "allowedSigners",
                              .summary = "A file as ssh-keygen(1) reads it, from this manifest's directory",
                              .required = true,
                              .example = "signers"}}}},
  };
  return kind;
}

const Kind& project_kind() {
  static const Kind kind{
      .name = "Project",
      .group = "projects",
      .alpha = true,
      .summary = "Locations that belong together, and the projects that come before.",
      .manual = R"(
Everything that a location brings, and what is brought by locations in it, belongs to the projects that name it. The
deployments of parent projects, and of their parents, come first, as if each deployment named them in `dependsOn`. With
`metadata.environments` all that the project's locations bring is in scope in those environments only.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: Project
metadata: {name: shop, environments: [test, production]}
spec:
  locations: [shop-manifests]
  parentProjects: [network]
)",
      .fields = {{.name = "locations",
                  .type = FieldType::list,
                  .summary = "Names of manifests of the location kinds",
                  .example = "[website]",
                  .fields = {{.name = "location", .summary = "Name of a location"}},
                  .scalar_or_list = true},
                 {.name = "parentProjects",
                  .type = FieldType::list,
                  .summary = "Names of Projects whose deployments come first",
                  .example = "[network]",
                  .fields = {{.name = "project", .type = FieldType::any, .summary = "Name of a Project"}},
                  .scalar_or_list = true}},
  };
  return kind;
}

const std::vector<const Kind*>& location_kinds() {
  static const std::vector<const Kind*> kinds = {&local_file_location_kind(), &local_directory_location_kind(),
                                                 &file_url_location_kind(), &git_location_kind()};
  return kinds;
}

}  // namespace verba
