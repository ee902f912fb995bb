// SPDX-License-Identifier: Apache-2.0
#include "value/expr.h"

#include <gtest/gtest.h>

#include <map>

#include "value/json.h"
#include "value/yaml.h"

namespace verba {
namespace {

/// A text of YAML, its expressions, and a little world to evaluate them in.
class World {
 public:
  World() {
    std::string why;
    names_ = parse_json(R"({
      "vars": {"name": "web", "n": 3, "half": 0.5, "yes": true, "none": null, "list": [1, 2, 3], "a-b": 7, "big": 9223372036854775807,
               "map": {"b": 1, "a": 2, "it's": 3}, "nested": {"list": [{"x": "deep"}]}, "low": -9223372036854775808, "text": "a,b"},
      "each": {"key": "name", "value": 2}})",
                        why)
                 .value();
    Value secret("hunter2");
    secret.secret = true;
    names_.map().find("vars")->map().set("secret", secret);
    names_.map().find("vars")->map().set("later", Unknown{});
    names_.map().find("vars")->map().set("mixed", List{Value("a"), Value(Unknown{})});
    names_.map().find("vars")->map().set("hidden", List{Value("a"), secret});
    Value map(Map{});
    map.map().set("p", 1);
    map.secret = true;
    names_.map().find("vars")->map().set("vault", map);
    scope.lookup = [this](std::span<const Segment> path) { return look_up(path); };
    scope.file = [](const std::string& path, Where) -> std::variant<std::string, NotFound> {
      if (path == "a.txt") return std::string("content");
      return NotFound{"no file '" + path + "'", "look again"};
    };
    scope.secret = [](const std::string& reference, Where) -> TextAnswer {
      if (reference == "later") return Unknown{};
      return "clear of " + reference;
    };
    scope.now = [] { return std::string("2026-11-22T09:55:11.250Z"); };
  }

  Value parse(std::string yaml) {
    SourceId source = sources.add("a.yaml", std::move(yaml));
    std::vector<Value> documents = parse_yaml(sources, source, diagnostics);
    EXPECT_EQ(documents.size(), 1u) << render(diagnostics, sources);
    Value value = documents.empty() ? Value() : std::move(documents.front());
    parse_expressions(value, sources, diagnostics);
    return value;
  }

  std::optional<Value> run(std::string yaml) { return evaluate(parse(std::move(yaml)), scope, diagnostics); }

  std::optional<Value> expression(const std::string& text) {
    Value bare(text);
    SourceId source = sources.add("e", text);
    bare.where = {source, 0, static_cast<std::uint32_t>(text.size())};
    auto parsed = parse_bare(bare, sources, diagnostics);
    if (!parsed) return std::nullopt;
    return evaluate(*parsed, scope, diagnostics);
  }

  Scope scope;
  Sources sources;
  Diagnostics diagnostics;

 private:
  std::variant<Found, NotFound> look_up(std::span<const Segment> path) {
    const Value* root = names_.find(path[0].name);
    if (!root) return NotFound{"there is no '" + path[0].name + "'", "vars and each are there"};
    if (path.size() == 1) return Found{*root, 1};
    const Value* member = root->find(path[1].name);
    if (!member) return NotFound{"no variable is named '" + path[1].name + "'", ""};
    return Found{*member, 2};
  }

  Value names_;
};

/// The value in JSON; "secret ..." if it is one, "unknown"; or the mistake as "code column message".
std::string eval(const std::string& text) {
  World world;
  std::optional<Value> value = world.expression(text);
  if (!value) {
    EXPECT_EQ(world.diagnostics.errors(), 1u);
    const Diagnostic& d = world.diagnostics.all().at(0);
    return std::string(d.code) + " " + std::to_string(world.sources.position(d.where).column) + " " + d.message;
  }
  EXPECT_TRUE(world.diagnostics.empty()) << render(world.diagnostics, world.sources);
  std::string shown = value->is_unknown() ? "unknown" : to_json(*value, SecretsAs::clear);
  return value->secret ? "secret " + shown : shown;
}

std::string hint(const std::string& text) {
  World world;
  EXPECT_FALSE(world.expression(text));
  return world.diagnostics.all().at(0).hint;
}

/// A mistake in YAML text: "line:column 'what the place covers' message".
std::string mistake(const std::string& yaml) {
  World world;
  Value value = world.parse(yaml);
  if (!world.diagnostics.has_errors()) evaluate(value, world.scope, world.diagnostics);
  if (world.diagnostics.errors() != 1) return render(world.diagnostics, world.sources);
  const Diagnostic& d = world.diagnostics.all()[0];
  Position at = world.sources.position(d.where);
  std::string covered(world.sources.text(d.where.source).substr(d.where.begin, d.where.end - d.where.begin));
  return std::to_string(at.line) + ":" + std::to_string(at.column) + " '" + covered + "' " + d.message;
}

