// SPDX-License-Identifier: Apache-2.0
// Accounts: where steps work.
#include "manifest/kinds/kinds.h"

namespace verba {
namespace {

Field authentication(std::string_view summary, std::string_view example, bool required = false) {
  return {.name = "authentication",
          .summary = summary,
          .required = required,
          .alpha = "authenticationReference",
          .example = example,
          .refers_to = "Authentication"};
}

Field concurrency(std::string_view summary, std::string_view otherwise) {
  return {.name = "concurrency",
          .type = FieldType::integer,
          .summary = summary,
          .default_value = otherwise,
          .example = "4",
          .minimum = 1,
          .implied = true};
}

/// What v1-alpha wrote into every account.
Field provider() {
  return {.name = "provider",
          .summary = "What works in it; known without being said",
          .example = "ShellScript",
          .only_alpha = true};
}

Field steps_at_a_time() {
  return concurrency("How many steps may work in it at the same time; left out: as many as the run allows", "");
}

std::vector<Field> unix_fields() {
  return {
      authentication("Name of the authentication to get in with; left out: as ssh's configuration says",
                     "deploy@web1.example.org"),
      {.name = "host",
       .summary = "Name or address, or a `Host` of ssh's configuration; left out: as the authentication's name says, "
                  "else the account's own name",
       .expressions = true,
       .example = "web1.example.org"},
      {.name = "port",
       .type = FieldType::integer,
       .summary = "Port of sshd; left out: as ssh's configuration says",
       .example = "2222",
       .minimum = 1},
      {.name = "proxyJump",
       .summary = "The host to go through: an account of this kind, or [user@]host[:port]",
       .expressions = true,
       .example = "bastion"},
      {.name = "hostKey",
       .summary = "The host's public key, so that nothing but that is trusted; left out: known_hosts decides",
       .expressions = true,
       .example = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPINNED"},
      {.name = "workDirectory",
       .summary = "Where scripts begin there; left out: in the home directory",
       .expressions = true,
       .example = "/srv/app"},
      {.name = "become", .summary = "The user to become there, with `sudo -n`", .expressions = true, .example = "root"},
      provider(),
      concurrency("How many steps may work there at the same time; sshd allows ten sessions unless told otherwise",
                  "8"),
  };
}

}  // namespace

const Kind& infrastructure_account_kind() {
  static const Kind kind{
      .name = "InfrastructureAccount",
      .group = "systems",
      .family = "Account",
      .alpha = true,
      .summary = "The machine that the tool runs on.",
      .manual = R"(
`deployment-host` is one that is always there without being written, in every environment. Tasks that name no account
run on it.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: InfrastructureAccount
metadata: {name: build-machine}
spec:
  authentication: no-auth
)",
      .fields =
          {
              provider(),
              {.name = "authentication",
               .summary = "Name of the Authentication to get in with",
               .alpha = "authenticationReference",
               .default_value = "no-auth",
               .example = "no-auth",
               .refers_to = "Authentication",
               .implied = true},
          },
      .host_name = true,
      .authentications = {"Authentication"},
  };
  return kind;
}

const Kind& unix_account_kind() {
  static const Kind kind{
      .name = "UnixInfrastructureAccount",
      .group = "systems",
      .family = "Account",
      .alpha = true,
      .summary = "Another machine, over SSH.",
      .manual = R"(
A task with such an account runs there, over OpenSSH's `ssh`, with the same promises as on this machine: see
"Hosts" in the manual. Whatever ssh's own configuration says (`Host`, agents, hardware keys, known_hosts) counts too.

The host's key is always checked: against `hostKey`, or else against known_hosts. `verba accounts test` shows who one is
there, and for a host whose key is not known its fingerprint and the line to add.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: UnixInfrastructureAccount
metadata: {name: web1}
spec:
  host: web1.example.org
  port: 2222
  workDirectory: /srv/app
  become: app
)",
      .fields = unix_fields(),
      .host_name = true,
      .authentications = {"UnixHostAuthentication", "SshHostBasedAuthenticationConfig",
                          "SshPrivateKeyBasedAuthenticationConfig", "SshCredentialsBasedAuthenticationConfig",
                          "Authentication"},
  };
  return kind;
}

