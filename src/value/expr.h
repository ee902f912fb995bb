// SPDX-License-Identifier: Apache-2.0
// ${{ }}: a small, pure, total language with CEL's look. Parse once, list what it reads, evaluate.
//
//   literals    'a' "a" r'raw' 1 1.5 0x10 true false null [1, 2] {a: 1, 'b c': 2}
//   access      a.b  a.b-c  a['b']  list[0]     (behind a point a '-' between letters is part of the name)
//   operators   ?:  ||  &&  in  == != < <= > >=  + -  * / %  ! -      (loosest first; + joins strings and lists)
//   calls       f(x, y)
//
// A string that is one whole expression keeps the value's type; any other text around makes text. `$${{` is a literal
// `${{`. No loops, no I/O but the hooks of Scope.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "base/instant.h"
#include "value/value.h"

namespace verba {

/// One step of a path: a name or a list index, or nothing where it is computed (`vars[each.key]`).
struct Segment {
  std::string name;  ///< "" when computed
  std::optional<std::int64_t> index;
  bool computed = false;
  Where where;
};

/// A name that an expression reads, as far as it is written down: tasks.site.outputs.Url.
struct Reference {
  std::vector<Segment> path;  ///< path[0] is the root name
  Where where;                ///< the whole chain, in the person's text
  bool guarded = false;       ///< in the first argument of default(): it is no mistake when it means nothing
  std::string text() const;   ///< "tasks.site.outputs.Url"; a computed segment prints as [*]
};

struct ExprNode;  // the tree; private to this folder

/// A text with expressions in it, parsed. Immutable and shared.
class Template {
 public:
  Template(std::string text, Where where, std::vector<std::shared_ptr<const ExprNode>> parts, bool whole);
  ~Template();
  const std::string& text() const { return text_; }  ///< as written, with its ${{ }}
  Where where() const { return where_; }
  bool whole() const { return whole_; }  ///< the text is one expression: the type is kept
  const std::vector<Reference>& references() const { return references_; }
  std::span<const std::shared_ptr<const ExprNode>> parts() const { return parts_; }

 private:
  std::string text_;
  Where where_;
  std::vector<std::shared_ptr<const ExprNode>> parts_;  ///< literal texts and expressions in turn
  std::vector<Reference> references_;
  bool whole_;
};

/// Does the text have `${{` in it (escaped ones too)? Cheap.
bool mentions_expression(std::string_view);

/// Turns every string in `value` that has `${{` into an expression Value, at any depth. Places inside a string are
/// found by aligning it with its source text, so `sources` must hold it. Every mistake becomes a diagnostic; such a
/// string is left as it was.
void parse_expressions(Value& value, const Sources& sources, Diagnostics& diagnostics);

/// A bare expression, such as the value of `when` (a surrounding ${{ }} is accepted). `text` must be a string Value.
/// Null after a mistake, with one diagnostic.
std::shared_ptr<const Template> parse_bare(const Value& text, const Sources& sources, Diagnostics& diagnostics);

/// All references of a tree.
void collect_references(const Value&, std::vector<const Reference*>& out);

/// A call of file(), secret() or now(): it asks one of the hooks of Scope.
struct WorldCall {
  std::string_view function;
  Where where;
};
/// All of a tree. Borrows the names.
void collect_world_calls(const Value&, std::vector<WorldCall>& out);

/// What a look-up says. `consumed`: how many segments of the path the value stands for (at least 1); the rest of the
/// path is then taken as members of `value`.
struct Found {
  Value value;
  std::size_t consumed = 1;
};
/// The name means nothing, or may not be used here; `hint` says what to do.
struct NotFound {
  std::string message;
  std::string hint;
  bool unreachable = false;  ///< nobody could be asked: it may be there all the same
  bool mistaken = false;     ///< what was asked for can be nowhere: a slip of the pen

  /// May something else be taken in its place?
  bool forgivable() const { return !unreachable && !mistaken; }
};
/// The code of a diagnostic that comes of something mistaken.
inline constexpr std::string_view mistaken_code = "expr.mistaken";

/// A text; or Unknown: nobody is asked now; or why there is none.
using TextAnswer = std::variant<std::string, NotFound, Unknown>;

/// What an evaluation may ask of the world. Borrowed for the time of the call. A hook that is empty makes its
/// functions an error ("not available here").
struct Scope {
  /// `path` has no computed segment any more.
  std::function<std::variant<Found, NotFound>(std::span<const Segment> path)> lookup;
  /// file(PATH): the content, or NotFound. `where` tells whose text names it (relative paths start at that file).
  std::function<std::variant<std::string, NotFound>(const std::string& path, Where where)> file;
  /// secret("env:NAME"): the clear text. The result is marked secret by the evaluator.
  std::function<TextAnswer(const std::string& reference, Where where)> secret;
  /// now(): RFC 3339 text.
  std::function<std::string()> now;
};

/// The value with every expression in it replaced. Unknown flows through (text with an unknown part is Unknown;
/// `false && unknown` is false; default(unknown, x) is Unknown). Secrets taint. Total: cost is bounded
/// (1,000,000 steps, 16 MiB of text), integers that overflow are errors.
/// On a mistake: nothing, and a diagnostic that names the place inside the string and what the value was (never a
/// secret's).
std::optional<Value> evaluate(const Value& value, const Scope& scope, Diagnostics& diagnostics);
std::optional<Value> evaluate(const Template&, const Scope& scope, Diagnostics& diagnostics);

/// One function of the language, for `verba explain functions` and the manual.
struct Function {
  std::string_view name;
  std::string_view signature;  ///< "join(list, separator)"
  std::string_view summary;
  std::string_view example;
};
std::span<const Function> functions();

/// "the name after 'env:' is missing" of a reference to a secret that ends with its first colon.
std::optional<std::string> missing_in_secret(std::string_view reference);

}  // namespace verba
