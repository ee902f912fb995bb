// SPDX-License-Identifier: Apache-2.0
// The tree of an expression, and who makes it. Private to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "value/expr.h"
#include "value/value.h"

namespace verba {

using NodePtr = std::shared_ptr<const ExprNode>;

/// One node. Immutable once the parser has let go of it. At most `kMaxExprDepth` deep, so walks may recurse.
struct ExprNode {
  enum class Op : std::uint8_t {
    text,     ///< of a Template: the text between expressions, in `value`
    literal,  ///< `value`
    list,     ///< children
    map,      ///< children: a literal for each key, and behind it its value
    name,     ///< the root of a path
    member,   ///< child 0 . name
    index,    ///< child 0 [ child 1 ]
    call,     ///< name(children)
    negate,
    invert,  ///< !
    add,
    subtract,
    multiply,
    divide,
    remainder,
    equal,
    unequal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    both,    ///< &&
    either,  ///< ||
    choose,  ///< child 0 ? child 1 : child 2
  };

  Op op = Op::literal;
  std::uint16_t depth = 1;
  Where where;  ///< the whole of it, in the person's text
  Value value;  ///< of names, members and calls: the name, with its own place
  std::vector<NodePtr> children;

  const std::string& name() const { return value.string(); }
};

inline constexpr std::size_t kMaxExprNesting = 64;    ///< of parentheses, brackets, calls and conditions
inline constexpr std::uint16_t kMaxExprDepth = 1000;  ///< of the tree: long sums are deep on the left

/// Which byte of a source text each byte of a decoded string came from.
class Alignment {
 public:
  /// `string` is a string Value. Where the source text does not explain it, every place is the place of the whole.
  Alignment(const Value& string, const Sources& sources);
  /// Of the bytes [begin, end) of the decoded string.
  Where where(std::size_t begin, std::size_t end) const;

 private:
  Where whole_;
  bool same_ = false;                  ///< the source text is the string: no table is needed
  std::vector<std::uint32_t> origin_;  ///< per decoded byte; empty if nothing is known
};

/// Parses one expression of `text` from `at` on, up to and with `closing` ("}}", or "" for the end of the text); `at`
/// is then behind it. Null after a mistake, with one diagnostic.
NodePtr parse_expression(std::string_view text, std::size_t& at, std::string_view closing, const Alignment&,
                         Diagnostics&);

}  // namespace verba
