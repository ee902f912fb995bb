// SPDX-License-Identifier: Apache-2.0
#include "value/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "value/yaml_feed.h"

namespace verba {

namespace {

constexpr std::size_t kStep = 64;

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

}  // namespace

Marks::Marks(std::string_view text) : text_(text) {
  ascii_ = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii_) return;
  std::size_t count = 0;
  starts_.reserve(text.size() / kStep + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_character(text[i]) && count++ % kStep == 0) starts_.push_back(static_cast<std::uint32_t>(i));
  }
  if (text.starts_with(kByteOrderMark)) start_at(kByteOrderMark.size());
}

void Marks::start_at(std::size_t byte) {
  std::string_view between = text_.substr(start_, byte - start_);
  characters_ += static_cast<std::size_t>(std::count_if(between.begin(), between.end(), starts_character));
  start_ = byte;
}

std::uint32_t Marks::byte(const yaml_mark_t& mark) const {
  std::size_t index = characters_ + mark.index;
  std::size_t at = index;
  if (!ascii_) {
    std::size_t step = index / kStep;
    at = step < starts_.size() ? starts_[step] : text_.size();
    for (std::size_t left = index % kStep; left > 0 && at < text_.size(); --left) {
      ++at;
      while (at < text_.size() && !starts_character(text_[at])) ++at;
    }
  }
  return static_cast<std::uint32_t>(std::min(at, text_.size()));
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

/// The encoding of a text that begins so, if it is one of those with more than a byte for each letter.
std::string_view wide_encoding(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\xff\xfe\0\0"sv) || text.starts_with("\0\0\xfe\xff"sv)) return "UTF-32";
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return "UTF-16";
  if (text.size() < 4) return {};
  std::string zeros;
  for (char c : text.substr(0, 4)) zeros += c == '\0' ? '0' : 'x';
  if (zeros == "000x" || zeros == "x000") return "UTF-32";
  return zeros == "0x0x" || zeros == "x0x0" ? "UTF-16" : "";
}

Diagnostic explain_reader(const yaml_parser_t& parser, const Marks& marks) {
  const std::string_view encoding = wide_encoding(marks.text());
  if (encoding.empty() && std::string_view(parser.problem).starts_with("control characters")) {
    return syntax(fmt::format("the character U+{:04X} is not allowed in YAML", parser.problem_value),
                  "remove it; in double quotes it can be written as an escape");
  }
  Diagnostic d = syntax("this is not UTF-8", "save the file as UTF-8");
  d.code = "yaml.not-utf8";
  if (!encoding.empty()) d.message = fmt::format("the text is {}, not UTF-8", encoding);
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

/// No value stands where brackets want one: at the end of the document, because they are never closed.
std::optional<Diagnostic> explain_brackets(std::string_view problem, const Spot& spot, const OpenBracket& open,
                                           SourceId source) {
  if (!problem.starts_with("did not find expected node content")) return std::nullopt;
  const std::string_view marker = spot.text.substr(spot.at, 3);
  const bool over = spot.at == spot.text.size() || (spot.before.empty() && (marker == "---" || marker == "..."));
  Diagnostic d;
  if (over) {
    d = syntax(fmt::format("the {} that opens here is never closed", open.map ? "map" : "list"),
               fmt::format("add the closing '{}'", open.map ? '}' : ']'));
  } else {
    d = syntax("a value is missing here", "write one, or '' for an empty text");
  }
  d.where = one_character(source, spot.text, over ? open.at : spot.at);
  return d;
}

Diagnostic explain_parser(const yaml_parser_t& parser, SourceId source, const Marks& marks,
                          const std::optional<OpenBracket>& open) {
  std::string_view problem = parser.problem ? parser.problem : "the syntax is wrong";
  std::string_view context = parser.context ? parser.context : "";
  std::size_t at = marks.byte(parser.problem_mark);
  std::size_t opened = marks.byte(parser.context_mark);
  const Explanation* known = find_explanation(problem, context);
  if (open) {
    if (auto found = explain_brackets(problem, Spot(marks.text(), at), *open, source)) return *std::move(found);
  }
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

Diagnostic explain(const yaml_parser_t& parser, SourceId source, const Marks& marks, std::size_t odd_byte,
                   const std::optional<OpenBracket>& open) {
  if (parser.error == YAML_READER_ERROR) {
    Diagnostic d = explain_reader(parser, marks);
    if (d.code == "yaml.not-utf8") odd_byte = first_of_character(marks.text(), odd_byte);
    d.where = one_character(source, marks.text(), odd_byte);
    return d;
  }
  if (parser.error == YAML_MEMORY_ERROR) return syntax("there is not enough memory to read this text");
  return explain_parser(parser, source, marks, open);
}

}  // namespace verba
