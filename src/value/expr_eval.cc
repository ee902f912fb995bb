// SPDX-License-Identifier: Apache-2.0
// Walks the tree of an expression. A mistake is remembered in the Evaluation and comes back as nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "value/expr_functions.h"
#include "value/json.h"

namespace verba {

using Op = ExprNode::Op;
using Kind = Value::Kind;

namespace {

class Evaluator {
 public:
  explicit Evaluator(Evaluation& evaluation) : evaluation_(evaluation), scope_(evaluation.scope()) {}

  std::optional<Value> run(const Template& text) {
    std::optional<Value> result = text.whole() ? value(*text.parts().front()) : joined(text);
    if (result) result->where = text.where();
    return result;
  }

 private:
  static std::optional<Value> with_taint(std::optional<Value> result, bool secret) {
    if (secret && result) make_secret(*result);
    return result;
  }

  std::optional<Value> joined(const Template& text) {
    std::string out;
    bool secret = false;
    bool unknown = false;
    for (const NodePtr& part : text.parts()) {
      std::optional<Value> found = value(*part);
      if (!found) return std::nullopt;
      secret |= found->secret;
      unknown |= found->is_unknown();
      if (!unknown && !append(*found, *part, out)) return std::nullopt;
    }
    if (unknown) return with_taint(Unknown{}, secret);
    return with_taint(std::move(out), secret);
  }

  bool append(const Value& part, const ExprNode& node, std::string& out) {
    std::string_view hint;
    switch (part.kind()) {
      case Kind::string:
        out += part.string();
        return evaluation_.spend_text(part.string().size(), node.where);
      case Kind::boolean:
      case Kind::integer:
      case Kind::real:
        out += to_json(part, SecretsAs::clear);
        return true;
      case Kind::list:
      case Kind::map:
        hint = "jsonEncode() makes text of it, join() of a list";
        break;
      case Kind::null:
        hint = "default(x, '') makes an empty text of it";
        break;
      default:
        break;
    }
    evaluation_.fail("expr.type", fmt::format("{} cannot stand inside a text", describe(part)), node.where,
                     std::string(hint));
    return false;
  }

  std::optional<Value> value(const ExprNode& node) {
    if (!evaluation_.spend_steps(1, node.where)) return std::nullopt;
    switch (node.op) {
      case Op::text:
      case Op::literal:
        return node.value;
      case Op::list:
        return list(node);
      case Op::map:
        return map(node);
      case Op::name:
      case Op::member:
      case Op::index:
        return path(node);
      case Op::call:
        return call(node);
      case Op::negate:
      case Op::invert:
        return unary(node);
      case Op::both:
      case Op::either:
        return logical(node);
      case Op::choose:
        return choose(node);
      default:
        return binary(node);
    }
  }

  std::optional<Value> list(const ExprNode& node) {
    List items;
    items.reserve(node.children.size());
    for (const NodePtr& child : node.children) {
      std::optional<Value> item = value(*child);
      if (!item) return std::nullopt;
      items.push_back(*std::move(item));
    }
    return items;
  }

  std::optional<Value> map(const ExprNode& node) {
    Map entries;
    entries.reserve(node.children.size() / 2);
    for (std::size_t i = 0; i < node.children.size(); i += 2) {
      const ExprNode& key = *node.children[i];
      std::optional<Value> item = value(*node.children[i + 1]);
      if (!item) return std::nullopt;
      entries.append(Key{key.name(), key.where}, *std::move(item));
    }
    return entries;
  }

  // Paths.

  std::optional<Value> path(const ExprNode& node) {
    std::vector<const ExprNode*> steps;
    for (const ExprNode* step = &node;; step = step->children[0].get()) {
      steps.push_back(step);
      if (step->op != Op::member && step->op != Op::index) break;
    }
    std::reverse(steps.begin(), steps.end());
    std::vector<Segment> segments;
    for (const ExprNode* step : steps) {
      bool unknown = false;
      if (!segment(*step, segments, unknown)) return std::nullopt;
      if (unknown) return Unknown{};
    }
    std::size_t consumed = 1;
    std::optional<Value> found = steps[0]->op == Op::name ? look_up(node, segments, consumed) : value(*steps[0]);
    for (std::size_t i = consumed; found && i < segments.size(); ++i) {
      found = member(*std::move(found), segments[i], *steps[i - 1]);
    }
    return found;
  }

  bool segment(const ExprNode& step, std::vector<Segment>& segments, bool& unknown) {
    Segment& segment = segments.emplace_back();
    segment.where = step.value.where;
    if (step.value.is_string()) segment.name = step.name();
    if (step.op != Op::index) return true;
    const ExprNode& at = *step.children[1];
    segment.where = at.where;
    std::optional<Value> index = value(at);
    if (!index) return false;
    if (index->secret) {
      // Every message about a path names its parts.
      evaluation_.fail("expr.type", "a secret cannot be an index", at.where);
      return false;
    }
    unknown = index->is_unknown();
    if (index->is_string())
      segment.name = index->string();
    else if (index->is(Kind::integer))
      segment.index = index->integer();
    else if (!unknown) {
      evaluation_.fail("expr.type", fmt::format("an index is a number or a string, not {}", describe(*index)),
                       at.where);
      return false;
    }
    return true;
  }

