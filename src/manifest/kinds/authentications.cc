// SPDX-License-Identifier: Apache-2.0
// Authentications: how to get in.
#include "manifest/kinds/kinds.h"

namespace verba {
namespace {

constexpr std::string_view secret_hint = "\"${{ secret('env:DEPLOY_SECRET') }}\"";

Field secret(std::string_view name, std::string_view summary, bool required, std::string_view alpha = {}) {
  return {.name = name,
          .summary = summary,
          .required = required,
          .expressions = true,
          .secret = true,
          .alpha = alpha,
          .example = secret_hint};
}

Field region() {
  return {.name = "region",
          .summary = "Region, where the account names none",
          .expressions = true,
          .example = "eu-central-1"};
}

Kind kind_of(std::string_view name, bool alpha, std::string_view summary, std::string_view manual,
             std::string_view example, std::vector<Field> fields) {
  if (alpha) {
    fields.push_back({.name = "authenticationType",
                      .summary = "What v1-alpha called the kind",
                      .example = "SshUsingPrivateKey",
                      .only_alpha = true});
  }
  return {.name = name,
          .group = "systems",
          .family = "Authentication",
          .alpha = alpha,
          .summary = summary,
          .manual = manual,
          .example = example,
          .fields = std::move(fields),
          .host_name = true};
}

Kind unix_host() {
  return kind_of("UnixHostAuthentication", true,
                 "Getting in over SSH with the keys and agents of whoever runs the tool.", R"(
The name is the host. ssh's own configuration says the rest: the user, keys, and the agent (`SSH_AUTH_SOCK`).
)",
                 R"(apiVersion: verbacratis/v1
kind: UnixHostAuthentication
metadata: {name: web1.example.org}
)",
                 {});
}

Kind ssh_host_config() {
  return kind_of("SshHostBasedAuthenticationConfig", true,
                 "Getting in over SSH as a certain user; ssh's configuration and agent know the rest.", R"(
The name is `user@host`. An account that names a `host` of its own takes only the user from it.
)",
                 R"(apiVersion: verbacratis/v1
kind: SshHostBasedAuthenticationConfig
metadata: {name: deploy@web1.example.org}
)",
                 {});
}

Kind ssh_password() {
  return kind_of("SshCredentialsBasedAuthenticationConfig", true, "Getting in over SSH with a password.", R"(
The name is `user@host`. The password reaches ssh through SSH_ASKPASS, never a command line; it is best taken from
where secrets are kept.
)",
                 R"(apiVersion: verbacratis/v1
kind: SshCredentialsBasedAuthenticationConfig
metadata: {name: deploy@web1.example.org}
spec:
  password: "${{ secret('env:WEB1_PASSWORD') }}"
)",
                 {secret("password", "The password", true)});
}

Kind ssh_key() {
  return kind_of("SshPrivateKeyBasedAuthenticationConfig", true, "Getting in over SSH with a private key.", R"(
The name is `user@host`. Only this key is offered.
)",
                 R"(apiVersion: verbacratis/v1
kind: SshPrivateKeyBasedAuthenticationConfig
metadata: {name: deploy@web1.example.org}
spec:
  privateKeyPath: ~/.ssh/deploy
  passphrase: "${{ secret('env:DEPLOY_PASSPHRASE') }}"
)",
                 {{.name = "privateKeyPath",
                   .summary = "The file with the key, from the manifest's directory; `~/` is the home directory",
                   .required = true,
                   .expressions = true,
                   .example = "~/.ssh/deploy"},
                  secret("passphrase", "What the key is locked with, if it is and no agent has it", false)});
}

Kind aws_chain() {
  return kind_of("AwsAuthentication", true, "AWS's own credential chain: environment, profiles, instance roles.", R"(
Credentials are looked for where AWS's own tools look, in their order: the environment, a profile with a role, a web
identity, the rest of the profile (SSO, keys, a credential_process), the container, the instance.
)",
                 R"(apiVersion: verbacratis/v1
kind: AwsAuthentication
metadata: {name: from-environment}
spec: {region: eu-central-1}
)",
                 {region()});
}

Kind aws_key() {
  return kind_of("AwsKeyBasedAuthentication", true, "An access key of AWS.", R"(
It is best taken from where secrets are kept, and from nowhere else: no key is ever recorded.
)",
                 R"(apiVersion: verbacratis/v1
kind: AwsKeyBasedAuthentication
metadata: {name: deployer}
spec:
  accessKey: "${{ env.DEPLOYER_KEY }}"
  secretKey: "${{ secret('env:DEPLOYER_SECRET') }}"
)",
                 {secret("accessKey", "The id of the key", true, "access_key"),
                  secret("secretKey", "The key itself", true, "secret_key"),
                  secret("sessionToken", "The token of a temporary key", false, "session_token"), region()});
}

