// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/args.h"
#include "cli/manuals.h"
#include "view/text/markdown.h"
#include "view/text/width.h"

namespace verba {
namespace {

std::string flag_text(const Option& option) {
  std::string text = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "    ";
  text += fmt::format("--{}", option.name);
  if (!option.value.empty()) text += fmt::format(" {}", option.value);
  return text;
}

std::string words_of(const std::vector<std::string_view>& all) {
  std::string out;
  for (const auto word : all) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

std::string summary_of(const Option& option) {
  std::string text(option.summary);
  if (!option.one_of.empty() && text.find(option.one_of.front()) == std::string::npos)
    text += ": " + words_of(option.one_of);
  if (option.repeats) text += " (may be repeated)";
  return text;
}

/// Words broken into lines of at most `columns`, each further line after `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  std::string out, line;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    if (!line.empty() && indent + display_width(line) + 1 + display_width(word) > columns) {
      out += line + "\n" + std::string(indent, ' ');
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
    text = end == text.size() ? std::string_view{} : text.substr(end + 1);
  }
  return out + line;
}

std::string options_text(const std::vector<Option>& options, Style style) {
  constexpr std::size_t kColumns = 100;
  std::size_t width = 0;
  for (const Option& option : options) width = std::max(width, display_width(flag_text(option)));
  std::string out;
  for (const Option& option : options) {
    out += "  " + style.cyan(padded(flag_text(option), width)) + "  ";
    out += wrapped(summary_of(option) + " [" + variable_of(option) + "]", width + 4, kColumns) + "\n";
  }
  return out;
}

std::string usage_line(const CommandRow& command) {
  std::string text = fmt::format("verba {}", command.name);
  for (const Positional& positional : command.positionals) {
    std::string word(positional.name);
    if (positional.repeats) word += "...";
    text += positional.required ? " " + word : " [" + word + "]";
  }
  return text + " [flags]";
}

/// The page without its first heading.
std::string_view body_of(std::string_view page) {
  if (!page.starts_with("# ")) return page;
  const auto end = page.find('\n');
  page = end == std::string_view::npos ? std::string_view{} : page.substr(end + 1);
  while (page.starts_with("\n")) page.remove_prefix(1);
  return page;
}

}  // namespace

std::string overview(std::span<const CommandRow> commands, Style style) {
  std::string out = "verba: describe what is to be deployed; see what would change; make it so.\n\n";
  out += style.bold("Usage") + "\n  verba COMMAND [flags]\n";
  std::size_t width = 0;
  for (const CommandRow& command : commands) width = std::max(width, command.name.size());
  std::string_view group;
  for (const CommandRow& command : commands) {
    if (command.group.empty()) continue;
    if (command.group != group) out += "\n" + style.bold(command.group) + "\n";
    group = command.group;
    out += "  " + style.cyan(padded(command.name, width)) + "  " + std::string(command.summary) + "\n";
  }
  out += "\n" + style.bold("Flags of every command") + "\n" + options_text(global_options(), style);
  return out + "\nStart with `verba init`; `verba help COMMAND` shows examples.\n";
}

std::string help_text(const CommandRow& command, Style style) {
  std::string out = style.bold("verba " + std::string(command.name)) + ": " + std::string(command.summary) + "\n\n";
  out += style.bold("Usage") + "\n  " + usage_line(command) + "\n";
  if (const auto body = body_of(manual_of(command.name)); !body.empty()) out += "\n" + markdown_text(body, style);
  if (!command.options.empty()) out += "\n" + style.bold("Flags") + "\n" + options_text(command.options, style);
  return out + "\n" + style.bold("Flags of every command") + "\n" + options_text(global_options(), style);
}

std::string manual_page(const CommandRow& command) {
  std::string out =
      fmt::format("# verba {}\n\n{}.\n\n```\n{}\n```\n\n", command.name, command.summary, usage_line(command));
  out += body_of(manual_of(command.name));
  if (!command.options.empty()) {
    out += "\n## Flags\n\n| flag | variable | meaning |\n|---|---|---|\n";
    for (const Option& option : command.options) {
      std::string flag = flag_text(option);
      flag.erase(0, flag.find_first_not_of(' '));
      std::string meaning = summary_of(option);
      out += fmt::format("| `{}` | `{}` | {} |\n", flag, variable_of(option), meaning);
    }
  }
  return out;
}

}  // namespace verba
