// SPDX-License-Identifier: Apache-2.0
#include "value/expr.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "value/expr_node.h"

namespace verba {

namespace {

using Op = ExprNode::Op;

constexpr std::string_view kOpen = "${{";
constexpr std::string_view kEscapedOpen = "$${{";

Segment segment_of(const ExprNode& node) {
  Segment segment;
  if (node.op != Op::index) {
    segment.name = node.name();
    segment.where = node.value.where;
    return segment;
  }
  const ExprNode& at = *node.children[1];
  segment.where = at.where;
  if (at.op == Op::literal && at.value.is_string())
    segment.name = at.value.string();
  else if (at.op == Op::literal && at.value.is(Value::Kind::integer))
    segment.index = at.value.integer();
  else
    segment.computed = true;
  return segment;
}

// `guarded`: inside the first argument of default().
void collect(const ExprNode& node, bool guarded, std::vector<Reference>& out) {
  const ExprNode* root = &node;
  while (root->op == Op::member || root->op == Op::index) root = root->children[0].get();
  if (root->op != Op::name) {
    const bool guards = node.op == Op::call && node.name() == "default";
    for (const NodePtr& child : node.children) {
      collect(*child, guarded || (guards && child == node.children.front()), out);
    }
    return;
  }
  Reference reference;
  reference.where = node.where;
  reference.guarded = guarded;
  std::vector<const ExprNode*> computed;
  for (const ExprNode* step = &node;; step = step->children[0].get()) {
    reference.path.push_back(segment_of(*step));
    if (reference.path.back().computed) computed.push_back(step->children[1].get());
    if (step == root) break;
  }
  std::reverse(reference.path.begin(), reference.path.end());
  out.push_back(std::move(reference));
  for (const ExprNode* inner : computed) collect(*inner, guarded, out);
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
  });
}

}  // namespace

std::string Reference::text() const {
  std::string out;
  for (const Segment& segment : path) {
    if (segment.computed)
      out += "[*]";
    else if (segment.index)
      out += fmt::format("[{}]", *segment.index);
    else if (!is_name(segment.name))
      out += fmt::format("['{}']", segment.name);
    else
      out += (out.empty() ? "" : ".") + segment.name;
  }
  return out;
}

Template::Template(std::string text, Where where, std::vector<NodePtr> parts, bool whole)
    : text_(std::move(text)), where_(where), parts_(std::move(parts)), whole_(whole) {
  for (const NodePtr& part : parts_) collect(*part, false, references_);
}

Template::~Template() = default;

bool mentions_expression(std::string_view text) {
  return text.find(kOpen) != std::string_view::npos;
}

namespace {

NodePtr text_node(std::string text) {
  auto node = std::make_shared<ExprNode>();
  node->op = Op::text;
  node->value = std::move(text);
  return node;
}

/// Cuts a string into texts and expressions. Nothing after a mistake.
std::optional<std::vector<NodePtr>> cut(std::string_view text, const Alignment& alignment, Diagnostics& diagnostics) {
  std::vector<NodePtr> parts;
  std::string literal;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t open = text.find(kOpen, at);
    if (open == std::string_view::npos) {
      literal += text.substr(at);
      break;
    }
    if (open > at && text.substr(open - 1).starts_with(kEscapedOpen)) {
      literal += text.substr(at, open - 1 - at);
      literal += kOpen;
      at = open + kOpen.size();
      continue;
    }
    literal += text.substr(at, open - at);
    if (!literal.empty()) parts.push_back(text_node(std::exchange(literal, {})));
    at = open + kOpen.size();
    NodePtr node = parse_expression(text, at, "}}", alignment, diagnostics);
    if (!node) return std::nullopt;
    parts.push_back(std::move(node));
  }
  if (!literal.empty()) parts.push_back(text_node(std::move(literal)));
  return parts;
}

void parse_string(Value& value, const Sources& sources, Diagnostics& diagnostics) {
  Alignment alignment(value, sources);
  auto parts = cut(value.string(), alignment, diagnostics);
  if (!parts) return;
  bool whole = parts->size() == 1 && parts->front()->op != Op::text;
  Value parsed(std::make_shared<const Template>(std::move(value.string()), value.where, *std::move(parts), whole));
  parsed.where = value.where;
  parsed.secret = value.secret;
  parsed.plain = value.plain;
  value = std::move(parsed);
}

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

}  // namespace

void parse_expressions(Value& value, const Sources& sources, Diagnostics& diagnostics) {
  if (value.is_string()) {
    if (mentions_expression(value.string())) parse_string(value, sources, diagnostics);
  } else if (value.is_list()) {
    for (Value& item : value.list()) parse_expressions(item, sources, diagnostics);
  } else if (value.is_map()) {
    for (Map::Entry& entry : value.map()) parse_expressions(entry.second, sources, diagnostics);
  }
}

std::shared_ptr<const Template> parse_bare(const Value& text, const Sources& sources, Diagnostics& diagnostics) {
  Alignment alignment(text, sources);
  std::string_view all = text.string();
  std::string_view inner = trimmed(all);
  bool wrapped = inner.starts_with(kOpen);
  std::size_t at = static_cast<std::size_t>(inner.data() - all.data()) + (wrapped ? kOpen.size() : 0);
  if (inner.empty()) at = 0;
  NodePtr node = parse_expression(all, at, wrapped ? "}}" : "", alignment, diagnostics);
  if (!node) return nullptr;
  if (std::size_t rest = all.find_first_not_of(" \t\r\n", at); rest != std::string_view::npos) {
    diagnostics.error("expr.syntax", "something follows the expression", alignment.where(rest, all.size()),
                      "write one expression, with or without '${{ }}' around all of it");
    return nullptr;
  }
  return std::make_shared<const Template>(text.string(), text.where, std::vector<NodePtr>{std::move(node)}, true);
}

void collect_references(const Value& value, std::vector<const Reference*>& out) {
  if (value.is_expression()) {
    for (const Reference& reference : value.expression().references()) out.push_back(&reference);
  } else if (value.is_list()) {
    for (const Value& item : value.list()) collect_references(item, out);
  } else if (value.is_map()) {
    for (const Map::Entry& entry : value.map()) collect_references(entry.second, out);
  }
}

namespace {

void collect_world_calls_of(const ExprNode& node, std::vector<WorldCall>& out) {
  if (node.op == Op::call && (node.name() == "file" || node.name() == "secret" || node.name() == "now")) {
    out.push_back({node.name(), node.where});
  }
  for (const NodePtr& child : node.children) collect_world_calls_of(*child, out);
}

}  // namespace

void collect_world_calls(const Value& value, std::vector<WorldCall>& out) {
  if (value.is_expression()) {
    for (const NodePtr& part : value.expression().parts()) collect_world_calls_of(*part, out);
  } else if (value.is_list()) {
    for (const Value& item : value.list()) collect_world_calls(item, out);
  } else if (value.is_map()) {
    for (const Map::Entry& entry : value.map()) collect_world_calls(entry.second, out);
  }
}

}  // namespace verba
