// SPDX-License-Identifier: Apache-2.0
#include "manifest/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "manifest/head.h"
#include "value/expr.h"

namespace verba {
namespace {

constexpr std::size_t text_width = 76;

// Breaks at spaces. Lines after the first begin with `indent` spaces; so does the first.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  std::string line(indent, ' ');
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (line.size() > indent && line.size() + 1 + word.size() > indent + text_width) {
      result += line + "\n";
      line.assign(indent, ' ');
    }
    if (line.size() > indent) line += ' ';
    line += word;
  }
  return result + line + "\n";
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

std::string code(std::string_view yaml) {
  return yaml.empty() ? std::string() : fmt::format("```yaml\n{}\n```\n", yaml);
}

// A summary, and the manual under it.
std::string description(std::string_view summary, std::string_view manual) {
  return wrapped(summary, 0) + (manual.empty() ? std::string() : fmt::format("\n{}\n", manual));
}

std::string section(std::string_view title, const std::string& body) {
  return body.empty() ? std::string() : fmt::format("\n## {}\n\n{}", title, body);
}

std::string indented(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    result += fmt::format("  {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

// The fields that `a.b` leads through: those of the items of a list, and of the values of a map.
const std::vector<Field>& inner_fields(const Field& field) {
  const Field* at = &field;
  while ((at->type == FieldType::list || at->type == FieldType::map) && !at->fields.empty()) at = &at->fields.front();
  static const std::vector<Field> none;
  return at->type == FieldType::object ? at->fields : none;
}

std::string properties(const Field& field) {
  std::string text = fmt::format("<{}>", type_name(field));
  if (field.required) text += " required";
  if (field.secret) text += " secret";
  if (field.only_alpha) text += " (v1-alpha only)";
  return text;
}

std::string list_of(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) {
    text += fmt::format("  {}  {}\n", field.name, properties(field));
    text += wrapped(field.summary, 6);
  }
  return text;
}

std::string details(const Field& field) {
  std::string text = fmt::format("TYPE     {}\n", type_name(field));
  text += fmt::format("REQUIRED {}\n", field.required ? "yes" : "no");
  if (!field.default_value.empty()) text += fmt::format("DEFAULT  {}\n", field.default_value);
  if (!field.one_of.empty()) text += fmt::format("ONE OF   {}\n", fmt::join(field.one_of, ", "));
  if (field.minimum) text += fmt::format("LEAST    {}\n", *field.minimum);
  if (!field.refers_to.empty()) text += fmt::format("NAMES    {}\n", field.refers_to);
  if (!field.alpha.empty()) text += fmt::format("V1-ALPHA {}\n", field.alpha);
  if (field.expressions) text += "TAKES    ${{ }} at any depth\n";
  if (field.secret) text += "SECRET   never shown\n";
  if (field.file) text += "FILE     from the directory of the manifest; a change of its content is a change\n";
  if (field.replaces) text += "CHANGE   of this deletes and creates anew\n";
  if (field.only_alpha) text += "STATUS   v1-alpha only; without a meaning\n";
  return text;
}

// An example of several lines is a script.
std::string example_of(const Field& field) {
  const auto text = trimmed(field.example);
  if (text.find('\n') == std::string_view::npos) return fmt::format("{}: {}", field.name, text);
  return fmt::format("{}: |\n{}", field.name, indented(text));
}

std::string about(std::string_view head, const Field& field, std::string_view path) {
  std::string text = fmt::format("{}\nFIELD    {}\n", head, path) + details(field);
  text += section("DESCRIPTION", wrapped(field.summary, 0));
  text += section("FIELDS", list_of(inner_fields(field)));
  if (!field.example.empty()) text += section("EXAMPLE", code(example_of(field)));
  return text;
}

std::string about(const Catalogue& catalogue, const Kind& kind) {
  std::string text = fmt::format("KIND     {}\nVERSION  verbacratis/v1{}\n", kind.name, kind.alpha ? ", v1-alpha" : "");
  text += section("DESCRIPTION", description(kind.summary, trimmed(kind.manual)));
  text += section("FIELDS of spec", list_of(catalogue.fields(kind)));
  text += section("EXAMPLE", code(trimmed(kind.example)));
  return text;
}

std::string about(const TaskType& type) {
  std::string text = fmt::format("TYPE     {}, a task type\n", type.name);
  text += section("DESCRIPTION", description(type.summary, trimmed(type.manual)));
  text += section("FIELDS of with", list_of(type.inputs));
  text += section("OUTPUTS", list_of(type.outputs));
  if (!type.accounts.empty()) text += section("ACCOUNTS", fmt::format("  {}\n", fmt::join(type.accounts, ", ")));
  text += section("EXAMPLE", code(trimmed(type.example)));
  return text;
}

std::string about(const Function& function) {
  return fmt::format("FUNCTION {}\n", function.signature) + section("DESCRIPTION", wrapped(function.summary, 0)) +
         section("EXAMPLE", fmt::format("```\n{}\n```\n", function.example));
}

std::string all_functions() {
  std::string text = "# Functions of ${{ }} expressions\n\n";
  for (const Function& function : functions()) {
    text += fmt::format("  {}\n", function.signature) + wrapped(function.summary, 6);
  }
  return text;
}

std::string all_topics(const Catalogue& catalogue) {
  std::string text = "# Kinds of manifests\n\n";
  for (const Kind* kind : catalogue.kinds) text += fmt::format("  {}\n", kind->name) + wrapped(kind->summary, 6);
  text += "\n# Types of tasks\n\n";
  for (const TaskType* type : catalogue.types) text += fmt::format("  {}\n", type->name) + wrapped(type->summary, 6);
  return text + "\nAsk for one of them, for a field (Deployment.tasks.retry), or for 'functions'.\n";
}

[[noreturn]] void unknown_topic(std::string_view path, std::string hint) {
  throw Error(Error::Kind::usage, "usage.unknown-topic", fmt::format("there is no '{}' to explain", path),
              std::move(hint));
}

std::string_view next_step(std::string_view& path) {
  const auto dot = std::min(path.find('.'), path.size());
  const auto step = path.substr(0, dot);
  path.remove_prefix(std::min(dot + 1, path.size()));
  return step;
}

// Walks `path` down from `fields`. Null, with a hint, where it leads nowhere.
const Field* field_at(const std::vector<Field>& fields, std::string_view path, std::string& hint) {
  const std::vector<Field>* at = &fields;
  const Field* found = nullptr;
  while (!path.empty()) {
    const auto step = next_step(path);
    std::vector<std::string_view> names;
    found = nullptr;
    for (const Field& field : *at) {
      names.push_back(field.name);
      if (field.name == step) found = &field;
    }
    if (!found) {
      hint = did_you_mean(step, names,
                          names.empty() ? fmt::format("there is nothing below, so no '{}'", step)
                                        : fmt::format("the fields there: {}", fmt::join(names, ", ")));
      return nullptr;
    }
    at = &inner_fields(*found);
  }
  return found;
}

std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

void rows(std::string& text, const std::vector<Field>& fields, const std::string& before) {
  for (const Field& field : fields) {
    if (field.only_alpha) continue;
    std::string summary = cell(field.summary);
    if (!field.one_of.empty()) summary += fmt::format(". One of: {}", fmt::join(field.one_of, ", "));
    if (!field.example.empty()) summary += fmt::format(". Example: `{}`", cell(field.example));
    const std::string standard = field.default_value.empty() ? "" : fmt::format("`{}`", cell(field.default_value));
    text += fmt::format("| `{}{}` | {}{} | {} | {} |\n", before, field.name, type_name(field),
                        field.required ? ", required" : "", standard, summary);
    const bool many = field.type == FieldType::list;
    rows(text, inner_fields(field), before + std::string(field.name) + (many ? "[]." : "."));
  }
}

std::string table(const std::vector<Field>& fields) {
  if (fields.empty()) return "There are no fields.\n";
  std::string text = "| field | type | default | what it is |\n|---|---|---|---|\n";
  rows(text, fields, "");
  return text;
}

std::string page(const Catalogue& catalogue, const Kind& kind) {
  return fmt::format("### {}{}\n\n{}\n\n{}\n\n{}\n```yaml\n{}\n```\n\n", kind.name, kind.alpha ? " α" : "",
                     kind.summary, trimmed(kind.manual), table(catalogue.fields(kind)), trimmed(kind.example));
}

std::string page(const TaskType& type) {
  std::string text =
      fmt::format("### {}\n\n{}\n\n{}\n\n{}", type.name, type.summary, trimmed(type.manual), table(type.inputs));
  if (!type.outputs.empty()) text += "\nOutputs:\n\n" + table(type.outputs);
  return text + fmt::format("\n```yaml\n{}\n```\n\n", trimmed(type.example));
}

}  // namespace

std::string explain(const Catalogue& catalogue, std::string_view path) {
  const std::string whole(path);
  if (path.empty()) return all_topics(catalogue);
  const auto name = next_step(path);
  if (path.empty() && name == "functions") return all_functions();
  for (const Function& function : functions()) {
    if (path.empty() && function.name == name) return about(function);
  }
  const Kind* kind = catalogue.kind(name);
  const TaskType* type = catalogue.type(name);
  if (!kind && !type) {
    const auto known = explainable(catalogue);
    unknown_topic(whole, did_you_mean(name, known, fmt::format("known: {}, functions", fmt::join(known, ", "))));
  }
  if (path.empty()) {
    std::string text = kind ? about(catalogue, *kind) : std::string();
    if (type) text += (kind ? "\n" : "") + about(*type);
    return text;
  }
  std::string hint;
  if (kind && (path == "metadata" || path.starts_with("metadata."))) {
    if (const Field* field = field_at(head_fields(), path, hint))
      return about(fmt::format("KIND     {}", name), *field, whole);
    unknown_topic(whole, std::move(hint));
  }
  const std::string_view from_kind = path.starts_with("spec.") ? path.substr(5) : path;
  const Field* field = kind ? field_at(catalogue.fields(*kind), from_kind, hint) : nullptr;
  if (field) return about(fmt::format("KIND     {}", name), *field, whole);
  const std::string_view from_type = path.starts_with("with.") ? path.substr(5) : path;
  field = type ? field_at(type->inputs, from_type, hint) : nullptr;
  if (field) return about(fmt::format("TYPE     {}, a task type", name), *field, whole);
  unknown_topic(whole, std::move(hint));
}

std::vector<std::string_view> explainable(const Catalogue& catalogue) {
  std::vector<std::string_view> names;
  for (const Kind* kind : catalogue.kinds) names.push_back(kind->name);
  for (const TaskType* type : catalogue.types) names.push_back(type->name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string markdown(const Catalogue& catalogue) {
  std::string text =
      "# Reference\n\nMade by `verba schema --format markdown` from the tables that check manifests. Kinds marked α "
      "are "
      "known to `apiVersion: v1-alpha` too.\n\n";
  for (const std::string_view group : {"systems", "projects"}) {
    text += group == "systems" ? "## Systems: where things run\n\n" : "## Projects: what to deploy\n\n";
    for (const Kind* kind : catalogue.kinds) {
      if (kind->group == group) text += page(catalogue, *kind);
    }
  }
  text += "## Task types\n\n";
  for (const TaskType* type : catalogue.types) text += page(*type);
  text += "## Functions\n\n| function | what it gives | example |\n|---|---|---|\n";
  for (const Function& function : functions()) {
    text +=
        fmt::format("| `{}` | {} | `{}` |\n", cell(function.signature), cell(function.summary), cell(function.example));
  }
  return text;
}

}  // namespace verba