  std::optional<Value> look_up(const ExprNode& node, const std::vector<Segment>& segments, std::size_t& consumed) {
    if (!scope_.lookup) {
      return evaluation_.fail("expr.unavailable",
                              fmt::format("no name can be used here, so '{}' cannot", segments[0].name), node.where);
    }
    auto answer = scope_.lookup(segments);
    if (auto* missing = std::get_if<NotFound>(&answer)) {
      missing->hint = minus_hint(segments, std::move(missing->hint));
      return evaluation_.fail_not_found(std::move(*missing), node.where);
    }
    Found& found = std::get<Found>(answer);
    consumed = std::clamp<std::size_t>(found.consumed, 1, segments.size());
    if (!evaluation_.spend_steps(cost(found.value), node.where)) return std::nullopt;
    return std::move(found.value);
  }

  /// `vars.count-1` is one name: whoever wanted to subtract is told.
  static std::string minus_hint(const std::vector<Segment>& segments, std::string hint) {
    for (const Segment& segment : segments) {
      std::size_t minus = segment.name.find('-');
      if (minus == std::string::npos || !hint.empty()) continue;
      return fmt::format("to subtract, write spaces around '-'");
    }
    return hint;
  }

  /// `of` is what `holder` stands for.
  std::optional<Value> member(Value of, const Segment& segment, const ExprNode& holder) {
    bool secret = of.secret;
    if (of.is_unknown()) return of;
    if (of.is_null()) {
      return evaluation_.fail_not_found(
          {fmt::format("this is null and has no {}", shown(segment)), "default(x, y) puts y in its place"},
          holder.where);
    }
    if (of.is_list() && segment.index) return element(std::move(of), segment);
    if (of.is_map() && !segment.index) return entry(std::move(of), segment);
    std::string hint;
    if (of.is_list()) hint = "elements of a list are taken by number: [0] is the first";
    if (of.is_map()) hint = "members of a map are taken by name";
    if (secret) hint.clear();
    return evaluation_.fail("expr.type", fmt::format("{} has no {}", describe(of), shown(segment)), segment.where,
                            hint);
  }

  static std::string shown(const Segment& segment) {
    return segment.index ? fmt::format("element [{}]", *segment.index) : fmt::format("member '{}'", segment.name);
  }

  std::optional<Value> element(Value of, const Segment& segment) {
    List& items = of.list();
    if (*segment.index < 0 || static_cast<std::uint64_t>(*segment.index) >= items.size()) {
      return evaluation_.fail_not_found(
          {fmt::format("there is no element [{}] in a list of {}", *segment.index, items.size()), {}}, segment.where);
    }
    return with_taint(std::move(items[static_cast<std::size_t>(*segment.index)]), of.secret);
  }

  std::optional<Value> entry(Value of, const Segment& segment) {
    if (Value* found = of.map().find(segment.name)) return with_taint(std::move(*found), of.secret);
    std::string hint;
    if (!of.secret) hint = known_members(of.map(), segment.name);
    return evaluation_.fail_not_found({fmt::format("the map has no member '{}'", segment.name), std::move(hint)},
                                      segment.where);
  }

  static std::string known_members(const Map& map, std::string_view wanted) {
    std::vector<std::string_view> names;
    for (const Map::Entry& entry : map) names.push_back(entry.first.name);
    std::sort(names.begin(), names.end());
    std::string known = names.empty() ? "it is empty" : "it has: ";
    for (std::size_t i = 0; i < names.size() && i < 8; ++i) known += fmt::format("{}{}", i ? ", " : "", names[i]);
    if (names.size() > 8) known += fmt::format(" and {} more", names.size() - 8);
    return did_you_mean(wanted, names, known);
  }

  // Calls.

  std::optional<Value> call(const ExprNode& node) {
    const FunctionRow& row = *find_function(node.name());
    if (!row.run) return or_default(node);
    std::vector<Value> arguments;
    bool secret = false;
    bool unknown = false;
    for (const NodePtr& child : node.children) {
      std::optional<Value> argument = value(*child);
      if (!argument) return std::nullopt;
      if (!evaluation_.spend_steps(cost(*argument), node.where)) return std::nullopt;
      secret |= row.shallow ? argument->secret : has_secret(*argument);
      unknown |= row.shallow ? argument->is_unknown() : has_unknown(*argument);
      arguments.push_back(*std::move(argument));
    }
    if (unknown) return with_taint(Unknown{}, secret);
    Call call{evaluation_, node, arguments};
    std::optional<Value> result = row.run(call);
    if (result && secret) make_secret(*result);
    return result;
  }

