// SPDX-License-Identifier: Apache-2.0
// A Pratt parser. Looks one token ahead; the first mistake ends it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <unordered_set>

#include "value/expr_functions.h"
#include "value/expr_node.h"

namespace verba {

namespace {

using Op = ExprNode::Op;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_name(char c) {
  return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}
bool is_of_name(char c) {
  return starts_name(c) || is_digit(c);
}

struct Token {
  enum class Kind { end, name, number, string, sign, bad };
  Kind kind = Kind::end;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view text;
  Value value;  ///< of numbers and strings

  bool is(std::string_view sign) const { return kind == Kind::sign && text == sign; }
};

/// Binary operators, loosest first.
struct Binary {
  std::string_view sign;
  int strength;
  Op op;
};
constexpr std::array<Binary, 14> kBinaries = {{
    {"||", 1, Op::either},
    {"&&", 2, Op::both},
    {"==", 3, Op::equal},
    {"!=", 3, Op::unequal},
    {"<=", 3, Op::less_equal},
    {">=", 3, Op::greater_equal},
    {"<", 3, Op::less},
    {">", 3, Op::greater},
    {"in", 3, Op::in},
    {"+", 4, Op::add},
    {"-", 4, Op::subtract},
    {"*", 5, Op::multiply},
    {"/", 5, Op::divide},
    {"%", 5, Op::remainder},
}};

void append_utf8(std::string& out, std::uint32_t c) {
  auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | c >> 6);
    byte(0x80 | (c & 0x3f));
  } else {
    byte(0xe0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3f));
    byte(0x80 | (c & 0x3f));
  }
}

class Parser {
 public:
  Parser(std::string_view text, std::size_t at, std::string_view closing, const Alignment& alignment,
         Diagnostics& diagnostics)
      : text_(text), at_(at), closing_(closing), alignment_(alignment), diagnostics_(diagnostics) {}

  NodePtr run(std::size_t& at) {
    advance();
    NodePtr node = expression();
    if (!node) return nullptr;
    if (closing_.empty() ? token_.kind != Token::Kind::end : !text_.substr(token_.begin).starts_with(closing_)) {
      return unexpected();
    }
    at = token_.begin + closing_.size();
    return node;
  }

 private:
  // Mistakes.

  NodePtr fail(std::size_t begin, std::size_t end, std::string message, std::string hint = {}) {
    if (!failed_) diagnostics_.error("expr.syntax", std::move(message), alignment_.where(begin, end), std::move(hint));
    failed_ = true;
    token_.kind = Token::Kind::bad;
    return nullptr;
  }

  /// The token in hand fits nothing.
  NodePtr unexpected(std::string_view wanted = {}) {
    if (token_.kind == Token::Kind::bad) return nullptr;
    std::string want = wanted.empty() ? "" : fmt::format(": {} is missing", wanted);
    if (token_.kind == Token::Kind::end) {
      if (!closing_.empty())
        return fail(token_.begin, token_.begin, "the '${{' is never closed" + want,
                    "close it with '}}'; a string with ' #' or ': ' in it needs quotes around all of it");
      return fail(token_.begin, token_.begin, "the expression ends too early" + want,
                  "write what is missing; text stands in quotes: 'abc'");
    }
    if (closing_.size() == 2 && text_.substr(token_.begin).starts_with(closing_)) {
      return fail(token_.begin, token_.end + 1, "the expression ends too early" + want,
                  "write what is missing; text stands in quotes: 'abc'");
    }
    return fail(token_.begin, token_.end, fmt::format("'{}' does not belong here{}", token_.text, want),
                hint_for_token());
  }

  std::string hint_for_token() const {
    if (token_.text == "and") return "write '&&'";
    if (token_.text == "or") return "write '||'";
    if (token_.text == "not") return "write '!'";
    if (token_.is("(")) return "functions are called by name: upper(x), not x.upper()";
    return {};
  }

