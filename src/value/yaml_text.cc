// SPDX-License-Identifier: Apache-2.0
#include "value/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

namespace verba {

namespace {

constexpr std::size_t kStep = 64;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

}  // namespace

Marks::Marks(std::string_view text) : text_(text) {
  if (text.starts_with(kByteOrderMark)) skipped_ = kByteOrderMark.size();
  std::string_view rest = body();
  ascii_ = std::all_of(rest.begin(), rest.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii_) return;
  std::size_t count = 0;
  starts_.reserve(rest.size() / kStep + 1);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (starts_character(rest[i]) && count++ % kStep == 0) starts_.push_back(static_cast<std::uint32_t>(i));
  }
}

std::uint32_t Marks::byte(const yaml_mark_t& mark) const {
  std::string_view rest = body();
  std::size_t at = mark.index;
  if (!ascii_) {
    std::size_t step = mark.index / kStep;
    at = step < starts_.size() ? starts_[step] : rest.size();
    for (std::size_t left = mark.index % kStep; left > 0 && at < rest.size(); --left) {
      ++at;
      while (at < rest.size() && !starts_character(rest[at])) ++at;
    }
  }
  return static_cast<std::uint32_t>(skipped_ + std::min(at, rest.size()));
}

namespace {

/// One of libyaml's complaints in our words. `{}` in a message stands for the character at the place.
struct Explanation {
  std::string_view problem;  ///< how libyaml's words start
  std::string_view context;  ///< how its context starts; "" is any
  std::string_view message;
  std::string_view hint;
  std::string_view opened = {};  ///< what the context mark shows, if that helps
  bool at_context = false;       ///< the context mark is the better place
};

constexpr std::string_view kQuoteIt = "put the value in quotes";
constexpr std::string_view kSpaces = "indent with spaces; YAML does not allow tabs there";

constexpr Explanation kExplanations[] = {
    {"found unexpected end of stream",
     "while scanning a quoted scalar",
     "the quote that opens here is never closed",
     "add the closing quote; inside single quotes a quote is written twice",
     {},
     true},
    {"found unexpected document indicator",
     "while scanning a quoted scalar",
     "the quote that opens here is not closed before the document ends",
     "add the closing quote",
     {},
     true},
    {"found a tab character", "", "a tab stands where spaces of the indentation should be", kSpaces},
    {"could not find expected ':'",
     "",
     "there is no ':' after this key",
     "write 'key: value'; text over several lines goes in quotes or under '|'",
     {},
     true},
    {"block sequence entries are not allowed", "", "a list entry cannot start here",
     "start the list on a line of its own, under its key"},
    {"mapping keys are not allowed", "", "a key cannot start here", "start the map on a line of its own"},
    {"did not find expected '-' indicator", "", "this line does not continue the list above",
     "start it with '- ', or indent it to be part of the entry above", "the list starts here"},
    {"did not find expected ',' or ']'", "", "',' or ']' is missing before this", "a list in brackets: [a, b]",
     "the list opens here"},
    {"did not find expected ',' or '}'", "", "',' or '}' is missing before this", "a map in braces: {a: 1, b: 2}",
     "the map opens here"},
    {"did not find expected node content", "", "a value is missing here", kQuoteIt},
    {"did not find expected <document start>", "", "this stands after the end of the document",
     "separate documents by a line '---', and check the indentation"},
    {"did not find expected alphabetic or numeric character",
     "while scanning an alias",
     "'*' starts an alias, and its name is missing",
     kQuoteIt,
     {},
     true},
    {"did not find expected alphabetic or numeric character",
     "while scanning an anchor",
     "'&' starts an anchor, and its name is missing",
     kQuoteIt,
     {},
     true},
    {"found unknown escape character", "", "this escape is unknown in double quotes",
     "write \\\\ for a backslash, or use single quotes, where nothing is an escape"},
    {"did not find expected hexdecimal number", "", "the escape needs hexadecimal digits here",
     "\\x41, \\u0041 or \\U00000041"},
    {"found invalid Unicode character escape code", "", "the escape names no character", ""},
    {"did not find expected comment or line break", "while scanning a block scalar",
     "text follows '|' or '>' on the same line", "start the text on the next line, indented"},
    {"found an indentation indicator equal to 0", "", "the indentation after '|' or '>' is from 1 to 9", ""},
    {"found undefined tag handle", "", "the tag begins with a handle nobody declared", kQuoteIt},
    {"did not find expected whitespace or line break", "while scanning a tag", "a space is missing after the tag",
     kQuoteIt},
    {"did not find URI escaped octet", "", "the tag has a bad % escape", kQuoteIt},
    {"did not find expected tag URI", "", "the tag has no name", kQuoteIt},
    {"found unknown directive name", "", "this directive is unknown", "only %YAML and %TAG exist"},
    {"found incompatible YAML document", "", "the document wants another version of YAML",
     "write %YAML 1.2 or nothing"},
    {"found duplicate %", "", "the directive is there twice", ""},
    {"could not find expected directive name", "", "a line that starts with '%' is a directive", kQuoteIt},
};

/// The place of a finding in the text, and the line around it.
struct Spot {
  Spot(std::string_view whole, std::size_t where) : text(whole), at(std::min(where, whole.size())) {
    std::size_t start = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    before = text.substr(start == std::string_view::npos ? 0 : start + 1);
    before = before.substr(0, at - static_cast<std::size_t>(before.data() - text.data()));
    here = at < text.size() ? text[at] : '\0';
  }
  std::string_view text;
  std::size_t at;
  std::string_view before;  ///< the line up to the place
  char here = '\0';         ///< NUL at the end of the text