const Kind& aws_account_kind() {
  static const Kind kind{
      .name = "AwsInfrastructureAccount",
      .group = "systems",
      .family = "Account",
      .alpha = true,
      .summary = "An account of Amazon Web Services.",
      .manual = R"(
`${{ account.id }}` and `${{ account.region }}` are what its tasks read of it. See "AWS" in the manual.

Who one is there is asked for (STS, GetCallerIdentity) by `verba accounts test`, and by every run before its first
change: where that is not `accountId`, nothing is done. A ShellScript with such an account runs on this machine, with
the account's credentials and region in its environment.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: AwsInfrastructureAccount
metadata: {name: website}
spec:
  region: eu-central-1
  accountId: "123456789012"
)",
      .fields =
          {
              authentication("Name of the Aws authentication to get in with; left out: AWS's own credential chain",
                             "website-deployer"),
              {.name = "region",
               .summary = "Region of its tasks; left out: as the authentication, AWS_REGION, AWS_DEFAULT_REGION or the "
                          "profile say",
               .expressions = true,
               .example = "eu-central-1"},
              {.name = "accountId",
               .summary = "The account that it must be, so that nothing is changed in another one",
               .expressions = true,
               .example = "\"123456789012\""},
              {.name = "endpointUrl",
               .summary = "Where the services are, in place of AWS's own places",
               .expressions = true,
               .example = "https://localhost:4566"},
              steps_at_a_time(),
              provider(),
          },
      .host_name = true,
      .authentications = {"AwsAuthentication", "AwsKeyBasedAuthentication", "AwsProfileBasedAuthentication",
                          "AwsAssumeRoleAuthentication"},
  };
  return kind;
}

const Kind& kubernetes_account_kind() {
  static const Kind kind{
      .name = "KubernetesInfrastructureAccount",
      .group = "systems",
      .family = "Account",
      .summary = "A cluster, or a namespace of one.",
      .manual = "\n",
      .example = R"(apiVersion: verbacratis/v1
kind: KubernetesInfrastructureAccount
metadata: {name: cluster}
spec:
  namespace: website
)",
      .fields =
          {
              authentication("Name of the authentication to get in with; left out: as kubectl would", "cluster-admin"),
              {.name = "namespace", .summary = "Namespace of its tasks", .example = "website"},
              steps_at_a_time(),
          },
      .host_name = true,
      .authentications = {"KubeconfigAuthentication", "KubernetesTokenAuthentication"},
  };
  return kind;
}

const Kind& cloud_account_kind() {
  static const Kind kind{
      .name = "CloudInfrastructureAccount",
      .group = "systems",
      .family = "Account",
      .summary = "An account of any other cloud, reached by tools that read environment variables.",
      .manual = R"(
A ShellScript with such an account runs on this machine, with the variables of the authentication in its environment.
`identity` is how `verba accounts test`, and every run before its first change, finds out who one is there.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: EnvironmentAuthentication
metadata: {name: azure-deployer}
spec:
  variables: {ARM_CLIENT_SECRET: "${{ secret('env:AZURE_SECRET') }}"}
---
apiVersion: verbacratis/v1
kind: CloudInfrastructureAccount
metadata: {name: azure}
spec:
  authentication: azure-deployer
  identity: az account show --query id --output tsv
)",
      .fields =
          {
              authentication("Name of the EnvironmentAuthentication to get in with", "azure-deployer", true),
              {.name = "identity",
               .summary = "A command line, for sh, that prints who one is there, and fails when one cannot get in",
               .example = "az account show --query id --output tsv"},
              steps_at_a_time(),
          },
      .host_name = true,
      .authentications = {"EnvironmentAuthentication"},
  };
  return kind;
}

}  // namespace verba
