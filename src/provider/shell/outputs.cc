// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/outputs.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <utility>

#include "base/utf8.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::array<std::pair<std::string_view, OutputFormat>, 5> formats = {{{"none", OutputFormat::none},
                                                                               {"text", OutputFormat::text},
                                                                               {"lines", OutputFormat::lines},
                                                                               {"json", OutputFormat::json},
                                                                               {"dotenv", OutputFormat::dotenv}}};

List lines_of(std::string_view text) {
  List lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Map one(std::string_view name, Value value) {
  Map map;
  map.append({std::string(name), {}}, std::move(value));
  return map;
}

std::optional<Map> parse_object(std::string_view text, std::string& why) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Map{};
  std::string mistake;
  std::optional<Value> value = parse_json(text, mistake);
  if (!value) {
    why = fmt::format("is not JSON: {}", mistake);
    return std::nullopt;
  }
  if (!value->is_map()) {
    why = fmt::format("must be a JSON object, but is a {}", kind_name(value->kind()));
    return std::nullopt;
  }
  return std::move(value->map());
}

/// Reads dotenv line by line; a quoted value may take several.
class DotenvReader {
 public:
  DotenvReader(std::string_view text, std::string& why) : text_(text), why_(why) {}

  std::optional<Map> read() {
    Map map;
    while (at_ < text_.size()) {
      skip_blanks();
      if (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '#') {
        if (!assignment(map)) return std::nullopt;
      }
      skip_line();
    }
    return map;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }

  void skip_line() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_ < text_.size()) ++at_, ++line_;
  }

  bool fail(std::string_view what) {
    why_ = fmt::format("line {}: {}", line_, what);
    return false;
  }

  std::string_view name() {
    const std::size_t begin = at_;
    auto belongs = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
    };
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool assignment(Map& map) {
    std::string_view key = name();
    if (key == "export" && at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) {
      skip_blanks();
      key = name();
    }
    skip_blanks();
    if (key.empty() || at_ == text_.size() || text_[at_] != '=') return fail("expected NAME=VALUE");
    ++at_;
    skip_blanks();
    std::string value;
    const char quote = at_ < text_.size() ? text_[at_] : '\n';
    if (quote == '\'' || quote == '"') {
      if (!quoted(quote, value)) return false;
    } else {
      value = unquoted();
    }
    map.set(key, Value(std::move(value)));
    return true;
  }

  std::string unquoted() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view value = text_.substr(at_, end - at_);
    at_ = end;
    if (value.starts_with('#')) return {};
    for (std::size_t i = 1; i < value.size(); ++i) {
      if (value[i] == '#' && (value[i - 1] == ' ' || value[i - 1] == '\t')) value = value.substr(0, i);
    }
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t' || value.back() == '\r')) {
      value.remove_suffix(1);
    }
    return std::string(value);
  }

  bool quoted(char quote, std::string& value) {
    const std::size_t first_line = line_;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) return rest_is_empty();
      if (c == '\n') ++line_;
      if (c == '\\' && quote == '"' && at_ + 1 < text_.size()) c = escaped(text_[at_ + 1], value);
      value.push_back(c);
    }
    line_ = first_line;
    return fail(fmt::format("the closing {} is missing", quote));
  }

  /// What an escape stands for. One that means nothing stays as it is, backslash and all.
  char escaped(char c, std::string& value) {
    ++at_;
    switch (c) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case '"':
      case '\\':
      case '$':
      case '`':
        return c;
      default:
        if (c == '\n') ++line_;
        value.push_back('\\');
        return c;
    }
  }

  bool rest_is_empty() {
    ++at_;
    skip_blanks();
    if (at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '#') return true;
    return fail("there is more after the closing quote");
  }

  std::string_view text_;
  std::string& why_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::optional<OutputFormat> output_format(std::string_view name) {
  for (const auto& [known, format] : formats) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::optional<Map> parse_dotenv(std::string_view text, std::string& why) {
  return DotenvReader(text, why).read();
}

std::optional<Map> parse_outputs(OutputFormat format, std::string_view text, std::string& why) {
  if (format == OutputFormat::none) return Map{};
  if (!is_utf8(text)) {
    why = "is not UTF-8 text";
    return std::nullopt;
  }
  switch (format) {
    case OutputFormat::lines:
      return one("lines", lines_of(text));
    case OutputFormat::json:
      return parse_object(text, why);
    case OutputFormat::dotenv:
      return parse_dotenv(text, why);
    default:
      break;
  }
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return one("text", Value(text));
}

}  // namespace verba
