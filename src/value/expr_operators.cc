// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "value/expr_functions.h"

namespace verba {

using Op = ExprNode::Op;
using Kind = Value::Kind;

std::string_view sign_of(Op op) {
  switch (op) {
    case Op::add:
      return "+";
    case Op::subtract:
      return "-";
    case Op::multiply:
      return "*";
    case Op::divide:
      return "/";
    case Op::remainder:
      return "%";
    case Op::less:
      return "<";
    case Op::less_equal:
      return "<=";
    case Op::greater:
      return ">";
    case Op::greater_equal:
      return ">=";
    case Op::both:
      return "&&";
    case Op::either:
      return "||";
    case Op::invert:
      return "!";
    case Op::negate:
      return "-";
    default:
      return "?";
  }
}

namespace {

bool is_number(const Value& value) {
  return value.is(Kind::integer) || value.is(Kind::real);
}
double as_real(const Value& value) {
  return value.is(Kind::integer) ? static_cast<double>(value.integer()) : value.real();
}

std::nullopt_t overflow(Evaluation& evaluation, const ExprNode& node) {
  return evaluation.fail("expr.overflow", "the result does not fit in 64 bits", node.where,
                         "write a number with a point to work with reals: 1.0 * x");
}

std::nullopt_t by_zero(Evaluation& evaluation, const ExprNode& node) {
  return evaluation.fail("expr.division", "this divides by zero", node.children[1]->where,
                         "ask first: n == 0 ? 0 : x / n");
}

std::optional<Value> compare(Evaluation& evaluation, const ExprNode& node, const Value& left, const Value& right) {
  int order = 0;
  if (left.is_string() && right.is_string()) {
    order = left.string().compare(right.string());
  } else if (left.is(Kind::integer) && right.is(Kind::integer)) {
    order = left.integer() < right.integer() ? -1 : left.integer() > right.integer();
  } else if (is_number(left) && is_number(right)) {
    order = as_real(left) < as_real(right) ? -1 : as_real(left) > as_real(right);
  } else {
    return evaluation.fail("expr.type",
                           fmt::format("'{}' compares two numbers or two strings, not {} and {}", sign_of(node.op),
                                       describe(left), describe(right)),
                           node.where, "both sides must be of one kind; '==' compares anything");
  }
  if (node.op == Op::less) return order < 0;
  if (node.op == Op::less_equal) return order <= 0;
  if (node.op == Op::greater) return order > 0;
  return order >= 0;
}

std::optional<Value> is_in(Evaluation& evaluation, const ExprNode& node, const Value& item, const Value& in) {
  if (in.is_list()) {
    std::optional<bool> found = holds(in.list(), item);
    if (!found) return Unknown{};
    return *found;
  }
  if (in.is_map() && item.is_string()) return in.map().find(item.string()) != nullptr;
  if (in.is_string() && item.is_string()) return in.string().find(item.string()) != std::string::npos;
  return evaluation.fail(
      "expr.type",
      fmt::format("'in' looks for an element in a list, a name in a map or a text in a text, not for {} in {}",
                  describe(item), describe(in)),
      node.where, "what is looked for stands before 'in', where it is looked for after it");
}

std::optional<Value> integers(Evaluation& evaluation, const ExprNode& node, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  bool over = false;
  switch (node.op) {
    case Op::add:
      over = __builtin_add_overflow(left, right, &result);
      break;
    case Op::negate:
    case Op::subtract:
      over = __builtin_sub_overflow(left, right, &result);
      break;
    case Op::multiply:
      over = __builtin_mul_overflow(left, right, &result);
      break;
    default:
      if (right == 0) return by_zero(evaluation, node);
      // The lowest integer by -1 traps.
      if (right == -1) {
        over = node.op == Op::divide && __builtin_sub_overflow(std::int64_t{0}, left, &result);
      } else {
        result = node.op == Op::divide ? left / right : left % right;
      }
  }
  if (over) return overflow(evaluation, node);
  return result;
}

std::optional<Value> reals(Evaluation& evaluation, const ExprNode& node, double left, double right) {
  double result = left + right;
  if (node.op == Op::subtract) result = left - right;
  if (node.op == Op::multiply) result = left * right;
  if (node.op == Op::divide) {
    if (right == 0) return by_zero(evaluation, node);
    result = left / right;
  }
  if (!std::isfinite(result))
    return evaluation.fail("expr.overflow", "the result is too large for a number", node.where,
                           "reals go to about 1e308");
  return result;
}

std::optional<Value> arithmetic(Evaluation& evaluation, const ExprNode& node, const Value& left, const Value& right) {
  if (node.op == Op::add && left.is_string() && right.is_string()) {
    if (!evaluation.spend_text(left.string().size() + right.string().size(), node.where)) return std::nullopt;
    return left.string() + right.string();
  }
  if (left.is(Kind::integer) && right.is(Kind::integer))
    return integers(evaluation, node, left.integer(), right.integer());
  if (is_number(left) && is_number(right) && node.op != Op::remainder)
    return reals(evaluation, node, as_real(left), as_real(right));
  std::string_view wants = node.op == Op::add         ? "two numbers, two strings or two lists"
                           : node.op == Op::remainder ? "two whole numbers"
                                                      : "two numbers";
  bool mixed = node.op == Op::add && (left.is_string() || right.is_string());
  return evaluation.fail(
      "expr.type",
      fmt::format("'{}' wants {}, not {} and {}", sign_of(node.op), wants, describe(left), describe(right)), node.where,
      mixed ? "format('{}{}', x, y) makes text of both" : "");
}

}  // namespace

std::optional<Value> operate(Evaluation& evaluation, const ExprNode& node, const Value& operand) {
  std::string_view wants = node.op == Op::invert ? "true or false" : "a number";
  if (node.op == Op::invert && operand.is(Kind::boolean)) return !operand.boolean();
  if (node.op == Op::negate && operand.is(Kind::real)) return -operand.real();
  if (node.op == Op::negate && operand.is(Kind::integer)) return integers(evaluation, node, 0, operand.integer());
  return evaluation.fail("expr.type", fmt::format("'{}' wants {}, not {}", sign_of(node.op), wants, describe(operand)),
                         node.children[0]->where, node.op == Op::invert ? "compare it: x == '' or x == null" : "");
}

std::optional<Value> operate(Evaluation& evaluation, const ExprNode& node, const Value& left, const Value& right) {
  switch (node.op) {
    case Op::equal:
    case Op::unequal:
      if (has_unknown(left) || has_unknown(right)) return Unknown{};
      return (left == right) == (node.op == Op::equal);
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return compare(evaluation, node, left, right);
    case Op::in:
      return is_in(evaluation, node, left, right);
    default:
      return arithmetic(evaluation, node, left, right);
  }
}

}  // namespace verba