  bool first_of_line() const { return before.find_first_not_of(" \t") == std::string_view::npos; }
};

Diagnostic syntax(std::string message, std::string hint = {}) {
  Diagnostic d;
  d.code = "yaml.syntax";
  d.message = std::move(message);
  d.hint = std::move(hint);
  return d;
}

Diagnostic explain_reader(const yaml_parser_t& parser, const Marks& marks) {
  if (std::string_view(parser.problem).starts_with("control characters")) {
    return syntax(fmt::format("the character U+{:04X} is not allowed in YAML", parser.problem_value),
                  "remove it; in double quotes it can be written as an escape");
  }
  Diagnostic d = syntax("this is not UTF-8", "save the file as UTF-8");
  d.code = "yaml.not-utf8";
  if (marks.text().starts_with("\xff\xfe") || marks.text().starts_with("\xfe\xff")) {
    d.message = "the text is UTF-16, not UTF-8";
  }
  return d;
}

/// libyaml points at the byte that cannot follow; people look at the one that it cannot follow.
std::size_t first_of_character(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back <= 3 && back <= at; ++back) {
    unsigned char c = at - back < text.size() ? static_cast<unsigned char>(text[at - back]) : 0;
    std::size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
    if (length > back) return at - back;
    if (c < 0x80) break;
  }
  return at;
}

/// The complaints whose meaning depends on what stands around the place.
std::optional<Diagnostic> explain_by_text(std::string_view problem, const Spot& spot) {
  if (problem.starts_with("found character that cannot start any token")) {
    if (spot.here == '\t')
      return syntax("a tab stands where spaces of the indentation should be", std::string(kSpaces));
    return syntax(fmt::format("a value cannot start with '{}'", spot.here), std::string(kQuoteIt));
  }
  if (problem.starts_with("mapping values are not allowed")) {
    if (spot.before.find(": ") != std::string_view::npos) {
      return syntax("a value with ': ' in it needs quotes", "put the value in quotes, or start a map on the next line");
    }
    return syntax("a key cannot stand here: the line before is no map",
                  "line the key up with the keys before it, or end the line before with ':'");
  }
  if (problem.starts_with("did not find expected key")) {
    if (spot.here == '\t')
      return syntax("a tab stands where spaces of the indentation should be", std::string(kSpaces));
    if (!spot.first_of_line()) {
      return syntax("this follows a value that has already ended",
                    "put the whole value in quotes; inside single quotes a quote is written twice");
    }
    if (spot.here == '-') {
      return syntax("a list entry stands among the keys of a map",
                    "indent the list under its key, or give the list a key");
    }
    return syntax("this line does not fit the map above: it is neither one of its keys nor part of a value",
                  "check the indentation of this line and of the lines before");
  }
  return std::nullopt;
}

const Explanation* find_explanation(std::string_view problem, std::string_view context) {
  for (const Explanation& e : kExplanations) {
    if (problem.starts_with(e.problem) && context.starts_with(e.context)) return &e;
  }
  return nullptr;
}

Where one_character(SourceId source, std::string_view text, std::size_t at) {
  // At the end of the text the last character that is there is the better place to show.
  at = std::min(at, text.size());
  std::size_t end = at;
  if (end < text.size() && text[end] != '\n' && text[end] != '\r') {
    ++end;
    while (end < text.size() && !starts_character(text[end])) ++end;
  }
  return {source, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)};
}

Diagnostic explain_parser(const yaml_parser_t& parser, SourceId source, const Marks& marks) {
  std::string_view problem = parser.problem ? parser.problem : "the syntax is wrong";
  std::string_view context = parser.context ? parser.context : "";
  std::size_t at = marks.byte(parser.problem_mark);
  std::size_t opened = marks.byte(parser.context_mark);
  const Explanation* known = find_explanation(problem, context);
  Diagnostic d;
  if (auto found = explain_by_text(problem, Spot(marks.text(), at))) {
    d = *std::move(found);
  } else if (known) {
    d = syntax(std::string(known->message), std::string(known->hint));
    if (known->at_context) at = opened;
  } else {
    d = syntax(context.empty() ? std::string(problem) : fmt::format("{} {}", context, problem));
  }
  d.where = one_character(source, marks.text(), at);
  if (known && !known->opened.empty() && opened < at) {
    d.related.push_back({std::string(known->opened), one_character(source, marks.text(), opened)});
  }
  return d;
}

}  // namespace

Diagnostic explain(const yaml_parser_t& parser, SourceId source, const Marks& marks) {
  if (parser.error == YAML_READER_ERROR) {
    Diagnostic d = explain_reader(parser, marks);
    std::size_t at = marks.skipped() + parser.problem_offset;
    if (d.code == "yaml.not-utf8") at = first_of_character(marks.text(), at);
    d.where = one_character(source, marks.text(), at);
    return d;
  }
  if (parser.error == YAML_MEMORY_ERROR) return syntax("there is not enough memory to read this text");
  return explain_parser(parser, source, marks);
}

}  // namespace verba