Kind aws_profile() {
  return kind_of("AwsProfileBasedAuthentication", true, "A profile of AWS's configuration.", R"(
Only that profile counts, whatever keys the environment holds: its role with source_profile or credential_source, its
SSO session (`aws sso login` comes before), its keys, or its credential_process.
)",
                 R"(apiVersion: verbacratis/v1
kind: AwsProfileBasedAuthentication
metadata: {name: website-deployer}
spec: {profileName: website}
)",
                 {{.name = "profileName",
                   .summary = "Name of the profile",
                   .required = true,
                   .expressions = true,
                   .alpha = "profile_name",
                   .example = "website"},
                  region()});
}

Kind aws_role() {
  return kind_of("AwsAssumeRoleAuthentication", false, "A role of AWS, taken on from another authentication.", R"(
A role may be taken on by one that was itself taken on. Sessions are renewed ahead of their end, in mid-run too.
)",
                 R"(apiVersion: verbacratis/v1
kind: AwsAssumeRoleAuthentication
metadata: {name: production-deployer}
spec:
  roleArn: arn:aws:iam::123456789012:role/deployer
)",
                 {{.name = "roleArn",
                   .summary = "The role",
                   .required = true,
                   .expressions = true,
                   .example = "arn:aws:iam::123456789012:role/deployer"},
                  secret("externalId", "The external id that the role asks for", false),
                  {.name = "sessionName",
                   .summary = "Name of the session, for the trail; left out: verba- and the time",
                   .expressions = true,
                   .example = "verba"},
                  {.name = "duration",
                   .type = FieldType::duration,
                   .summary = "How long a session lasts, 15m to 12h; left out: as AWS does, an hour",
                   .example = "1h"},
                  {.name = "source",
                   .summary = "The Aws authentication that takes on the role; left out: AWS's own credential chain",
                   .example = "deployer",
                   .refers_to = "Authentication"},
                  region()});
}

Kind kubeconfig() {
  return kind_of("KubeconfigAuthentication", false, "A kubeconfig file.", "\n", R"(apiVersion: verbacratis/v1
kind: KubeconfigAuthentication
metadata: {name: cluster-admin}
spec: {context: production}
)",
                 {{.name = "path", .summary = "The file; left out: as kubectl would", .example = "~/.kube/config"},
                  {.name = "context", .summary = "The context; left out: the current one", .example = "production"}});
}

Kind kubernetes_token() {
  return kind_of(
      "KubernetesTokenAuthentication", false, "A token for a Kubernetes API server.", "\n",
      R"(apiVersion: verbacratis/v1
kind: KubernetesTokenAuthentication
metadata: {name: cluster-deployer}
spec:
  server: https://cluster.example.org:6443
  token: "${{ secret('env:CLUSTER_TOKEN') }}"
)",
      {{.name = "server", .summary = "The API server", .required = true, .example = "https://localhost:6443"},
       secret("token", "The token", true),
       {.name = "caFile", .summary = "Certificates to trust, from the manifest's directory", .example = "ca.pem"},
       {.name = "insecureSkipTlsVerify",
        .type = FieldType::boolean,
        .summary = "true: trust any certificate",
        .default_value = "false",
        .example = "false",
        .implied = true}});
}

Kind environment_variables() {
  return kind_of("EnvironmentAuthentication", false, "Environment variables that a cloud's tools read.", R"(
All values are secrets: they are in the environment of the tools, and nowhere else.
)",
                 R"(apiVersion: verbacratis/v1
kind: EnvironmentAuthentication
metadata: {name: azure-deployer}
spec:
  variables:
    ARM_CLIENT_ID: 00000000-0000-0000-0000-000000000000
    ARM_CLIENT_SECRET: "${{ secret('env:AZURE_SECRET') }}"
)",
                 {{.name = "variables",
                   .type = FieldType::map,
                   .summary = "What to export to the tools",
                   .required = true,
                   .expressions = true,
                   .secret = true,
                   .example = "{ARM_CLIENT_SECRET: \"${{ secret('env:AZURE_SECRET') }}\"}",
                   .fields = {{.name = "variable", .summary = "Its value"}}}});
}

}  // namespace

const Kind& authentication_kind() {
  static const Kind kind = kind_of(
      "Authentication", true, "A way to get in that needs nothing: whoever runs the tool is logged in already.", R"(
`no-auth` is one that is always there without being written.
)",
      R"(apiVersion: verbacratis/v1
kind: Authentication
metadata: {name: already-logged-in}
)",
      {});
  return kind;
}

const std::vector<const Kind*>& other_authentication_kinds() {
  static const Kind kinds[] = {
      unix_host(), ssh_host_config(), ssh_key(),          ssh_password(),         aws_chain(), aws_key(), aws_profile(),
      aws_role(),  kubeconfig(),      kubernetes_token(), environment_variables()};
  static const std::vector<const Kind*> all = [] {
    std::vector<const Kind*> pointers;
    for (const Kind& kind : kinds) pointers.push_back(&kind);
    return pointers;
  }();
  return all;
}

}  // namespace verba
