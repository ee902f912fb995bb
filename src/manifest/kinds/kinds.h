// SPDX-License-Identifier: Apache-2.0
// The kinds of manifest that are built in: tables, and nothing else.
#pragma once

#include <vector>

#include "manifest/schema.h"

namespace verba {

/// Where things run, and how to get in: Environment, accounts, authentications.
const Kind& environment_kind();
const Kind& infrastructure_account_kind();
const Kind& unix_account_kind();
const Kind& aws_account_kind();
const Kind& kubernetes_account_kind();
const Kind& cloud_account_kind();
const Kind& authentication_kind();
const std::vector<const Kind*>& other_authentication_kinds();

/// What must not be done, and who hears of what was.
const Kind& policy_kind();
const Kind& notification_channel_kind();
/// The field of a Deployment and an Environment.
Field notify_field(std::string_view summary);

/// Where more manifests are.
const Kind& local_file_location_kind();
const Kind& local_directory_location_kind();
const Kind& file_url_location_kind();
const Kind& git_location_kind();
const std::vector<const Kind*>& location_kinds();
const Kind& project_kind();

/// What to deploy: Deployment, Variables, ShellScript, InfrastructureTemplate.
const Kind& deployment_kind();
const Kind& variables_kind();
const Kind& shell_script_kind();
const Kind& infrastructure_template_kind();

/// All of them, in the order of the manual. Static storage.
std::vector<const Kind*> built_in_kinds();

}  // namespace verba