  // Tokens.

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void start_token() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    token_ = Token{};
    token_.begin = token_.end = at_;
  }

  void finish_token(Token::Kind kind) {
    if (failed_) return;
    token_.kind = kind;
    token_.end = at_;
    token_.text = text_.substr(token_.begin, at_ - token_.begin);
  }

  void advance() {
    if (failed_) return;
    start_token();
    if (at_ >= text_.size()) return;
    char c = peek();
    if (is_digit(c)) return number();
    if (c == '\'' || c == '"') return string(false);
    if (c == 'r' && (peek(1) == '\'' || peek(1) == '"')) return ++at_, string(true);
    if (starts_name(c)) {
      while (is_of_name(peek())) ++at_;
      return finish_token(Token::Kind::name);
    }
    sign();
  }

  /// Behind a point: a '-' between letters or digits is part of the name, as names of tasks and deployments have it.
  void advance_to_member() {
    start_token();
    if (!starts_name(peek())) return advance();
    while (is_of_name(peek()) || (peek() == '-' && is_of_name(peek(1)))) ++at_;
    finish_token(Token::Kind::name);
  }

  void sign() {
    static constexpr std::array<std::string_view, 6> twos = {"||", "&&", "==", "!=", "<=", ">="};
    std::string_view two = text_.substr(at_, 2);
    if (std::find(twos.begin(), twos.end(), two) != twos.end()) {
      at_ += 2;
      return finish_token(Token::Kind::sign);
    }
    char c = peek();
    std::size_t begin = at_++;
    if (std::string_view("()[]{},:?.<>+-*/%!").find(c) != std::string_view::npos)
      return finish_token(Token::Kind::sign);
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) ++at_;
    std::string hint;
    if (c == '=') hint = "equality is '=='";
    if (c == '&') hint = "'and' is '&&'";
    if (c == '|') hint = "'or' is '||'";
    if (c == '$') hint = "inside an expression names stand as they are, without '$'";
    bool shown = static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    fail(begin, at_,
         shown ? fmt::format("'{}' is no part of an expression", text_.substr(begin, at_ - begin))
               : "a control character is no part of an expression",
         hint);
  }

  void number() {
    std::size_t begin = at_;
    if (peek() == '0' && (peek(1) | 0x20) == 'x') {
      at_ += 2;
      while (is_of_name(peek())) ++at_;
      return integer(begin, begin + 2, 16);
    }
    auto digits = [&] {
      while (is_digit(peek())) ++at_;
    };
    digits();
    bool real = peek() == '.' && is_digit(peek(1));
    if (real) ++at_, digits();
    std::size_t sign = peek(1) == '-' || peek(1) == '+' ? 2 : 1;
    if ((peek() | 0x20) == 'e' && is_digit(peek(sign))) {
      real = true;
      at_ += sign;
      digits();
    }
    if (starts_name(peek())) {
      while (is_of_name(peek())) ++at_;
      fail(begin, at_, fmt::format("'{}' is no number", text_.substr(begin, at_ - begin)), "text stands in quotes");
      return;
    }
    if (!real) return integer(begin, begin, 10);
    double value = 0;
    const auto [end, ec] = std::from_chars(text_.data() + begin, text_.data() + at_, value);
    if (ec != std::errc() || !std::isfinite(value)) {
      fail(begin, at_, "the number is too large, or too small", "reals go from about 1e-308 to 1e308");
    }
    token_.value = value;
    finish_token(Token::Kind::number);
  }

  void integer(std::size_t begin, std::size_t digits, int base) {
    std::int64_t value = 0;
    auto [end, ec] = std::from_chars(text_.data() + digits, text_.data() + at_, value, base);
    if (ec == std::errc::result_out_of_range) {
      fail(begin, at_, "the number does not fit in 64 bits", "write it with a point to make it a real: 1e30");
    } else if (ec != std::errc() || end != text_.data() + at_) {
      fail(begin, at_, fmt::format("'{}' is no number", text_.substr(begin, at_ - begin)));
    }
    token_.value = value;
    finish_token(Token::Kind::number);
  }

  void string(bool raw) {
    char quote = text_[at_++];
    std::string value;
    while (true) {
      if (at_ >= text_.size()) {
        fail(token_.begin, token_.begin + 1, "the quote that opens here is never closed", "close it");
        return;
      }
      char c = text_[at_];
      if (c == quote) break;
      if (c == '\\' && !raw) {
        if (!escape(value)) return;
      } else {
        value += c;
        ++at_;
      }
    }
    ++at_;
    token_.value = std::move(value);
    finish_token(Token::Kind::string);
  }

  bool escape(std::string& value) {
    std::size_t begin = at_++;
    char c = peek();
    ++at_;
    switch (c) {
      case '\\':
      case '\'':
      case '"':
        value += c;
        return true;
      case 'n':
        value += '\n';
        return true;
      case 'r':
        value += '\r';
        return true;
      case 't':
        value += '\t';
        return true;
      case 'u': {
        std::uint32_t code = 0;
        std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
        auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        at_ += digits.size();
        if (ec != std::errc() || end != digits.data() + 4 || (code >= 0xd800 && code < 0xe000)) {
          fail(begin, at_, "the escape \\u needs four hexadecimal digits that name a character", "for example \\u00e9");
          return false;
        }
        append_utf8(value, code);
        return true;
      }
      default:
        at_ = std::min(at_, text_.size());
        fail(begin, at_, fmt::format("the escape '{}' is unknown", text_.substr(begin, at_ - begin)),
             "write \\\\ for a backslash, or r'...' where nothing is an escape");
        return false;
    }
  }

  // The grammar.

  NodePtr make(Op op, Where where, std::vector<NodePtr> children, Value value = {}) {
    auto node = std::make_shared<ExprNode>();
    node->op = op;
    node->where = where;
    node->value = std::move(value);
    for (const NodePtr& child : children) {
      node->depth = std::max(node->depth, static_cast<std::uint16_t>(child->depth + 1));
    }
    if (node->depth > kMaxExprDepth)
      return fail(token_.begin, token_.end, "the expression is too long", "put parts of it into variables");
    node->children = std::move(children);
    return node;
  }

  Value token_name() const {
    Value name(token_.text);
    name.where = token_where();
    return name;
  }
  Where token_where() const { return alignment_.where(token_.begin, token_.end); }
  static Where span(Where from, Where to) { return {from.source, from.begin, std::max(from.begin, to.end)}; }

  NodePtr expression() {
    if (++nesting_ > kMaxExprNesting) {
      return fail(token_.begin, token_.end,
                  fmt::format("the expression is nested deeper than {} levels", kMaxExprNesting));
    }
    NodePtr node = binary(1);
    if (node && token_.is("?")) node = choice(std::move(node));
    --nesting_;
    return node;
  }

  NodePtr choice(NodePtr condition) {
    advance();
    NodePtr yes = expression();
    if (!yes) return nullptr;
    if (!token_.is(":")) return unexpected("':' of '? :'");
    advance();
    NodePtr no = expression();
    if (!no) return nullptr;
    Where where = span(condition->where, no->where);
    return make(Op::choose, where, {std::move(condition), std::move(yes), std::move(no)});
  }

  const Binary* binary_operator() const {
    if (token_.kind != Token::Kind::sign && token_.kind != Token::Kind::name) return nullptr;
    for (const Binary& candidate : kBinaries) {
      if (candidate.sign == token_.text) return &candidate;
    }
    return nullptr;
  }

  NodePtr binary(int least) {
    NodePtr left = unary();
    while (left) {
      const Binary* found = binary_operator();
      if (!found || found->strength < least) return left;
      advance();
      NodePtr right = binary(found->strength + 1);
      if (!right) return nullptr;
      Where where = span(left->where, right->where);
      left = make(found->op, where, {std::move(left), std::move(right)});
    }
    return nullptr;
  }

  NodePtr unary() {
    if (!token_.is("!") && !token_.is("-")) return postfix();
    if (++nesting_ > kMaxExprNesting)
      return fail(token_.begin, token_.end, "too many signs follow one another", "leave some out");
    Op op = token_.is("!") ? Op::invert : Op::negate;
    Where sign = token_where();
    advance();
    NodePtr operand = unary();
    --nesting_;
    if (!operand) return nullptr;
    Where where = span(sign, operand->where);
    return make(op, where, {std::move(operand)});
  }

  NodePtr postfix() {
    NodePtr node = primary();
    while (node) {
      if (token_.is(".")) {
        node = member(std::move(node));
      } else if (token_.is("[")) {
        node = index(std::move(node));
      } else {
        return node;
      }
    }
    return nullptr;
  }

  NodePtr member(NodePtr of) {
    advance_to_member();
    if (token_.kind != Token::Kind::name) return unexpected("a name after '.'");
    Value name = token_name();
    Where where = span(of->where, name.where);
    advance();
    return make(Op::member, where, {std::move(of)}, std::move(name));
  }

  NodePtr index(NodePtr of) {
    advance();
    NodePtr at = expression();
    if (!at) return nullptr;
    if (!token_.is("]")) return unexpected("']'");
    Where where = span(of->where, token_where());
    advance();
    return make(Op::index, where, {std::move(of), std::move(at)});
  }

  NodePtr primary() {
    if (token_.kind == Token::Kind::number || token_.kind == Token::Kind::string)
      return literal(std::move(token_.value));
    if (token_.kind == Token::Kind::name) return name();
    if (token_.is("(")) {
      advance();
      NodePtr inner = expression();
      if (!inner) return nullptr;
      if (!token_.is(")")) return unexpected("')'");
      advance();
      return inner;
    }
    if (token_.is("[")) return list();
    if (token_.is("{")) return map();
    return unexpected("a value");
  }

  NodePtr literal(Value value) {
    auto node = std::make_shared<ExprNode>();
    node->where = token_where();
    node->value = std::move(value);
    node->value.where = node->where;
    advance();
    return node;
  }

  NodePtr name() {
    if (token_.text == "true" || token_.text == "false") return literal(token_.text == "true");
    if (token_.text == "null") return literal(Null{});
    if (token_.text == "in" || token_.text == "and" || token_.text == "or" || token_.text == "not") return unexpected();
    Value name = token_name();
    Where where = name.where;
    advance();
    if (token_.is("(")) return call(std::move(name));
    return make(Op::name, where, {}, std::move(name));
  }

  /// Expressions up to `close`; false after a mistake. The token in hand is then `close`.
  bool elements(std::string_view close, std::vector<NodePtr>& into) {
    advance();
    while (!token_.is(close)) {
      NodePtr element = expression();
      if (!element) return false;
      into.push_back(std::move(element));
      if (token_.is(","))
        advance();
      else if (!token_.is(close))
        return unexpected(fmt::format("',' or '{}'", close)), false;
    }
    return true;
  }

  NodePtr call(Value name) {
    Where where = name.where;
    const FunctionRow* row = find_function(name.string());
    if (!row) {
      std::vector<std::string_view> names;
      for (const Function& function : functions()) names.push_back(function.name);
      std::string hint = did_you_mean(name.string(), names, "`verba explain functions` lists them");
      if (!failed_)
        diagnostics_.error("expr.unknown-function", fmt::format("there is no function '{}'", name.string()), where,
                           hint);
      failed_ = true;
      return nullptr;
    }
    std::vector<NodePtr> arguments;
    if (!elements(")", arguments)) return nullptr;
    Where whole = span(where, token_where());
    if (arguments.size() < row->least || arguments.size() > row->most) {
      if (!failed_)
        diagnostics_.error("expr.arguments", wrong_count(*row, arguments.size()), whole,
                           fmt::format("{}: {}", row->about.signature, row->about.summary));
      failed_ = true;
      return nullptr;
    }
    advance();
    return make(Op::call, whole, std::move(arguments), std::move(name));
  }

  static std::string wrong_count(const FunctionRow& row, std::size_t count) {
    std::string wanted = row.most > 100 ? fmt::format("at least {}", row.least) : fmt::to_string(row.least);
    if (row.most == 0) wanted = "no";
    return fmt::format("{}() takes {} argument{}, not {}", row.about.name, wanted, row.least == 1 ? "" : "s", count);
  }

  NodePtr list() {
    Where open = token_where();
    std::vector<NodePtr> items;
    if (!elements("]", items)) return nullptr;
    Where where = span(open, token_where());
    advance();
    return make(Op::list, where, std::move(items));
  }

  NodePtr map() {
    Where open = token_where();
    std::vector<NodePtr> entries;
    std::unordered_set<std::string> taken;
    advance();
    while (!token_.is("}")) {
      if (!map_entry(entries, taken)) return nullptr;
      if (token_.is(","))
        advance();
      else if (!token_.is("}"))
        return unexpected("',' or '}'");
    }
    Where where = span(open, token_where());
    advance();
    return make(Op::map, where, std::move(entries));
  }

  bool map_entry(std::vector<NodePtr>& entries, std::unordered_set<std::string>& taken) {
    bool quoted = token_.kind == Token::Kind::string;
    if (!quoted && token_.kind != Token::Kind::name) return unexpected("a key"), false;
    std::string name = quoted ? token_.value.string() : std::string(token_.text);
    if (!taken.insert(name).second) {
      return fail(token_.begin, token_.end, fmt::format("the key '{}' is there twice", name), "keep one of them"),
             false;
    }
    entries.push_back(literal(std::move(name)));
    if (!token_.is(":")) return unexpected("':' after the key"), false;
    advance();
    NodePtr value = expression();
    if (!value) return false;
    entries.push_back(std::move(value));
    return true;
  }

  std::string_view text_;
  std::size_t at_;
  std::string_view closing_;
  const Alignment& alignment_;
  Diagnostics& diagnostics_;
  Token token_;
  std::size_t nesting_ = 0;
  bool failed_ = false;
};

}  // namespace

NodePtr parse_expression(std::string_view text, std::size_t& at, std::string_view closing, const Alignment& alignment,
                         Diagnostics& diagnostics) {
  return Parser(text, at, closing, alignment, diagnostics).run(at);
}

}  // namespace verba
