// SPDX-License-Identifier: Apache-2.0
#include "manifest/login_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "aws/secret_name.h"
#include "base/diagnostic.h"
#include "manifest/accounts.h"
#include "manifest/aws_accounts.h"
#include "manifest/resolve.h"

namespace verba {
namespace {

std::string accounts_of_aws(const Model& model) {
  std::string names;
  for (const Account& account : model.accounts) {
    if (is_aws(account.kind->name)) names += (names.empty() ? "" : ", ") + account.name;
  }
  return names.empty() ? "there is none" : "there are: " + names;
}

/// Surroundings in which nobody is asked; what they would be asked for is noted.
Surroundings looking_only(const Surroundings& surroundings, std::vector<LoginSecret>& asked) {
  Surroundings looking = surroundings;
  looking.secret = [&asked](const SecretQuestion& question) -> TextAnswer {
    if (read_aws_secret(question.reference)) asked.push_back({question.account, question.where});
    return Unknown{};
  };
  looking.script = [](const Manifest&) -> TextAnswer { return Unknown{}; };
  looking.file = [](const std::string&) { return NotFound{"files are not read here", ""}; };
  return looking;
}

/// Of accounts that need one another's secrets: which need which, and where that is written.
class Circles {
 public:
  explicit Circles(const Model& model) : model_(model) {}

  void add(const Account& user, const LoginSecret& secret) {
    if (secret.account != nullptr) edges_.push_back({id_of(user), id_of(*secret.account), secret.where});
  }

  void report(Diagnostics& diagnostics) {
    for (auto cycle = find(); !cycle.empty(); cycle = find()) {
      Diagnostic finding{Severity::error,
                         "manifest.cycle",
                         "getting into these accounts takes secrets of one another: ",
                         {},
                         {},
                         {},
                         {}};
      for (std::size_t i = 0; i < cycle.size(); ++i) {
        const Edge& edge = edge_of(cycle[i], cycle[(i + 1) % cycle.size()]);
        finding.message += name(edge.user) + " -> ";
        finding.related.push_back(
            {fmt::format("{} needs a secret of {}", name(edge.user), name(edge.keeper)), edge.where});
      }
      finding.message += name(cycle.front());
      finding.where = finding.related.front().where;
      finding.hint = "one of them has to be got into without";
      diagnostics.add(std::move(finding));
      std::erase_if(edges_, [&](const Edge& edge) { return std::ranges::find(cycle, edge.user) != cycle.end(); });
    }
  }

 private:
  struct Edge {
    NodeId user = 0;
    NodeId keeper = 0;
    Where where;
  };

  NodeId id_of(const Account& account) const { return static_cast<NodeId>(&account - model_.accounts.data()); }
  const std::string& name(NodeId id) const { return model_.accounts[id].name; }
  std::vector<NodeId> find() const {
    std::vector<Graph::Edge> edges;
    for (const Edge& edge : edges_) edges.emplace_back(edge.user, edge.keeper);
    return find_cycle(Graph(model_.accounts.size(), std::move(edges)));
  }
  const Edge& edge_of(NodeId user, NodeId keeper) const {
    return *std::ranges::find_if(edges_, [&](const Edge& edge) { return edge.user == user && edge.keeper == keeper; });
  }

  const Model& model_;
  std::vector<Edge> edges_;
};

}  // namespace

std::variant<const Account*, NotFound> account_of_secret(const Model& model, const std::string& reference) {
  const std::optional<AwsSecretName> name = read_aws_secret(reference);
  if (!name) return nullptr;
  if (!name->mistake.empty()) return NotFound{.message = name->mistake, .hint = name->hint, .mistaken = true};
  if (name->account.empty()) return nullptr;
  auto found = account_or_role(model, name->account);
  if (const auto* account = std::get_if<const Account*>(&found); account && !is_aws((*account)->kind->name)) {
    return NotFound{.message = fmt::format("'{}' is of kind {}, by which no secret of AWS can be asked for",
                                           name->account, (*account)->kind->name),
                    .hint = "name an AwsInfrastructureAccount; " + accounts_of_aws(model),
                    .mistaken = true};
  }
  return found;
}

std::variant<AwsPlace, NotFound> place_of_secret(const Model& model, const Account& account,
                                                 const Surroundings& surroundings) {
  Diagnostics mistakes;
  if (std::optional<AwsPlace> place = aws_place(model, account, surroundings, mistakes)) return *std::move(place);
  const auto all = mistakes.all();
  const auto first = std::ranges::find(all, Severity::error, &Diagnostic::severity);
  const bool is_mistaken = first->code == mistaken_code;
  return NotFound{fmt::format("the credentials of {}: {}", account.name, first->message), first->hint, !is_mistaken,
                  is_mistaken};
}

std::vector<LoginSecret> login_secrets(const Model& model, const Account& account, const Surroundings& surroundings,
                                       Diagnostics& diagnostics) {
  std::vector<LoginSecret> asked;
  const Surroundings looking = looking_only(surroundings, asked);
  Diagnostics found;
  const Authentication* at = account.authentication ? &*account.authentication : nullptr;
  for (; at != nullptr; at = at->source.get()) {
    for (const Field& field : at->kind->fields) {
      if (field.secret) secret_of(model, *at, field.name, looking, found);
    }
  }
  for (const Diagnostic& one : found.all()) {
    if (one.code == mistaken_code) diagnostics.add(one);
  }
  return asked;
}

void resolve_login_secrets(Resolution& resolution) {
  Circles circles(resolution.model);
  std::set<std::pair<SourceId, std::uint32_t>> told;  // several accounts may get in by the same authentication
  for (const Account& account : resolution.model.accounts) {
    Diagnostics found;
    for (const LoginSecret& secret : login_secrets(resolution.model, account, resolution.surroundings, found)) {
      circles.add(account, secret);
    }
    for (const Diagnostic& one : found.all()) {
      if (told.emplace(one.where.source, one.where.begin).second) resolution.diagnostics.add(one);
    }
  }
  circles.report(resolution.diagnostics);
}

}  // namespace verba