  std::optional<Value> or_default(const ExprNode& node) {
    std::optional<Value> first = value(*node.children[0]);
    if (!first && !evaluation_.not_found()) return std::nullopt;
    if (first && !first->is_null()) return first;
    if (!first) evaluation_.forgive();
    std::optional<Value> second = value(*node.children[1]);
    if (second && first && first->secret) make_secret(*second);
    return second;
  }

  // Operators.

  std::optional<Value> unary(const ExprNode& node) {
    std::optional<Value> operand = value(*node.children[0]);
    if (!operand || operand->is_unknown()) return operand;
    bool secret = operand->secret;
    return with_taint(operate(evaluation_, node, *operand), secret);
  }

  /// An operand of && || ?: as a truth; nothing if it is none. Unknown counts as one.
  std::optional<Value> truth(const ExprNode& node, const ExprNode& child) {
    std::optional<Value> found = value(child);
    if (!found || found->is_unknown() || found->is(Kind::boolean)) return found;
    return evaluation_.fail("expr.type",
                            fmt::format("'{}' wants true or false, not {}", sign_of(node.op), describe(*found)),
                            child.where, "compare it: x != '' or x != null");
  }

  std::optional<Value> logical(const ExprNode& node) {
    bool decisive = node.op == Op::either;
    std::optional<Value> left = truth(node, *node.children[0]);
    if (!left) return std::nullopt;
    if (left->is(Kind::boolean) && left->boolean() == decisive) return left;
    std::optional<Value> right = truth(node, *node.children[1]);
    bool secret = left->secret || (right && right->secret);
    if (left->is_unknown()) {
      // The right side counts only if it decides alone; it may be a mistake just because the left is not known yet.
      if (right && right->is(Kind::boolean) && right->boolean() == decisive) return with_taint(decisive, secret);
      evaluation_.forgive();
      return with_taint(Unknown{}, secret);
    }
    if (!right) return std::nullopt;
    return with_taint(*std::move(right), secret);
  }

  std::optional<Value> choose(const ExprNode& node) {
    std::optional<Value> condition = truth(node, *node.children[0]);
    if (!condition || condition->is_unknown()) return condition;
    std::optional<Value> chosen = value(*node.children[condition->boolean() ? 1 : 2]);
    if (chosen && condition->secret) make_secret(*chosen);
    return chosen;
  }

  std::optional<Value> binary(const ExprNode& node) {
    std::optional<Value> left = value(*node.children[0]);
    if (!left) return std::nullopt;
    std::optional<Value> right = value(*node.children[1]);
    if (!right) return std::nullopt;
    if (!evaluation_.spend_steps(cost(*left) + cost(*right), node.where)) return std::nullopt;
    bool secret = has_secret(*left) || has_secret(*right);
    if (left->is_unknown() || right->is_unknown()) return with_taint(Unknown{}, secret);
    // A list that is put together keeps its secrets where they are.
    if (node.op == Op::add && left->is_list() && right->is_list()) {
      return concatenation(*std::move(left), *std::move(right));
    }
    return with_taint(operate(evaluation_, node, *left, *right), secret);
  }

  static Value concatenation(Value left, Value right) {
    bool secret = left.secret || right.secret;
    List items = std::move(left.list());
    items.insert(items.end(), std::make_move_iterator(right.list().begin()),
                 std::make_move_iterator(right.list().end()));
    return *with_taint(std::move(items), secret);
  }

  Evaluation& evaluation_;
  const Scope& scope_;
};

/// Replaces the expressions in `value`; false if one was a mistake. Goes on to find the others.
bool replace(Value& value, Evaluation& evaluation, Diagnostics& diagnostics) {
  if (value.is_expression()) {
    std::optional<Value> result = Evaluator(evaluation).run(value.expression());
    if (!result) {
      diagnostics.add(evaluation.take_mistake());
      return false;
    }
    if (value.secret) make_secret(*result);
    result->plain = false;
    value = *std::move(result);
    return true;
  }
  bool good = true;
  if (value.is_list()) {
    for (Value& item : value.list()) good &= replace(item, evaluation, diagnostics);
  } else if (value.is_map()) {
    for (Map::Entry& entry : value.map()) good &= replace(entry.second, evaluation, diagnostics);
  }
  return good;
}

}  // namespace

std::optional<Value> evaluate(const Value& value, const Scope& scope, Diagnostics& diagnostics) {
  Evaluation evaluation(scope);
  Value result = value;
  if (!replace(result, evaluation, diagnostics)) return std::nullopt;
  return result;
}

std::optional<Value> evaluate(const Template& text, const Scope& scope, Diagnostics& diagnostics) {
  Evaluation evaluation(scope);
  std::optional<Value> result = Evaluator(evaluation).run(text);
  if (!result) diagnostics.add(evaluation.take_mistake());
  return result;
}

}  // namespace verba
