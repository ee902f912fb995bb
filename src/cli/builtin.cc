// SPDX-License-Identifier: Apache-2.0
#include "cli/builtin.h"

#include <sys/stat.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/commands/deploy.h"
#include "manifest/kinds/kinds.h"
#include "provider/approval/approval_provider.h"
#include "provider/aws_cli/aws_cli_provider.h"
#include "provider/cloudformation/cloudformation_provider.h"
#include "provider/file/file_provider.h"
#include "provider/http/http_provider.h"
#include "provider/s3_upload/s3_upload_provider.h"
#include "provider/shell/shell_provider.h"
#include "provider/sns_publish/sns_publish_provider.h"
#include "provider/substitutes.h"
#include "provider/wait/wait_provider.h"
#include "state/sqlite/sqlite_store.h"

namespace verba {

const std::vector<CommandRow>& commands() {
  static const std::vector<CommandRow> all = {
      init_command(),   validate_command(), plan_command(),     approve_command(),  reject_command(),
      apply_command(),  destroy_command(),  rollback_command(), resume_command(),   gc_command(),
      status_command(), drift_command(),    diff_command(),     output_command(),   history_command(),
      show_command(),   logs_command(),     graph_command(),    accounts_command(), exec_command(),
      state_command(),  doctor_command(),   explain_command(),  schema_command(),   completion_command(),
      help_command(),   version_command(),  complete_command(),
  };
  return all;
}

const std::vector<Option>& global_options() {
  static const std::vector<Option> all = {
      {.name = "file",
       .letter = 'f',
       .value = "LOCATION",
       .summary = "where the manifests are: a file, a directory, Git or a URL (default: verba.yaml or deploy/ here)",
       .repeats = true,
       .completes = Completes::file},
      {.name = "system",
       .letter = 's',
       .value = "LOCATION",
       .summary = "where manifests of systems are, besides: environments, accounts",
       .repeats = true,
       .completes = Completes::file},
      {.name = "project",
       .letter = 'p',
       .value = "LOCATION",
       .summary = "where manifests of projects are: like -f, in commands that name both",
       .repeats = true,
       .completes = Completes::file},
      {.name = "env",
       .letter = 'e',
       .value = "NAME",
       .summary = "the environment; may be left out where there is only one",
       .completes = Completes::environment},
      {.name = "var",
       .value = "NAME=VALUE",
       .summary = "a variable, stronger than what manifests say",
       .repeats = true},
      // Scripts write their outputs to the file that VERBA_OUTPUT names.
      {.name = "output",
       .letter = 'o',
       .value = "FORM",
       .summary = "how to print the answer",
       .one_of = {"text", "json", "yaml", "jsonl"},
       .variable = "VERBA_OUTPUT_FORMAT"},
      {.name = "state",
       .value = "PATH",
       .summary = "the state database (default: .verba/state.db beside the manifests)",
       .completes = Completes::file},
      {.name = "offline", .summary = "do not ask the network for manifests: what was fetched before serves"},
      {.name = "no-color", .summary = "no colours, as when NO_COLOR is set"},
  };
  return all;
}

std::unique_ptr<Kit> make_kit() {
  auto kit = std::make_unique<Kit>();
  kit->owned.push_back(make_shell_provider());
  kit->owned.push_back(make_file_provider());
  kit->owned.push_back(make_wait_provider());
  kit->owned.push_back(make_http_provider());
  kit->owned.push_back(make_approval_provider());
  kit->owned.push_back(make_cloudformation_provider());
  kit->owned.push_back(make_s3_upload_provider());
  kit->owned.push_back(make_aws_cli_provider(*kit->owned.front()));  // ShellScript's
  kit->owned.push_back(make_sns_publish_provider());
  std::vector<Provider*> own;
  for (const auto& provider : kit->owned) own.push_back(provider.get());
  kit->own = Providers(own);
  std::vector<Provider*> providers;
  for (Provider* provider : own) {
    kit->catalogue.types.push_back(&provider->type());
    providers.push_back(kit->owned.emplace_back(with_substitutes(*provider, kit->own)).get());
  }
  kit->providers = Providers(std::move(providers));
  kit->catalogue.kinds = built_in_kinds();
  return kit;
}

std::unique_ptr<Store> open_store(const std::string& place, StoreUse use) {
  struct stat status {};
  if (::stat(place.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {  // opening a pipe would wait for ever
    throw Error(Error::Kind::state, "state.no-file", "'" + place + "' is no regular file, and state is kept in one",
                "move it away, or name another place with --state");
  }
  return open_sqlite_store(place, use == StoreUse::writing ? OpenFor::writing : OpenFor::reading);
}

}  // namespace verba
