// SPDX-License-Identifier: Apache-2.0
#include "manifest/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>
#include <variant>

#include "manifest/names.h"
#include "manifest/resolve.h"
#include "value/expr.h"

namespace verba {
namespace {

const List& written_rules(const Manifest& policy) {
  static const List none;
  const Value* rules = policy.spec.find("rules");
  return rules && rules->is_list() ? rules->list() : none;
}

/// What rules can read.
const std::vector<RootName>& rule_names() {
  static const std::vector<RootName> all = {
      {"change",
       {"address", "deployment", "task", "type", "account", "action", "reason", "temporary", "waits", "fields",
        "before", "after", "changes"}},
      {"environment", {"name", "labels"}},
      {"plan", {"command", "create", "update", "replace", "delete", "run", "keep", "move"}},
  };
  return all;
}

using Path = std::span<const Segment>;
using LookUp = std::variant<Found, NotFound>;

LookUp nothing_known(Path path) {
  return Found{Value(Unknown{}), path.size()};
}

/// Some value of the kind that is always there.
LookUp one_of_its_kind(Path path) {
  const std::string_view root = path[0].name, member = path[1].name;
  const bool is_any = member == "fields" || member == "changes" || member == "before" || member == "after";
  if (is_any || member == "labels") return nothing_known(path);
  if (root == "plan" && member != "command") return Found{Value(std::int64_t{1}), 2};
  if (member == "temporary" || member == "waits") return Found{Value(false), 2};
  return Found{Value(std::string(member)), 2};
}

Scope scope_of(LookUp (*lookup)(Path)) {
  Scope scope;
  scope.lookup = lookup;
  return scope;
}

class PolicyChecker {
 public:
  PolicyChecker(const Manifest& policy, Diagnostics& diagnostics) : policy_(policy), diagnostics_(diagnostics) {}

  void run() {
    for (const Value& rule : written_rules(policy_)) {
      if (!rule.is_map()) continue;
      doing_ = fmt::format("checking rule '{}' of Policy '{}'", text_of(rule, "name"), policy_.name);
      name(rule);
      verdict(rule);
      for (const std::string_view field : {"when", "deny", "warn", "message"}) {
        if (const Value* value = rule.find(field)) expression(*value, field != "message");
      }
    }
  }

 private:
  void name(const Value& rule) {
    const Value* name = rule.find("name");
    if (!name || !name->is_string()) return;
    const auto [first, is_new] = names_.emplace(name->string(), name->where);
    if (is_new) return;
    diagnostics_.add({Severity::error,
                      "manifest.duplicate-rule",
                      fmt::format("two rules of Policy '{}' are named '{}'", policy_.name, name->string()),
                      name->where,
                      {},
                      "give one of them another name",
                      {{"first defined here", first->second}}});
  }

  void verdict(const Value& rule) {
    const Value* deny = rule.find("deny");
    const Value* warn = rule.find("warn");
    if (deny && warn) {
      error("manifest.bad-value", "a rule has either 'deny' or 'warn', not both", warn->where,
            "make two rules of it, or remove one of them");
    } else if (!deny && !warn) {
      const Value* name = rule.find("name");
      error("manifest.missing-field", "'deny' or 'warn' is missing", name ? name->where : rule.where,
            "add what the rule is about, for example: deny: change.action == 'delete'");
    }
  }

  void expression(const Value& value, bool is_verdict) {
    const std::size_t before = diagnostics_.errors();
    names_in(value);
    const bool is_readable = value.is(Value::Kind::expression) || !is_verdict;  // else it was told what is wrong
    if (diagnostics_.errors() > before || !is_readable) return;
    Diagnostics mistakes;
    evaluate(value, scope_of(nothing_known), mistakes);
    for (Diagnostic mistake : mistakes.all()) {
      mistake.trail.push_back({doing_, {}});
      diagnostics_.add(std::move(mistake));
    }
    if (!is_verdict || mistakes.has_errors()) return;
    Diagnostics of_these_values;  // others may be no mistake
    const auto verdict = evaluate(value, scope_of(one_of_its_kind), of_these_values);
    if (verdict && !is_answer(*verdict)) diagnostics_.add(no_answer(value, doing_));
  }

  void names_in(const Value& value) {
    std::vector<const Reference*> references;
    collect_references(value, references);
    for (const Reference* reference : references) reads(*reference);
    std::vector<WorldCall> calls;
    collect_world_calls(value, calls);
    for (const WorldCall& call : calls) {
      error("expr.unavailable", fmt::format("{}() is not available in a rule", call.function), call.where,
            "what a rule says depends on the plan alone, so that it is the same for whoever looks at it");
    }
  }

  void reads(const Reference& reference) {
    const Segment& first = reference.path.front();
    const auto root = std::ranges::find(rule_names(), first.name, &RootName::name);
    if (root == rule_names().end()) {
      std::vector<std::string_view> names;
      for (const RootName& known : rule_names()) names.push_back(known.name);
      const std::string otherwise = fmt::format("rules can read {}; text goes into quotes", fmt::join(names, ", "));
      return error("manifest.unknown-name", fmt::format("nothing is named '{}' in a rule", first.name), first.where,
                   did_you_mean(first.name, names, otherwise));
    }
    if (reference.path.size() < 2 || reference.path[1].computed) {
      return error("manifest.unknown-name", fmt::format("'{}' alone is no value", root->name), reference.where,
                   fmt::format("it has {}", fmt::join(root->members, ", ")));
    }
    if (const auto wrong = missing_member(reference, *root)) {
      error("manifest.unknown-name", wrong->message, wrong->where, wrong->hint);
    }
  }

  void error(std::string_view code, std::string message, Where where, std::string hint) {
    report(diagnostics_, code, std::move(message), where, std::move(hint), doing_);
  }

  const Manifest& policy_;
  Diagnostics& diagnostics_;
  std::map<std::string_view, Where> names_;
  std::string doing_;
};

}  // namespace

std::vector<Rule> rules_of(const Manifest& policy) {
  std::vector<Rule> rules;
  for (const Value& written : written_rules(policy)) {
    Rule rule{text_of(written, "name"), written.find("when"), written.find("deny"), written.find("message"), true};
    if (!rule.verdict) {
      rule.verdict = written.find("warn");
      rule.denies = false;
    }
    if (rule.verdict) rules.push_back(rule);
  }
  return rules;
}

bool is_answer(const Value& verdict) {
  return verdict.is_unknown() || verdict.is(Value::Kind::boolean);
}

Diagnostic no_answer(const Value& condition, std::string doing) {
  return {Severity::error,
          "policy.wrong-type",
          "a rule must give true or false, and this does not",
          condition.where,
          {{std::move(doing), {}}},
          "compare with something, for example: change.action == 'delete'",
          {}};
}

void check_policy(const Manifest& policy, Diagnostics& diagnostics) {
  PolicyChecker(policy, diagnostics).run();
}

}  // namespace verba