TEST(Expression, Literals) {
  EXPECT_EQ(eval("1"), "1");
  EXPECT_EQ(eval("0x1F"), "31");
  EXPECT_EQ(eval("1.5"), "1.5");
  EXPECT_EQ(eval("2e3"), "2000.0");
  EXPECT_EQ(eval("'a\\n\\'\\u00e9\\\\'"), "\"a\\n'\xc3\xa9\\\\\"");
  EXPECT_EQ(eval("\"it's\""), "\"it's\"");
  EXPECT_EQ(eval("r'a\\d'"), "\"a\\\\d\"");
  EXPECT_EQ(eval("[1, 'a', [true, null],]"), R"([1,"a",[true,null]])");
  EXPECT_EQ(eval("{a: 1, 'b c': {in: 2}, true: 3}"), R"({"a":1,"b c":{"in":2},"true":3})");
  EXPECT_EQ(eval("[]"), "[]");
  EXPECT_EQ(eval("{}"), "{}");
}

TEST(Expression, Operators) {
  EXPECT_EQ(eval("1 + 2 * 3 - 4 / 2"), "5");
  EXPECT_EQ(eval("(1 + 2) * 3"), "9");
  EXPECT_EQ(eval("10 - 2 - 3"), "5");
  EXPECT_EQ(eval("-7 / 2"), "-3");
  EXPECT_EQ(eval("-7 % 3"), "-1");
  EXPECT_EQ(eval("1 + 0.5"), "1.5");
  EXPECT_EQ(eval("7 / 2.0"), "3.5");
  EXPECT_EQ(eval("--3"), "3");
  EXPECT_EQ(eval("!true || !!true"), "true");
  EXPECT_EQ(eval("'a' + 'b'"), "\"ab\"");
  EXPECT_EQ(eval("[1] + [2, 3]"), "[1,2,3]");
  EXPECT_EQ(eval("1 < 2 && 'a' < 'b' && 1 <= 1.0 && 2 > 1.5 && 'b' >= 'b'"), "true");
  EXPECT_EQ(eval("1 == 1.0 && 1 != '1' && null == null && [1] == [1.0] && {a: 1, b: 2} == {b: 2, a: 1}"), "true");
  EXPECT_EQ(eval("false && true || true"), "true");
  EXPECT_EQ(eval("true ? 1 : true ? 2 : 3"), "1");
  EXPECT_EQ(eval("false ? 1 : false ? 2 : 3"), "3");
  EXPECT_EQ(eval("2 in [1, 2] && 'a' in {a: 1} && !('b' in {a: 1}) && 'ell' in 'hello' && !(1 in [])"), "true");
}

TEST(Expression, OnlyWhatIsNeededIsEvaluated) {
  EXPECT_EQ(eval("false && 1 / 0 == 1"), "false");
  EXPECT_EQ(eval("true || 1 / 0 == 1"), "true");
  EXPECT_EQ(eval("true ? 1 : 1 / 0"), "1");
}

TEST(Expression, Paths) {
  EXPECT_EQ(eval("vars.name"), "\"web\"");
  EXPECT_EQ(eval("vars['name']"), "\"web\"");
  EXPECT_EQ(eval("vars[each.key]"), "\"web\"");
  EXPECT_EQ(eval("vars.list[each.value]"), "3");
  EXPECT_EQ(eval("vars.nested.list[0].x"), "\"deep\"");
  EXPECT_EQ(eval("vars.map['it\\'s']"), "3");
  EXPECT_EQ(eval("vars.a-b"), "7") << "a '-' between letters is part of a member's name";
  EXPECT_EQ(eval("vars.n - 1"), "2");
  EXPECT_EQ(eval("[1, 2][1]"), "2");
  EXPECT_EQ(eval("{a: {b: 5}}.a.b"), "5");
  EXPECT_EQ(eval("jsonDecode('[{\"a\": 4}]')[0].a"), "4");
}

TEST(Expression, NamesThatMeanNothing) {
  EXPECT_EQ(eval("1 + foo.bar"), "expr.unknown-name 5 there is no 'foo'");
  EXPECT_EQ(hint("foo"), "vars and each are there");
  EXPECT_EQ(eval("vars.nope"), "expr.unknown-name 1 no variable is named 'nope'");
  EXPECT_EQ(eval("vars.map.nope"), "expr.unknown-name 10 the map has no member 'nope'");
  EXPECT_EQ(hint("vars.map.nope"), "it has: a, b, it's");
  EXPECT_EQ(hint("vars.n-1"), "to subtract, write spaces around '-'");
  EXPECT_EQ(eval("vars.list[3]"), "expr.unknown-name 11 there is no element [3] in a list of 3");
  EXPECT_EQ(eval("vars.list[-1]"), "expr.unknown-name 11 there is no element [-1] in a list of 3");
  EXPECT_EQ(eval("vars.none.x"), "expr.unknown-name 1 this is null and has no member 'x'");
  EXPECT_EQ(eval("vars.list.x"), "expr.type 11 a list of 3 has no member 'x'");
  EXPECT_EQ(eval("vars.map[0]"), "expr.type 10 a map of 3 has no element [0]");
  EXPECT_EQ(eval("vars.n.x"), "expr.type 8 the number 3 has no member 'x'");
  EXPECT_EQ(eval("vars.list[true]"), "expr.type 11 an index is a number or a string, not true");
}

