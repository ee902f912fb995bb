// SPDX-License-Identifier: Apache-2.0
// The functions of the expression language: one table, one small function for each row.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "value/expr_functions.h"
#include "value/json.h"
#include "value/keys.h"
#include "value/yaml.h"

namespace verba {

namespace {

using Result = std::optional<Value>;
using Kind = Value::Kind;

// Arguments.

std::nullopt_t wrong_argument(Call& call, std::size_t index, std::string_view wants) {
  return call.evaluation.fail(
      "expr.type", fmt::format("{}() wants {}, not {}", call.node.name(), wants, describe(call.arguments[index])),
      call.where(index),
      fmt::format("{}: {}", find_function(call.node.name())->about.signature,
                  find_function(call.node.name())->about.summary));
}

/// The argument as text; null, and a mistake, if it is none.
const std::string* text(Call& call, std::size_t index) {
  if (call.arguments[index].is_string()) return &call.arguments[index].string();
  wrong_argument(call, index, "a string");
  return nullptr;
}

/// A result that is text, within the budget.
Result made(Call& call, std::string result) {
  if (!call.evaluation.spend_text(result.size(), call.where())) return std::nullopt;
  return Value(std::move(result));
}

bool is_scalar(const Value& value) {
  return value.is_string() || value.is(Kind::boolean) || value.is(Kind::integer) || value.is(Kind::real);
}

std::string scalar_text(const Value& value) {
  return value.is_string() ? value.string() : to_json(value, SecretsAs::clear);
}

/// Results made from text that has places of its own get the place of the call.
void place_all(Value& value, Where where) {
  value.where = where;
  value.plain = false;
  if (value.is_list()) {
    for (Value& item : value.list()) place_all(item, where);
  } else if (value.is_map()) {
    for (Map::Entry& entry : value.map()) {
      entry.first.where = where;
      place_all(entry.second, where);
    }
  }
}

// Text.

template <class Change>
Result each_character(Call& call, Change change) {
  const std::string* in = text(call, 0);
  if (!in) return std::nullopt;
  std::string out = *in;
  for (char& c : out) c = change(c);
  return made(call, std::move(out));
}

Result lower(Call& call) {
  return each_character(call, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
}

Result upper(Call& call) {
  return each_character(call, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; });
}

Result trim(Call& call) {
  const std::string* in = text(call, 0);
  if (!in) return std::nullopt;
  static constexpr std::string_view white = " \t\r\n\v\f";
  std::size_t begin = in->find_first_not_of(white);
  if (begin == std::string::npos) return Value("");
  return made(call, in->substr(begin, in->find_last_not_of(white) + 1 - begin));
}

Result replace(Call& call) {
  const std::string* in = text(call, 0);
  const std::string* from = text(call, 1);
  const std::string* to = text(call, 2);
  if (!in || !from || !to) return std::nullopt;
  if (from->empty()) return wrong_argument(call, 1, "a text to look for");
  std::string out;
  std::size_t at = 0;
  for (std::size_t hit; (hit = in->find(*from, at)) != std::string::npos; at = hit + from->size()) {
    // Spent as it grows: the result can be far larger than what it is made from.
    if (!call.evaluation.spend_text(hit - at + to->size(), call.where())) return std::nullopt;
    out.append(*in, at, hit - at);
    out += *to;
  }
  if (!call.evaluation.spend_text(in->size() - at, call.where())) return std::nullopt;
  out.append(*in, at, std::string::npos);
  return Value(std::move(out));
}

Result split(Call& call) {
  const std::string* in = text(call, 0);
  const std::string* separator = text(call, 1);
  if (!in || !separator) return std::nullopt;
  if (separator->empty()) return wrong_argument(call, 1, "a separator");
  List parts;
  std::size_t at = 0;
  while (true) {
    std::size_t hit = in->find(*separator, at);
    if (!call.evaluation.spend_steps(1, call.where())) return std::nullopt;
    parts.emplace_back(in->substr(at, hit == std::string::npos ? hit : hit - at));
    if (hit == std::string::npos) return Value(std::move(parts));
    at = hit + separator->size();
  }
}

Result join(Call& call) {
  const Value& list = call.arguments[0];
  if (!list.is_list()) return wrong_argument(call, 0, "a list");
  const std::string* separator = text(call, 1);
  if (!separator) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < list.list().size(); ++i) {
    const Value& item = list.list()[i];
    if (!is_scalar(item)) {
      return call.evaluation.fail(
          "expr.type", fmt::format("join() wants strings and numbers, and element [{}] is {}", i, describe(item)),
          call.where(0), "jsonEncode() makes text of anything");
    }
    std::string part = scalar_text(item);
    if (!call.evaluation.spend_text(part.size() + separator->size(), call.where())) return std::nullopt;
    if (i > 0) out += *separator;
    out += part;
  }
  return Value(std::move(out));
}

Result format(Call& call) {
  const std::string* pattern = text(call, 0);
  if (!pattern) return std::nullopt;
  std::string out;
  std::size_t next = 1;
  for (std::size_t i = 0; i < pattern->size(); ++i) {
    std::string_view two = std::string_view(*pattern).substr(i, 2);
    if (two == "{{" || two == "}}") {
      out += two[0];
      ++i;
    } else if (two == "{}") {
      if (next < call.arguments.size()) {
        if (!is_scalar(call.arguments[next])) return wrong_argument(call, next, "strings, numbers and truths");
        out += scalar_text(call.arguments[next]);
      }
      ++next;
      ++i;
    } else if (two[0] == '{' || two[0] == '}') {
      return call.evaluation.fail("expr.arguments", "format() knows only {} for the next value, {{ and }}",
                                  call.where(0), "write {{ for a brace that is meant as such");
    } else {
      out += two[0];
    }
    // A short pattern may take in long arguments many times over.
    if (out.size() > (16u << 20)) return made(call, std::move(out));
  }
  if (next != call.arguments.size()) {
    return call.evaluation.fail("expr.arguments",
                                fmt::format("format() has {} {{}} for {} value{}", next - 1, call.arguments.size() - 1,
                                            call.arguments.size() == 2 ? "" : "s"),
                                call.where(), "one {} for each value; write {{ for a brace that is meant as such");
  }
  return made(call, std::move(out));
}

Result starts_with(Call& call) {
  const std::string* in = text(call, 0);
  const std::string* prefix = text(call, 1);
  if (!in || !prefix) return std::nullopt;
  return Value(in->starts_with(*prefix));
}

Result ends_with(Call& call) {
  const std::string* in = text(call, 0);
  const std::string* suffix = text(call, 1);
  if (!in || !suffix) return std::nullopt;
  return Value(in->ends_with(*suffix));
}

Result matches(Call& call) {
  const std::string* in = text(call, 0);
  const std::string* pattern = text(call, 1);
  if (!in || !pattern) return std::nullopt;
  re2::RE2::Options options;
  options.set_log_errors(false);
  re2::RE2 expression(*pattern, options);
  if (!expression.ok()) {
    std::string why = call.arguments[1].secret ? "" : ": " + expression.error();
    return call.evaluation.fail("expr.arguments", fmt::format("the pattern is no regular expression{}", why),
                                call.where(1), "the syntax is RE2's; r'...' keeps backslashes");
  }
  return Value(re2::RE2::PartialMatch(*in, expression));
}

// Encodings.

Result sha256(Call& call) {
  const std::string* in = text(call, 0);
  if (!in) return std::nullopt;
  return made(call, verba::sha256(*in).hex());
}

Result base64(Call& call) {
  const std::string* in = text(call, 0);
  if (!in) return std::nullopt;
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((in->size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < in->size(); i += 3) {
    auto byte = [&](std::size_t at) { return at < in->size() ? static_cast<unsigned char>((*in)[at]) : 0u; };
    unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += letters[group >> 18];
    out += letters[group >> 12 & 63];
    out += i + 1 < in->size() ? letters[group >> 6 & 63] : '=';
    out += i + 2 < in->size() ? letters[group & 63] : '=';
  }
  return made(call, std::move(out));
}

Result json_encode(Call& call) {
  return made(call, to_json(call.arguments[0], SecretsAs::clear));
}

Result json_decode(Call& call) {
  const std::string* in = text(call, 0);
  if (!in) return std::nullopt;
  std::string why;
  Result result = parse_json(*in, why);
  if (!result) {
    if (call.arguments[0].secret) why = "it is a secret, so no more is shown";
    return call.evaluation.fail("expr.arguments", fmt::format("jsonDecode() wants JSON: {}", why), call.where(0),
                                "yamlDecode() reads YAML");
  }
  place_all(*result, call.where());
  return result;
}

Result yaml_decode(Call& call) {
  const std::string* in = text(call, 0);
  if (!in) return std::nullopt;
  Sources sources;
  Diagnostics diagnostics;
  SourceId source = sources.add("yamlDecode()", *in);
  std::vector<Value> documents = parse_yaml(sources, source, diagnostics);
  bool secret = call.arguments[0].secret;
  if (diagnostics.has_errors()) {
    const Diagnostic& first = diagnostics.all().front();
    std::string why = secret ? "it is a secret, so no more is shown"
                             : fmt::format("{}, in line {}", first.message, sources.position(first.where).line);
    return call.evaluation.fail("expr.arguments", fmt::format("yamlDecode() wants YAML: {}", why), call.where(0),
                                secret ? "" : first.hint);
  }
  if (documents.size() > 1) {
    return call.evaluation.fail("expr.arguments",
                                fmt::format("yamlDecode() wants one document, not {}", documents.size()), call.where(0),
                                "split it at '---' first");
  }
  Value result = documents.empty() ? Value() : std::move(documents.front());
  place_all(result, call.where());
  return result;
}

// Lists and maps.

Result length(Call& call) {
  const Value& of = call.arguments[0];
  std::size_t count = 0;
  if (of.is_list())
    count = of.list().size();
  else if (of.is_map())
    count = of.map().size();
  else if (!of.is_string())
    return wrong_argument(call, 0, "a string, a list or a map");
  else
    count = static_cast<std::size_t>(std::count_if(
        of.string().begin(), of.string().end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  return Value(static_cast<std::int64_t>(count));
}

Result keys(Call& call) {
  if (!call.arguments[0].is_map()) return wrong_argument(call, 0, "a map");
  List names;
  for (const Map::Entry* entry : sorted_entries(call.arguments[0].map())) names.emplace_back(entry->first.name);
  return Value(std::move(names));
}

Result values(Call& call) {
  if (!call.arguments[0].is_map()) return wrong_argument(call, 0, "a map");
  List items;
  for (const Map::Entry* entry : sorted_entries(call.arguments[0].map())) items.push_back(entry->second);
  return Value(std::move(items));
}

Result contains(Call& call) {
  const Value& in = call.arguments[0];
  const Value& item = call.arguments[1];
  if (in.is_list()) {
    std::optional<bool> found = holds(in.list(), item);
    Value result = found ? Value(*found) : Value(Unknown{});
    // The table says that an element's secret stays where it is; here it does not.
    result.secret = has_secret(in) || has_secret(item);
    return result;
  }
  if (!in.is_string() && !in.is_map()) return wrong_argument(call, 0, "a list, a map or a string");
  const std::string* name = text(call, 1);
  if (!name) return std::nullopt;
  if (in.is_map()) return Value(in.map().find(*name) != nullptr);
  return Value(in.string().find(*name) != std::string::npos);
}

// The world, through the hooks of Scope.

std::nullopt_t unavailable(Call& call) {
  return call.evaluation.fail("expr.unavailable", fmt::format("{}() is not available here", call.node.name()),
                              call.where());
}

/// What a hook is asked for stands in its messages, so it must be no secret.
const std::string* open_text(Call& call) {
  const std::string* in = text(call, 0);
  if (!in || !call.arguments[0].secret) return in;
  call.evaluation.fail("expr.type", fmt::format("the argument of {}() cannot be a secret", call.node.name()),
                       call.where(0));
  return nullptr;
}

Result no_answer(Call& call, NotFound missing) {
  return call.evaluation.fail_not_found(std::move(missing), call.where(0));
}

Result file(Call& call) {
  const std::string* path = open_text(call);
  if (!path) return std::nullopt;
  if (path->empty()) {
    return call.evaluation.fail("expr.arguments", "file() wants the path of a file, and this text is empty",
                                call.where(0), "for example: file('policy.json')");
  }
  if (!call.evaluation.scope().file) return unavailable(call);
  std::variant<std::string, NotFound> answer = call.evaluation.scope().file(*path, call.where(0));
  if (auto* missing = std::get_if<NotFound>(&answer)) return no_answer(call, std::move(*missing));
  return made(call, std::move(std::get<std::string>(answer)));
}

Result secret(Call& call) {
  const std::string* reference = open_text(call);
  if (!reference) return std::nullopt;
  if (auto missing = missing_in_secret(*reference)) {
    return call.evaluation.fail("expr.arguments", *std::move(missing), call.where(0),
                                "for example: secret('env:DB_PASSWORD')");
  }
  if (!call.evaluation.scope().secret) return unavailable(call);
  TextAnswer answer = call.evaluation.scope().secret(*reference, call.where(0));
  if (auto* missing = std::get_if<NotFound>(&answer)) return no_answer(call, std::move(*missing));
  if (std::holds_alternative<Unknown>(answer)) return Value(Unknown{});
  Result result = made(call, std::move(std::get<std::string>(answer)));
  if (result) result->secret = true;
  return result;
}

Result now(Call& call) {
  if (!call.evaluation.scope().now) return unavailable(call);
  return made(call, call.evaluation.scope().now());
}

constexpr std::size_t kAny = 1'000'000;

constexpr std::array<FunctionRow, 23> kRows = {{
    {{"base64", "base64(text)", "the text in Base64", "base64('hi')  ->  'aGk='"}, 1, 1, base64},
    {{"contains", "contains(in, item)", "is it an element of the list, a key of the map, a part of the string?",
      "contains(['a', 'b'], 'a')  ->  true"},
     2,
     2,
     contains,
     true},
    {{"default", "default(value, otherwise)", "the value, or the other one where it is null or its name means nothing",
      "default(vars.replicas, 2)"},
     2,
     2,
     nullptr},
    {{"endsWith", "endsWith(text, end)", "does the string end so?", "endsWith('a.yaml', '.yaml')  ->  true"},
     2,
     2,
     ends_with},
    {{"file", "file(path)", "the content of a file; a relative path starts at the file this is written in",
      "file('policy.json')"},
     1,
     1,
     file},
    {{"format", "format(pattern, values...)", "the pattern with each {} replaced by the next value",
      "format('{} of {}', 1, 3)  ->  '1 of 3'"},
     1,
     kAny,
     format},
    {{"join", "join(list, separator)", "the elements in one string", "join(['a', 'b'], ',')  ->  'a,b'"}, 2, 2, join},
    {{"jsonDecode", "jsonDecode(text)", "what the JSON says", "jsonDecode('{\"a\": 1}').a  ->  1"}, 1, 1, json_decode},
    {{"jsonEncode", "jsonEncode(value)", "the value as JSON", "jsonEncode({a: [1, 2]})  ->  '{\"a\":[1,2]}'"},
     1,
     1,
     json_encode},
    {{"keys", "keys(map)", "its keys, sorted", "keys({b: 1, a: 2})  ->  ['a', 'b']"}, 1, 1, keys, true},
    {{"length", "length(of)", "how many characters, elements or keys", "length('abc')  ->  3"}, 1, 1, length, true},
    {{"lower", "lower(text)", "with the letters A to Z made small", "lower('Web')  ->  'web'"}, 1, 1, lower},
    {{"matches", "matches(text, pattern)", "does the regular expression (RE2) fit anywhere in the string?",
      "matches('v1.2', r'^v\\d+')  ->  true"},
     2,
     2,
     matches},
    {{"now", "now()", "the time of the run, RFC 3339 in UTC", "now()  ->  '2026-11-22T09:55:11.250Z'"}, 0, 0, now},
    {{"replace", "replace(text, from, to)", "with every `from` made `to`", "replace('a-b', '-', '_')  ->  'a_b'"},
     3,
     3,
     replace},
    {{"secret", "secret(reference)", "a secret from where it is kept; whatever is computed from it is secret too",
      "secret('env:DB_PASSWORD')"},
     1,
     1,
     secret},
    {{"sha256", "sha256(text)", "its SHA-256 in hexadecimal digits", "sha256(file('site.zip'))"}, 1, 1, sha256},
    {{"split", "split(text, separator)", "the parts between the separators", "split('a,b', ',')  ->  ['a', 'b']"},
     2,
     2,
     split},
    {{"startsWith", "startsWith(text, start)", "does the string start so?", "startsWith('prod-eu', 'prod')  ->  true"},
     2,
     2,
     starts_with},
    {{"trim", "trim(text)", "without white space at both ends", "trim(' a ')  ->  'a'"}, 1, 1, trim},
    {{"upper", "upper(text)", "with the letters a to z made capitals", "upper('eu')  ->  'EU'"}, 1, 1, upper},
    {{"values", "values(map)", "its values, in the order of the sorted keys", "values({b: 1, a: 2})  ->  [2, 1]"},
     1,
     1,
     values,
     true},
    {{"yamlDecode", "yamlDecode(text)", "what the YAML document says", "yamlDecode(file('values.yaml')).replicas"},
     1,
     1,
     yaml_decode},
}};

constexpr std::array<Function, kRows.size()> abouts() {
  std::array<Function, kRows.size()> all{};
  for (std::size_t i = 0; i < kRows.size(); ++i) all[i] = kRows[i].about;
  return all;
}

constexpr std::array<Function, kRows.size()> kFunctions = abouts();

}  // namespace

const FunctionRow* find_function(std::string_view name) {
  auto row = std::find_if(kRows.begin(), kRows.end(), [&](const FunctionRow& r) { return r.about.name == name; });
  return row == kRows.end() ? nullptr : &*row;
}

std::optional<std::string> missing_in_secret(std::string_view reference) {
  if (reference.size() < 2 || reference.find(':') != reference.size() - 1) return std::nullopt;
  const std::string_view what = reference == "file:" ? "path" : reference == "command:" ? "command" : "name";
  return fmt::format("the {} after '{}' is missing", what, reference);
}

std::span<const Function> functions() {
  return kFunctions;
}

}  // namespace verba
