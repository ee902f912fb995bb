// SPDX-License-Identifier: Apache-2.0
// From accounts to places where commands run. Each account is got into once, when it is first needed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/account.h"
#include "aws/aws_executor.h"
#include "aws/logins.h"
#include "manifest/accounts.h"
#include "manifest/model.h"
#include "manifest/resource.h"
#include "os/executor.h"
#include "os/ssh/connections.h"
#include "plan/plan.h"
#include "state/store.h"

namespace verba {

/// Who one is in an account, or why one cannot get in.
struct Identity {
  std::string account;
  std::string kind;
  std::string place;       ///< "deploy@web1 port 22"
  bool good = false;       ///< one gets in
  std::string who;         ///< "deploy on web1"
  std::string why;         ///< when not good
  std::string hint;        ///< when not good
  std::string lacks = {};  ///< when good: why its tasks cannot begin there yet
};

/// Borrows all it is made of. Connections are closed by the destructor. One thread.
class Hosts {
 public:
  Hosts(System& system, const Model& model, const Surroundings& surroundings);
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;
  ~Hosts();

  /// Told of every credential as soon as it is known, and at once of those that are, so that none is ever shown.
  void on_secret(std::function<void(const Value&)> keep);

  /// Where the commands of a resource run: as its account says now; as was recorded, when that is gone from the
  /// manifests, or is another account of AWS by now; in the region that was recorded. Throws Error(manifest) when a
  /// credential cannot be had. Lives as long as this.
  Executor& of(const Resource&);
  Executor& of(const Account&);
  /// The account of a resource, when that is one of AWS; else null. Throws and lives as above.
  AwsAccount* aws(const Resource&);
  /// The region that a resource is in, as far as somebody has got into its account of AWS; else "".
  std::string region(const Resource&) const;
  /// How many steps may work in the account at a time; 0: any number.
  std::size_t limit(const std::string& account) const;

  /// How to ask a person, while somebody gets in: see AwsLogins::on_question.
  AwsLogins::Question on_question(AwsLogins::Question ask);
  /// Does a person have to be asked, to get into it or for a secret that this takes?
  bool asks_for_code(const Account&);

  /// Gets into all of them, side by side, and asks who one is there. Changes nothing.
  std::vector<Identity> identify(const std::vector<Account>& accounts, Stop& stop);

 private:
  /// An account of AWS, and where commands with its credentials run.
  struct AwsHost {
    AwsHost(AwsLogins& logins, AwsPlace place, Executor& here)
        : account(logins, std::move(place)), executor(here, account) {}
    AwsAccount account;
    AwsExecutor executor;
  };
  Account account_of(const Resource&) const;
  AwsHost& aws_host(const Account&);
  static std::string key_of(const Account&);  ///< of one of AWS: its name, and where it is
  std::unique_ptr<Executor> make(const Account&);
  void keep(const Value& secret);
  Async<Identity> ask_aws(Account account, Stop& stop);
  Async<Identity> ask(const Account& account, Stop& stop);

  System& system_;
  const Model& model_;
  const Surroundings& surroundings_;
  std::function<void(const Value&)> keep_secret_;
  std::vector<Value> secrets_;
  SshConnections connections_;
  LocalExecutor here_;
  std::map<std::string, std::unique_ptr<Executor>> others_;  ///< by account
  std::shared_ptr<AwsLogins> logins_;                        ///< those of the surroundings, where these have some
  std::map<std::string, std::unique_ptr<AwsHost>> aws_;      ///< by account and place
};

/// The accounts of all steps that call a provider, sorted by name: as the model says; of those that it does not know,
/// as was recorded last, of whatever is there. This machine is not among them.
std::vector<Account> accounts_of(const Plan&, const Model&, const Snapshot&, Store&);
/// Those of records, likewise.
std::vector<Account> accounts_of(const std::vector<const Record*>&, const Model&, Store&);

}  // namespace verba