TEST(Expression, OperandsOfTheWrongType) {
  EXPECT_EQ(eval("1 + 'a'"),
            "expr.type 1 '+' wants two numbers, two strings or two lists, not the number 1 and the string \"a\"");
  EXPECT_EQ(eval("'a' * 2"), "expr.type 1 '*' wants two numbers, not the string \"a\" and the number 2");
  EXPECT_EQ(eval("1.5 % 2"), "expr.type 1 '%' wants two whole numbers, not the number 1.5 and the number 2");
  EXPECT_EQ(eval("1 < 'a'"),
            "expr.type 1 '<' compares two numbers or two strings, not the number 1 and the string \"a\"");
  EXPECT_EQ(eval("!1"), "expr.type 2 '!' wants true or false, not the number 1");
  EXPECT_EQ(eval("-'a'"), "expr.type 2 '-' wants a number, not the string \"a\"");
  EXPECT_EQ(eval("true && 'x'"), "expr.type 9 '&&' wants true or false, not the string \"x\"");
  EXPECT_EQ(eval("vars.n ? 1 : 2"), "expr.type 1 '?' wants true or false, not the number 3");
  EXPECT_EQ(eval("1 in 'a'"),
            "expr.type 1 'in' looks for an element in a list, a name in a map or a text in a text, not for the number "
            "1 in the string \"a\"");
  EXPECT_EQ(eval("1 + vars.secret"),
            "expr.type 1 '+' wants two numbers, two strings or two lists, not the number 1 and a secret");
}

TEST(Expression, NumbersThatDoNotFit) {
  EXPECT_EQ(eval("vars.big + 1"), "expr.overflow 1 the result does not fit in 64 bits");
  EXPECT_EQ(eval("vars.low - 1"), "expr.overflow 1 the result does not fit in 64 bits");
  EXPECT_EQ(eval("vars.big * 2"), "expr.overflow 1 the result does not fit in 64 bits");
  EXPECT_EQ(eval("-vars.low"), "expr.overflow 1 the result does not fit in 64 bits");
  EXPECT_EQ(eval("vars.low / -1"), "expr.overflow 1 the result does not fit in 64 bits");
  EXPECT_EQ(eval("vars.low % -1"), "0");
  EXPECT_EQ(eval("1 / 0"), "expr.division 5 this divides by zero");
  EXPECT_EQ(eval("1 % 0"), "expr.division 5 this divides by zero");
  EXPECT_EQ(eval("1.0 / 0"), "expr.division 7 this divides by zero");
  EXPECT_EQ(eval("1e999"), "expr.syntax 1 the number is too large, or too small");
  EXPECT_EQ(eval("1e308 * 10"), "expr.overflow 1 the result is too large for a number");
  EXPECT_EQ(eval("9223372036854775808"), "expr.syntax 1 the number does not fit in 64 bits");
}

TEST(Expression, SyntaxMistakes) {
  EXPECT_EQ(eval("1 +"), "expr.syntax 4 the expression ends too early: a value is missing");
  EXPECT_EQ(eval("1 + * 2"), "expr.syntax 5 '*' does not belong here: a value is missing");
  EXPECT_EQ(eval("(1"), "expr.syntax 3 the expression ends too early: ')' is missing");
  EXPECT_EQ(eval("[1 2]"), "expr.syntax 4 '2' does not belong here: ',' or ']' is missing");
  EXPECT_EQ(eval("{a 1}"), "expr.syntax 4 '1' does not belong here: ':' after the key is missing");
  EXPECT_EQ(eval("{a: 1, a: 2}"), "expr.syntax 8 the key 'a' is there twice");
  EXPECT_EQ(eval("a.1"), "expr.syntax 3 '1' does not belong here: a name after '.' is missing");
  EXPECT_EQ(eval("a = b"), "expr.syntax 3 '=' is no part of an expression");
  EXPECT_EQ(hint("a = b"), "equality is '=='");
  EXPECT_EQ(eval("a and b"), "expr.syntax 3 'and' does not belong here");
  EXPECT_EQ(hint("a and b"), "write '&&'");
  EXPECT_EQ(hint("a & b"), "'and' is '&&'");
  EXPECT_EQ(eval("'abc"), "expr.syntax 1 the quote that opens here is never closed");
  EXPECT_EQ(eval("'\\d'"), "expr.syntax 2 the escape '\\d' is unknown");
  EXPECT_EQ(eval("12ab"), "expr.syntax 1 '12ab' is no number");
  EXPECT_EQ(eval("a ? b"), "expr.syntax 6 the expression ends too early: ':' of '? :' is missing");
  EXPECT_EQ(eval("vars.name.upper()"), "expr.syntax 16 '(' does not belong here");
  EXPECT_EQ(hint("vars.name.upper()"), "functions are called by name: upper(x), not x.upper()");
  EXPECT_EQ(eval(""), "expr.syntax 1 the expression ends too early: a value is missing");
  EXPECT_EQ(eval("a \xe2\x82\xac b"), "expr.syntax 3 '\xe2\x82\xac' is no part of an expression");
  EXPECT_EQ(eval("${{ 1 }} x"), "expr.syntax 10 something follows the expression");
  EXPECT_EQ(eval(" ${{ 1 }} "), "1");
}

