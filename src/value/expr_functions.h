// SPDX-License-Identifier: Apache-2.0
// The functions and operators of the language, and what they may ask of the evaluation that calls them. Private to this
// folder.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "value/expr.h"
#include "value/expr_node.h"

namespace verba {

/// What one evaluation may still spend, what it may ask, and its first mistake.
class Evaluation {
 public:
  explicit Evaluation(const Scope& scope) : scope_(scope) {}

  const Scope& scope() const { return scope_; }

  /// False, and a mistake: the budget is spent.
  bool spend_steps(std::uint64_t steps, Where);
  bool spend_text(std::uint64_t bytes, Where);

  /// Remembers the mistake, unless there is one. Returns nothing, to be handed on.
  std::nullopt_t fail(std::string_view code, std::string message, Where, std::string hint = {});
  /// The same for a name that means nothing: default() forgives it, unless nobody could be asked.
  std::nullopt_t fail_not_found(NotFound, Where);

  bool failed() const { return mistake_.has_value(); }
  bool not_found() const { return not_found_; }
  void forgive() {
    mistake_.reset();
    not_found_ = false;
  }
  Diagnostic take_mistake();

 private:
  const Scope& scope_;
  std::uint64_t steps_ = 1'000'000;
  std::uint64_t text_ = 16u << 20;
  std::optional<Diagnostic> mistake_;
  bool not_found_ = false;
};

/// One call: the arguments are evaluated, none of them is Unknown.
struct Call {
  Evaluation& evaluation;
  const ExprNode& node;
  std::vector<Value>& arguments;

  Where where() const { return node.where; }
  Where where(std::size_t argument) const { return node.children[argument]->where; }
};

/// A row of the table.
struct FunctionRow {
  Function about;
  std::size_t least;  ///< arguments
  std::size_t most;
  std::optional<Value> (*run)(Call&);  ///< null: default(), which the evaluator does itself
  /// Looks at the outside of its argument only: an Unknown or a secret deeper in stays where it is.
  bool shallow = false;
};

/// Null if there is none of that name.
const FunctionRow* find_function(std::string_view name);

/// "the number 3", "the string 'abc'", "a secret": for messages. Short, on one line.
std::string describe(const Value&);

/// How many steps it costs to look at all of a value.
std::uint64_t cost(const Value&);

/// As it is written, for messages; "?" for ?:.
std::string_view sign_of(ExprNode::Op);

/// The result of - and !, and of all operators with two operands but && and ||. No operand is Unknown; the result's
/// `secret` is for the caller to set.
std::optional<Value> operate(Evaluation&, const ExprNode&, const Value& operand);
std::optional<Value> operate(Evaluation&, const ExprNode&, const Value& left, const Value& right);

/// Is it an element? Nothing if nobody can know yet.
std::optional<bool> holds(const List& list, const Value& item);

}  // namespace verba
