// SPDX-License-Identifier: Apache-2.0
// What accounts and their authentications mean: to which machine they lead, and what they give to tools.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "manifest/model.h"
#include "os/executor.h"
#include "os/ssh/target.h"

namespace verba {

/// What a UnixInfrastructureAccount says besides how to get in.
struct UnixPlace {
  std::string work_directory;
  std::string become;
};

/// Adds what is wrong with an account that was resolved: names that are none, keys that are none, circles of proxyJump.
void check_account(const Model&, const Account&, Diagnostics&);

/// How to get to a machine. Secrets are asked for here: mistakes become diagnostics, and then there is nothing.
/// REQUIRES: the account is of kind UnixInfrastructureAccount and check_account() found nothing.
std::shared_ptr<const SshTarget> ssh_target(const Model&, const Account&, const Surroundings&, Diagnostics&);
UnixPlace unix_place(const Account&);
/// "deploy@web1.example.org port 2222", "123456789012 in eu-central-1", for people; asks for nothing. "" of what says
/// none.
std::string place_of(const Account&);

/// The value of a secret field, asked for now. Nothing when it is not written, or after a mistake.
std::optional<Value> secret_of(const Model&, const Authentication&, std::string_view field, const Surroundings&,
                               Diagnostics&);

/// What tools get in their environment to work in the account; all of it secret. Nothing after a mistake.
std::optional<Map> tool_variables(const Model&, const Account&, const Surroundings&, Diagnostics&);

/// How many steps may work in it at a time; 0: no limit of its own.
std::size_t concurrency_of(const Account&);

/// What is recorded of an account, for when its manifest is gone: all but secrets, with the accounts through which it
/// is got into (proxyJump). And back.
Value described(const Model&, const Account&);
Account described_account(const std::string& name, const std::string& kind, const Value& description);

/// Of two accounts of one name: what says that they are not one place ("region", "accountId"); "": nothing, as far as
/// both are written.
std::string_view moved_by(const Account& then, const Account& now);

/// Null when the model has none of that name.
const Account* find_account(const Model&, std::string_view name);
/// By a role of the environment, else by name; or what to say of a name that is neither.
std::variant<const Account*, NotFound> account_or_role(const Model&, const std::string& name);

}  // namespace verba