TEST(Expression, HasLimits) {
  EXPECT_EQ(eval(std::string(60, '(') + "1" + std::string(60, ')')), "1");
  EXPECT_EQ(eval(std::string(100'000, '(')), "expr.syntax 65 the expression is nested deeper than 64 levels");
  EXPECT_EQ(eval(std::string(100'000, '!')).substr(0, 11), "expr.syntax");
  EXPECT_EQ(eval(std::string(100'000, '[')).substr(0, 11), "expr.syntax");
  std::string sum = "1";
  for (int i = 0; i < 900; ++i) sum += "+1";
  EXPECT_EQ(eval(sum), "901");
  for (int i = 0; i < 100'000; ++i) sum += "+1";
  EXPECT_NE(eval(sum).find("the expression is too long"), std::string::npos);

  std::string wide = "'" + std::string(500, 'a') + "'";
  std::string grow = "replace(" + wide + ", 'a', " + wide + ")";
  EXPECT_EQ(eval("length(" + grow + ")"), "250000");
  EXPECT_EQ(eval("replace(" + grow + ", 'a', " + wide + ")").substr(0, 10), "expr.limit");
  EXPECT_EQ(eval("length(split(" + grow + ", 'a'))"), "250001");
  EXPECT_EQ(eval("split(" + grow + ", 'a') + split(" + grow + ", 'a')").substr(0, 10), "expr.limit");
}

TEST(Functions, OfText) {
  EXPECT_EQ(eval("upper('aé') + lower('AÉ')"), "\"AéaÉ\"");
  EXPECT_EQ(eval("trim(' \\t a b \\n')"), "\"a b\"");
  EXPECT_EQ(eval("trim('  ')"), "\"\"");
  EXPECT_EQ(eval("replace('a-b-c', '-', '')"), "\"abc\"");
  EXPECT_EQ(eval("split(vars.text, ',')"), R"(["a","b"])");
  EXPECT_EQ(eval("split('', ',')"), R"([""])");
  EXPECT_EQ(eval("join([1, 'a', true, 0.5], '/')"), "\"1/a/true/0.5\"");
  EXPECT_EQ(eval("join([], '/')"), "\"\"");
  EXPECT_EQ(eval("format('{} of {}: {{}}', 1, 'x')"), "\"1 of x: {}\"");
  EXPECT_EQ(eval("startsWith('abc', 'ab') && endsWith('abc', 'bc') && !startsWith('a', 'b') && !endsWith('a', 'b')"),
            "true");
  EXPECT_EQ(eval("matches('v1.2', r'^v\\d') && !matches('x', '^y')"), "true");
  EXPECT_EQ(eval("length('aé€😀')"), "4");
}

TEST(Functions, OfEncodings) {
  EXPECT_EQ(eval("sha256('abc')"), "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
  EXPECT_EQ(eval("[base64(''), base64('f'), base64('fo'), base64('foo')]"), R"(["","Zg==","Zm8=","Zm9v"])");
  EXPECT_EQ(eval("jsonEncode({b: [1, null], a: 'x'})"), R"("{\"b\":[1,null],\"a\":\"x\"}")");
  EXPECT_EQ(eval("jsonDecode('{\"a\": [1, 2.5]}')"), R"({"a":[1,2.5]})");
  EXPECT_EQ(eval("yamlDecode('a: [1, x]')"), R"({"a":[1,"x"]})");
  EXPECT_EQ(eval("yamlDecode('')"), "null");
  EXPECT_EQ(eval("jsonDecode('{')"), "expr.arguments 12 jsonDecode() wants JSON: the text ends too early, at byte 1");
  EXPECT_EQ(eval("yamlDecode('a: 1\\nb: [')"),
            "expr.arguments 12 yamlDecode() wants YAML: the list that opens here is never closed, in line 2");
}

TEST(Functions, OfListsAndMaps) {
  EXPECT_EQ(eval("keys(vars.map)"), R"(["a","b","it's"])");
  EXPECT_EQ(eval("values(vars.map)"), "[2,1,3]");
  EXPECT_EQ(eval("[length(vars.list), length({}), length('')]"), "[3,0,0]");
  EXPECT_EQ(eval("contains(vars.list, 2) && contains('abc', 'b') && contains({a: 1}, 'a') && !contains([], 1)"),
            "true");
}

TEST(Functions, OfTheWorld) {
  EXPECT_EQ(eval("file('a.txt')"), "\"content\"");
  EXPECT_EQ(eval("file('b.txt')"), "expr.unknown-name 6 no file 'b.txt'");
  EXPECT_EQ(eval("file('')"), "expr.arguments 6 file() wants the path of a file, and this text is empty");
  EXPECT_EQ(eval("secret('env:')"), "expr.arguments 8 the name after 'env:' is missing");
  EXPECT_EQ(eval("secret('file:')"), "expr.arguments 8 the path after 'file:' is missing");
  EXPECT_EQ(eval("secret('command:')"), "expr.arguments 8 the command after 'command:' is missing");
  EXPECT_EQ(eval("secret('env:X')"), "secret \"clear of env:X\"");
  EXPECT_EQ(eval("upper(secret('later'))"), "unknown");
  EXPECT_EQ(eval("now()"), "\"2026-11-22T09:55:11.250Z\"");
  World bare;
  bare.scope = Scope{};
  EXPECT_FALSE(bare.expression("file('a')"));
  EXPECT_FALSE(bare.expression("secret('a')"));
  EXPECT_FALSE(bare.expression("now()"));
  EXPECT_FALSE(bare.expression("vars.x"));
  EXPECT_EQ(bare.diagnostics.all()[0].message, "file() is not available here");
  for (const Diagnostic& d : bare.diagnostics.all()) EXPECT_EQ(d.code, "expr.unavailable");
  EXPECT_EQ(bare.diagnostics.errors(), 4u);
}

TEST(Functions, Default) {
  EXPECT_EQ(eval("default(vars.name, 'x')"), "\"web\"");
  EXPECT_EQ(eval("default(vars.nope, 'x')"), "\"x\"");
  EXPECT_EQ(eval("default(vars.none, 'x')"), "\"x\"");
  EXPECT_EQ(eval("default(vars.map.nope.deeper, 'x')"), "\"x\"");
  EXPECT_EQ(eval("default(upper(vars.nope), 'x')"), "\"x\"");
  EXPECT_EQ(eval("default(file('b.txt'), 'x')"), "\"x\"");
  EXPECT_EQ(eval("default(vars.later, 'x')"), "unknown");
  EXPECT_EQ(eval("default(default(vars.x, vars.y), 'z')"), "\"z\"");
  EXPECT_EQ(eval("default(1 / 0, 'x')"), "expr.division 13 this divides by zero");
  EXPECT_EQ(eval("default(vars.nope, vars.nopes)"), "expr.unknown-name 20 no variable is named 'nopes'");
}

TEST(Functions, WrongArguments) {
  EXPECT_EQ(eval("uper('a')"), "expr.unknown-function 1 there is no function 'uper'");
  EXPECT_NE(hint("uper('a')").find("'upper'"), std::string::npos);
  EXPECT_EQ(eval("1 + upper()"), "expr.arguments 5 upper() takes 1 argument, not 0");
  EXPECT_EQ(hint("upper()"), "upper(text): with the letters a to z made capitals");
  EXPECT_EQ(eval("split('a')"), "expr.arguments 1 split() takes 2 arguments, not 1");
  EXPECT_EQ(eval("now(1)"), "expr.arguments 1 now() takes no arguments, not 1");
  EXPECT_EQ(eval("format()"), "expr.arguments 1 format() takes at least 1 argument, not 0");
  EXPECT_EQ(eval("upper(3)"), "expr.type 7 upper() wants a string, not the number 3");
  EXPECT_EQ(eval("join('a', 'b')"), "expr.type 6 join() wants a list, not the string \"a\"");
  EXPECT_EQ(eval("join([[]], 'b')"), "expr.type 6 join() wants strings and numbers, and element [0] is a list of 0");
  EXPECT_EQ(eval("keys([])"), "expr.type 6 keys() wants a map, not a list of 0");
  EXPECT_EQ(eval("length(1)"), "expr.type 8 length() wants a string, a list or a map, not the number 1");
  EXPECT_EQ(eval("replace('a', '', 'b')"), "expr.type 14 replace() wants a text to look for, not the string \"\"");
  EXPECT_EQ(eval("format('{}')"), "expr.arguments 1 format() has 1 {} for 0 values");
  EXPECT_EQ(eval("format('x', 1)"), "expr.arguments 1 format() has 0 {} for 1 value");
  EXPECT_EQ(eval("format('{0}', 1)"), "expr.arguments 8 format() knows only {} for the next value, {{ and }}");
  EXPECT_EQ(eval("format('{}', [])"), "expr.type 14 format() wants strings, numbers and truths, not a list of 0");
  EXPECT_EQ(eval("matches('a', '(')").substr(0, 55), "expr.arguments 14 the pattern is no regular expression:");
}

TEST(Functions, AreListedInOrderWithWords) {
  EXPECT_EQ(functions().size(), 23u);
  std::string_view before;
  for (const Function& function : functions()) {
    EXPECT_LT(before, function.name);
    before = function.name;
    EXPECT_TRUE(function.signature.starts_with(std::string(function.name) + "("));
    EXPECT_FALSE(function.summary.empty());
    EXPECT_NE(function.example.find(std::string(function.name) + "("), std::string_view::npos);
  }
}

TEST(Functions, ExamplesAreTrue) {
  for (const Function& function : functions()) {
    std::size_t arrow = function.example.find("  ->  ");
    if (arrow == std::string_view::npos) continue;
    EXPECT_EQ(eval(std::string(function.example.substr(0, arrow))),
              eval(std::string(function.example.substr(arrow + 6))));
  }
}

TEST(Unknowns, FlowThrough) {
  EXPECT_EQ(eval("vars.later + 1"), "unknown");
  EXPECT_EQ(eval("vars.later.x[0]"), "unknown");
  EXPECT_EQ(eval("upper(vars.later)"), "unknown");
  EXPECT_EQ(eval("vars.later == 1"), "unknown");
  EXPECT_EQ(eval("vars.mixed == ['a', 'b']"), "unknown");
  EXPECT_EQ(eval("jsonEncode(vars.mixed)"), "unknown");
  EXPECT_EQ(eval("length(vars.mixed)"), "2");
  EXPECT_EQ(eval("'a' in vars.mixed"), "true");
  EXPECT_EQ(eval("contains(vars.mixed, 'b')"), "unknown");
  EXPECT_EQ(eval("vars.list[vars.later]"), "unknown");
  EXPECT_EQ(eval("vars.later ? 1 : 2"), "unknown");
  EXPECT_EQ(eval("-vars.later"), "unknown");
  EXPECT_EQ(eval("false && vars.later"), "false");
  EXPECT_EQ(eval("vars.later && false"), "false");
  EXPECT_EQ(eval("vars.later || true"), "true");
  EXPECT_EQ(eval("vars.later && true"), "unknown");
  EXPECT_EQ(eval("vars.later && vars.nope"), "unknown")
      << "the right side may be wrong just because the left is not known";
  World world;
  auto value = world.run("a: 'x ${{ vars.later }} y'\nb: '${{ [vars.later, 1] }}'\n");
  ASSERT_TRUE(value);
  EXPECT_TRUE(value->find("a")->is_unknown());
  EXPECT_EQ(value->find("b")->list()[1], Value(1));
}

TEST(Secrets, Taint) {
  EXPECT_EQ(eval("vars.secret"), "secret \"hunter2\"");
  EXPECT_EQ(eval("vars.secret + 'x'"), "secret \"hunter2x\"");
  EXPECT_EQ(eval("length(vars.secret)"), "secret 7");
  EXPECT_EQ(eval("vars.secret == 'a'"), "secret false");
  EXPECT_EQ(eval("vars.secret == 'a' ? 1 : 2"), "secret 2");
  EXPECT_EQ(eval("vars.secret == 'a' || true"), "secret true");
  EXPECT_EQ(eval("'h' in vars.secret"), "secret true");
  EXPECT_EQ(eval("vars.vault.p"), "secret 1");
  EXPECT_EQ(eval("join(vars.hidden, ',')"), "secret \"a,hunter2\"");
  EXPECT_EQ(eval("contains(vars.hidden, 'a')"), "secret true");
  EXPECT_EQ(eval("length(vars.hidden)"), "2") << "that there are two is no secret";
  EXPECT_EQ(eval("vars.hidden[0]"), "\"a\"");
  EXPECT_EQ(eval("vars.hidden[1]"), "secret \"hunter2\"");
  EXPECT_EQ(eval("jsonDecode(jsonEncode({a: vars.secret})).a"), "secret \"hunter2\"");
  EXPECT_EQ(eval("default(vars.secret, 'x')"), "secret \"hunter2\"");
  EXPECT_EQ(eval("upper(vars.secret + vars.later)"), "secret unknown");
  EXPECT_EQ(eval("{a: 1}[vars.secret]"), "expr.type 8 a secret cannot be an index");
  World world;
  auto value = world.run("a: 'pw=${{ vars.secret }}'\nb: '${{ {k: vars.secret} }}'\nc: '${{ vars.n }}'\n");
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value), R"({"a":"***","b":{"k":"***"},"c":3})");
}

TEST(Secrets, NeverStandInMessages) {
  for (std::string text : {"1 + vars.secret", "upper([vars.secret])", "jsonDecode(vars.secret)",
                           "yamlDecode('[' + vars.secret)", "vars.secret.x", "-vars.secret", "vars.secret ? 1 : 2",
                           "matches('a', '(' + vars.secret)", "vars.vault[vars.secret]", "vars.list[vars.secret]",
                           "1 in vars.secret", "join([[vars.secret]], '')", "format(vars.secret, 1)",
                           "vars.map[vars.secret]", "keys(vars.secret)", "file(vars.secret)", "secret(vars.secret)"}) {
    World world;
    EXPECT_FALSE(world.expression(text)) << text;
    EXPECT_EQ(render(world.diagnostics, world.sources).find("hunter2"), std::string::npos)
        << render(world.diagnostics, world.sources);
    for (const Diagnostic& d : world.diagnostics.all())
      EXPECT_EQ((d.message + d.hint).find("hunter2"), std::string::npos);
  }
}

TEST(Templates, KeepTheTypeOfAWholeExpression) {
  World world;
  auto value = world.run(
      "a: ${{ vars.n }}\nb: n=${{ vars.n }}, ${{ vars.yes }}\nc: $${{ x }}\nd: ${ x } $x {{ y }}\ne: ${{ vars.list }}\n"
      "f: '${{ vars.name }}${{ vars.half }}'\ng: ' ${{ vars.n }}'\n");
  ASSERT_TRUE(value) << render(world.diagnostics, world.sources);
  EXPECT_EQ(to_json(*value),
            R"({"a":3,"b":"n=3, true","c":"${{ x }}","d":"${ x } $x {{ y }}","e":[1,2,3],"f":"web0.5","g":" 3"})");
}

TEST(Templates, FindTheEndOfAnExpression) {
  World world;
  auto value = world.run("a: \"${{ {a: {b: 1}}.a.b }}${{ '}}' }}\"\nb: '${{ format(''{{{}}}'', 1) }}'\n");
  ASSERT_TRUE(value) << render(world.diagnostics, world.sources);
  EXPECT_EQ(to_json(*value), R"({"a":"1}}","b":"{1}"})");
}

TEST(Templates, PlacesAndTextOfResults) {
  World world;
  Value parsed = world.parse("a: ${{ vars.n }}\n");
  const Value* a = parsed.find("a");
  ASSERT_TRUE(a->is_expression());
  EXPECT_EQ(a->expression().text(), "${{ vars.n }}");
  EXPECT_TRUE(a->expression().whole());
  auto value = evaluate(parsed, world.scope, world.diagnostics);
  EXPECT_EQ(value->find("a")->where, a->where);
}

TEST(Templates, RefuseWhatHasNoText) {
  EXPECT_EQ(mistake("a: x ${{ vars.list }}\n"), "1:10 'vars.list' a list of 3 cannot stand inside a text");
  EXPECT_EQ(mistake("a: x ${{ vars.none }}\n"), "1:10 'vars.none' null cannot stand inside a text");
  EXPECT_EQ(mistake("a: x ${{ vars.map }}\n"), "1:10 'vars.map' a map of 3 cannot stand inside a text");
}

TEST(Templates, ReportEveryMistakeAndLeaveSuchStringsAlone) {
  World world;
  Value value = world.parse("a: ${{ 1 + }}\nb:\n- ${{ }}\n- ${{ vars.n\n- ${{ vars.n }}\n");
  EXPECT_EQ(world.diagnostics.errors(), 3u) << render(world.diagnostics, world.sources);
  EXPECT_EQ(value.find("a")->string(), "${{ 1 + }}");
  EXPECT_TRUE(value.find("b")->list()[2].is_expression());
  World other;
  EXPECT_FALSE(other.run("a: ${{ vars.x }}\nb: ${{ 1 / 0 }}\nc: ${{ vars.n }}\n"));
  EXPECT_EQ(other.diagnostics.errors(), 2u);
}

TEST(Places, AreExactInEveryStyleOfString) {
  const std::string found = "'oops' there is no 'oops'";
  EXPECT_EQ(mistake("a: ${{ oops }}\n"), "1:8 " + found);
  EXPECT_EQ(mistake("a: '${{ oops }}'\n"), "1:9 " + found);
  EXPECT_EQ(mistake("a: 'it''s ''${{ oops }}'\n"), "1:17 " + found);
  EXPECT_EQ(mistake("a: \"\\t\\u00e9\\x41\\\"\\U0001F600${{ oops }}\"\n"), "1:33 " + found);
  EXPECT_EQ(mistake("a: \"x \\\n    y ${{ oops }}\"\n"), "2:11 " + found);
  EXPECT_EQ(mistake("a: gr\xc3\xbc\xc3\x9f ${{ oops }}\n"), "1:13 " + found);
  EXPECT_EQ(mistake("a: one\n  two\n\n  three ${{ oops }}\n"), "4:13 " + found);
  EXPECT_EQ(mistake("a: 'one   \n\n\n   two ${{ oops }}'\n"), "4:12 " + found);
  EXPECT_EQ(mistake("a: |\n  one\n   two\n\n  x ${{ oops }}\n"), "5:9 " + found);
  EXPECT_EQ(mistake("a: |2-\n    one ${{ oops }}\n"), "2:13 " + found);
  EXPECT_EQ(mistake("a: |\n\n\n    one ${{ oops }}"), "4:13 " + found);
  EXPECT_EQ(mistake("a: >\n  one\n  two\n\n\n  x\n    more\n\n  y ${{ oops }}\n"), "9:9 " + found);
  EXPECT_EQ(mistake("a: >-\n  one ${{ oops }}\n  two\n"), "2:11 " + found);
  EXPECT_EQ(mistake("a: |\r\n  one\r\n  x ${{ oops }}\r\n"), "3:9 " + found);
  EXPECT_EQ(mistake("a: &x !!str '${{ oops }}'\n"), "1:18 " + found);
  EXPECT_EQ(mistake("a: |  # words\n  ${{ oops }}\n"), "2:7 " + found);
  EXPECT_EQ(mistake("a: ${{ vars.list[\n   oops ] }}\n"), "2:4 " + found);
}

TEST(Places, OfParseMistakes) {
  EXPECT_EQ(mistake("a: 'it''s ${{ 1 + }}'\n"), "1:19 '}}' the expression ends too early: a value is missing");
  EXPECT_EQ(mistake("a: x ${{ 1\n"), "1:11 '' the '${{' is never closed");
  EXPECT_EQ(mistake("a: |\n  x\n  ${{ foo(1) }}\n"), "3:7 'foo' there is no function 'foo'");
  EXPECT_EQ(mistake("a: |\n  x\n  ${{ upper(1, 2) }}\n"), "3:7 'upper(1, 2)' upper() takes 1 argument, not 2");
}

TEST(Places, AStringWithoutASourceStillWorks) {
  World world;
  Value value("x ${{ vars.n }} ${{ oops }}");
  parse_expressions(value, world.sources, world.diagnostics);
  EXPECT_FALSE(evaluate(value, world.scope, world.diagnostics));
  EXPECT_EQ(world.diagnostics.errors(), 1u);
}

std::vector<std::string> references(const std::string& yaml) {
  World world;
  Value value = world.parse(yaml);
  EXPECT_TRUE(world.diagnostics.empty()) << render(world.diagnostics, world.sources);
  std::vector<const Reference*> found;
  collect_references(value, found);
  std::vector<std::string> texts;
  for (const Reference* reference : found) texts.push_back(reference->text());
  return texts;
}

TEST(References, AreListedAtAnyDepth) {
  using List = std::vector<std::string>;
  EXPECT_EQ(references("a: ${{ tasks.site.outputs.Url }}\nb: [{c: 'x ${{ vars.x + env.HOME }}'}]\n"),
            (List{"tasks.site.outputs.Url", "vars.x", "env.HOME"}));
  EXPECT_EQ(references("a: ${{ tasks['my site'].outputs['Url'][0] }}\n"), List{"tasks['my site'].outputs.Url[0]"});
  EXPECT_EQ(references("a: ${{ vars[each.key].x }}\n"), (List{"vars[*].x", "each.key"}));
  EXPECT_EQ(references("a: |\n  ${{ default(vars.a, upper([vars.b, {k: vars.c}][0])) ? vars.d : -vars.e }}\n"),
            (List{"vars.a", "vars.b", "vars.c", "vars.d", "vars.e"}));
  EXPECT_EQ(references("a: ${{ tasks.block-internet.outputs.X-1 }}\n"), List{"tasks.block-internet.outputs.X-1"});
  EXPECT_EQ(references("a: $${{ vars.x }}\n"), List{});
}

TEST(References, KnowTheirPlaces) {
  World world;
  Value value = world.parse("a: |\n  x ${{ upper(tasks.site['Url']) }}\n");
  std::vector<const Reference*> found;
  collect_references(value, found);
  ASSERT_EQ(found.size(), 1u);
  auto text = [&](Where where) {
    return std::string(world.sources.text(where.source).substr(where.begin, where.end - where.begin));
  };
  EXPECT_EQ(text(found[0]->where), "tasks.site['Url']");
  EXPECT_EQ(text(found[0]->path[0].where), "tasks");
  EXPECT_EQ(text(found[0]->path[1].where), "site");
  EXPECT_EQ(text(found[0]->path[2].where), "'Url'");
}

TEST(References, KnowWhetherDefaultGuardsThem) {
  World world;
  Value value = world.parse("a: ${{ default(upper(vars.a[vars.b]), vars.c) + vars.d }}\n");
  std::vector<const Reference*> found;
  collect_references(value, found);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_TRUE(found[0]->guarded);
  EXPECT_TRUE(found[1]->guarded);
  EXPECT_FALSE(found[2]->guarded);
  EXPECT_FALSE(found[3]->guarded);
}

TEST(Bare, IsAnExpressionWithOrWithoutBraces) {
  World world;
  Value value = world.parse("when: vars.name == 'web'\nother: ${{ vars.n > 5 }}\n");
  auto when = parse_bare(*value.find("when"), world.sources, world.diagnostics);
  ASSERT_TRUE(when);
  EXPECT_EQ(evaluate(*when, world.scope, world.diagnostics)->boolean(), true);
  EXPECT_EQ(when->references().size(), 1u);
  EXPECT_FALSE(evaluate(value.find("other")->expression(), world.scope, world.diagnostics)->boolean());
}

}  // namespace
}  // namespace verba
