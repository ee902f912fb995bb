// SPDX-License-Identifier: Apache-2.0
// Who we are in the accounts.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/session.h"
#include "run/hosts.h"

namespace verba {

/// The manifests resolved for the chosen environment, for commands that need no state. Throws Exit after mistakes.
Model& resolved(Call&, const Surroundings&);

/// By a role of the environment, or by name. Throws Error(usage) with "did you mean".
const Account& require_account(const Model&, const std::string& name);

/// While this lives, whoever sits at the terminal is asked for the codes of MFA that secrets of AWS take: where
/// expressions are evaluated and nothing is under way. Borrows the call.
class CodesOfSecrets {
 public:
  explicit CodesOfSecrets(Call&);
  ~CodesOfSecrets();
  CodesOfSecrets(const CodesOfSecrets&) = delete;
  CodesOfSecrets& operator=(const CodesOfSecrets&) = delete;

 private:
  struct Terminal;
  std::shared_ptr<AwsLogins> logins_;
  std::unique_ptr<Terminal> terminal_;
};

/// Gets into all of them; Ctrl-C breaks it off (Interrupted). On a terminal, whoever sits there is asked for codes of
/// MFA. `meanwhile` is called every few seconds.
std::vector<Identity> identify(Call&, Hosts&, const std::vector<Account>&, const std::function<void()>& meanwhile = {});

/// Gets into those of them that take such a code, on a terminal: before anything is done there that has limits of time,
/// and hands Ctrl-C on to nobody.
std::vector<Identity> identify_by_code(Call&, Hosts&, std::vector<Account>,
                                       const std::function<void()>& meanwhile = {});

/// Prints why those that are not good cannot be got into. True when there are any.
bool tell_unreachable(Call&, const std::vector<Identity>&);

/// The same as notes, where things go on without them.
void note_unreachable(Call&, const std::vector<Identity>&);

/// Before the first change: throws Exit when one of them cannot be got into; all of those printed. Hosts that the plan
/// can do without are a note: their steps will fail.
void require_identities(Call&, Hosts&, const std::vector<Account>&, const Plan&,
                        const std::function<void()>& meanwhile);

}  // namespace verba
