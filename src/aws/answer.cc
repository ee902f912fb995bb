// SPDX-License-Identifier: Apache-2.0
#include "aws/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <utility>

#include "base/utf8.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr int deepest = 100;

Value value_of(const pugi::xml_node& node, int depth) {
  Map members;
  List items;
  bool is_list = true;
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = child.name();
    Value value = depth < deepest ? value_of(child, depth + 1) : Value();
    is_list = is_list && (name == "member" || name == "entry");
    if (is_list) items.push_back(value);
    Value* const known = members.find(name);
    if (known == nullptr) {
      members.set(name, std::move(value));
    } else if (known->is_list()) {
      known->list().push_back(std::move(value));
    } else {
      List several;
      several.push_back(std::exchange(*known, Value()));
      several.push_back(std::move(value));
      *known = Value(std::move(several));
    }
  }
  if (members.empty()) return Value(std::string(node.text().get()));
  return is_list ? Value(std::move(items)) : Value(std::move(members));
}

std::optional<Value> read_xml(const std::string& text, std::string& root) {
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) return std::nullopt;
  const pugi::xml_node top = document.document_element();
  root = top.name();
  if (root.empty() || root == "html" || root == "HTML") return std::nullopt;
  return value_of(top, 0);
}

/// `Error` at the top (S3) or inside, of the query protocol.
void read_xml_error(const Value& value, AwsFailure& failure) {
  const Value* error = value.find("Error");
  if (error == nullptr) error = at(value, {"Errors", "Error"});
  const Value& from = error != nullptr ? *error : value;
  failure.code = text_at(from, {"Code"});
  failure.message = text_at(from, {"Message"});
  for (const char* name : {"RequestId", "RequestID"}) {
    if (failure.request_id.empty()) failure.request_id = text_at(value, {name});
  }
}

/// `__type` may be "com.amazonaws.ssm#ParameterNotFound", the header "ParameterNotFound:http://...".
std::string bare_code(std::string_view code) {
  code = code.substr(code.rfind('#') + 1);
  return std::string(code.substr(0, code.find(':')));
}

void read_json_error(const Value& value, const WebAnswer& answer, AwsFailure& failure) {
  failure.code = bare_code(answer.header("x-amzn-errortype"));
  for (const char* name : {"__type", "code", "Code"}) {
    if (failure.code.empty()) failure.code = bare_code(text_at(value, {name}));
  }
  for (const char* name : {"message", "Message", "error_description"}) {
    if (failure.message.empty()) failure.message = text_at(value, {name});
  }
}

AwsFailure unanswered(const WebAnswer& answer) {
  AwsFailure failure;
  failure.message = answer.failure;
  failure.in_doubt = answer.sent;
  return failure;
}

/// The body as a value; nothing when it is neither XML nor JSON.
std::optional<Value> read_body(const std::string& body, std::string& root) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (begin == std::string::npos) return Value();
  if (!is_utf8(body)) return std::nullopt;
  if (body[begin] == '<') return read_xml(body, root);
  std::string unused;
  return parse_json(body, unused);
}

/// As a root "*" is any one: not all who speak S3's language name it as S3 does.
bool has_wanted(const WebAnswer& web, const std::string& root, const Value& value, std::string_view wanted) {
  if (wanted.ends_with(':')) return !web.header(wanted.substr(0, wanted.size() - 1)).empty();
  const auto next = [&wanted] {
    const std::string_view name = wanted.substr(0, wanted.find('/'));
    wanted.remove_prefix(std::min(name.size() + 1, wanted.size()));
    return name;
  };
  if (wanted.empty()) return true;
  const std::string_view first = next();
  if (first == "*" ? root.empty() : first != root) return false;
  const Value* here = &value;
  while (here != nullptr && !wanted.empty()) here = here->find(next());
  return here != nullptr;
}

/// What is wrong with an answer whose status is good; "" when nothing is.
std::string fault_of(const WebAnswer& web, const std::string& root, const std::optional<Value>& value,
                     std::string_view wanted) {
  if (!value) return "the answer is neither XML nor JSON";
  if (root == "Error") return "the answer is an error";
  return has_wanted(web, root, *value, wanted) ? "" : fmt::format("the answer has no {}", wanted);
}

}  // namespace

std::string to_string(const AwsFailure& failure) {
  std::string text = failure.code.empty() ? "" : failure.code + ": ";
  text += failure.message;
  while (text.ends_with('.') || text.ends_with('\n')) text.pop_back();
  if (!failure.request_id.empty()) text += fmt::format(" (request {})", failure.request_id);
  return text;
}

AwsAnswer read_aws_answer(WebAnswer web, AwsBody body, std::string_view wanted) {
  AwsAnswer answer;
  if (web.status == 0) {
    answer.failure = unanswered(web);
    return answer;
  }
  std::string root;
  std::optional<Value> value = read_body(web.body, root);
  const std::string fault = body == AwsBody::any ? "" : fault_of(web, root, value, wanted);
  if (web.status >= 300 || !fault.empty()) {
    AwsFailure& failure = answer.failure.emplace();
    failure.status = web.status;
    if (value && web.body.find('<') == web.body.find_first_not_of(" \t\r\n\xEF\xBB\xBF")) {
      read_xml_error(*value, failure);
    } else if (value) {
      read_json_error(*value, web, failure);
    }
    if (failure.request_id.empty()) failure.request_id = web.header("x-amzn-requestid");
    if (failure.request_id.empty()) failure.request_id = web.header("x-amz-request-id");
    if (failure.message.empty()) {
      failure.message = web.status < 300 ? fault : fmt::format("status {}, and no word why", web.status);
    }
    if (const std::string_view region = web.header("x-amz-bucket-region"); web.status == 301 && !region.empty()) {
      failure.message = fmt::format("the bucket is in the region {}", region);
    }
    const bool says_no = !failure.code.empty() && failure.code != "InternalError";
    const bool is_garbled = web.status >= 400 && !value;  // of a service, but cut, or of somebody on the way to it
    failure.in_doubt = is_garbled || web.status >= 500 || (web.status < 300 && !says_no);
  }
  if (value) answer.value = *std::move(value);
  answer.headers = std::move(web.headers);
  answer.body = std::move(web.body);
  return answer;
}

const Value* at(const Value& value, std::initializer_list<std::string_view> path) {
  const Value* here = &value;
  for (const std::string_view name : path) {
    if (here != nullptr) here = here->find(name);
  }
  return here;
}

std::string text_at(const Value& value, std::initializer_list<std::string_view> path) {
  const Value* found = at(value, path);
  return found != nullptr && found->is_string() ? found->string() : "";
}

const List& list_at(const Value& value, std::initializer_list<std::string_view> path) {
  static const List none;
  const Value* found = at(value, path);
  return found != nullptr && found->is_list() ? found->list() : none;
}

}  // namespace verba
