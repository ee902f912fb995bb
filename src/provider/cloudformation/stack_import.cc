// SPDX-License-Identifier: Apache-2.0
//
// What a stack does not make, but takes in: resources that are out there already. That is an operation of its own,
// which comes before the update with all the rest.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "provider/cloudformation/import_template.h"
#include "provider/cloudformation/stack_work.h"
#include "provider/ending.h"

namespace verba {
namespace {

std::string logical_names(const std::vector<WantedImport>& imports) {
  std::vector<std::string> names;
  for (const WantedImport& one : imports) names.push_back(one.logical);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

/// Those of the imports that are not in the stack yet.
Async<std::optional<Outcome>> StackWork::find_imports(const WantedStack& wanted, std::vector<WantedImport>* missing) {
  std::set<std::string> there;
  std::string next;
  while (before_ && !wanted.imports.empty()) {
    Variables parameters{{"StackName", before_->id}};
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call_stacks(account_, "ListStackResources", std::move(parameters), limit_.stop());
    const AwsAnswer answer = co_await asking;
    if (answer.failure) co_return failed_call(*answer.failure, "the resources of the stack " + wanted.name);
    for (const Value& resource : list_at(answer.value, {"StackResourceSummaries"})) {
      if (text_at(resource, {"ResourceStatus"}) != "DELETE_COMPLETE") {
        there.insert(text_at(resource, {"LogicalResourceId"}));
      }
    }
    next = text_at(answer.value, {"NextToken"});
    if (next.empty()) break;
  }
  for (const WantedImport& one : wanted.imports) {
    if (!there.contains(one.logical)) missing->push_back(one);
  }
  co_return std::nullopt;
}

Async<std::optional<Outcome>> StackWork::import(const WantedStack& wanted, Way* way) {
  std::vector<WantedImport> missing;
  Async<std::optional<Outcome>> finding = find_imports(wanted, &missing);
  std::optional<Outcome> outcome = co_await finding;
  if (outcome || missing.empty()) co_return outcome;
  const std::string doing = fmt::format("importing {} into the stack {}", logical_names(missing), wanted.name);
  std::string now;
  if (before_) {
    Async<AwsAnswer> asking = call_stacks(account_, "GetTemplate",
                                          {{"StackName", before_->id}, {"TemplateStage", "Original"}}, limit_.stop());
    const AwsAnswer answer = co_await asking;
    if (answer.failure) co_return failed_call(*answer.failure, doing);
    now = text_at(answer.value, {"TemplateBody"});
  }
  std::variant<std::string, BadStack> body = import_template(now, wanted.body, missing);
  if (const BadStack* bad = std::get_if<BadStack>(&body)) co_return Outcome(failed_for_good(bad->message, bad->hint));
  WantedStack part = import_of(wanted, std::get<std::string>(std::move(body)), !before_);
  std::string url;
  Async<std::optional<Outcome>> storing = store(&part, &url);
  outcome = co_await storing;
  if (outcome) co_return outcome;
  Async<AwsAnswer> asking = call_stacks(
      account_, "GetTemplateSummary",
      {url.empty() ? Variables::value_type{"TemplateBody", part.body} : Variables::value_type{"TemplateURL", url}},
      limit_.stop());
  const AwsAnswer summary = co_await asking;
  if (summary.failure) co_return failed_call(*summary.failure, doing);
  std::variant<Variables, BadStack> resources = resources_to_import(summary.value, missing);
  if (const BadStack* bad = std::get_if<BadStack>(&resources)) {
    co_return Outcome(failed_for_good(bad->message, bad->hint));
  }
  part.more = std::get<Variables>(std::move(resources));
  Proposal proposal;
  Async<std::optional<Outcome>> proposing = propose(part, Way::import, std::move(url), &proposal);
  outcome = co_await proposing;
  if (outcome) co_return outcome;
  for (const std::string& change : proposal.changes) log(change);
  Async<Outcome> carrying = carry_out(part, proposal);
  Outcome imported = co_await carrying;
  if (!std::holds_alternative<Succeeded>(imported)) co_return imported;
  Async<std::optional<Outcome>> preparing = prepare(wanted, proposal.stack, way);
  outcome = co_await preparing;
  co_return outcome;
}

}  // namespace verba
