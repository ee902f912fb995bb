// SPDX-License-Identifier: Apache-2.0
// What services of AWS answer, in XML (query protocol, S3) or JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "os/system.h"
#include "value/value.h"

namespace verba {

/// Why there is no good answer.
struct AwsFailure {
  std::string code;        ///< "AccessDenied"; "" when the service named none, or did not answer
  std::string message;     ///< one sentence
  std::string request_id;  ///< what AWS's support asks for; may be ""
  int status = 0;          ///< 0: it did not answer
  bool in_doubt = false;   ///< what was asked for may have been done all the same
  bool stopped = false;    ///< it was broken off by us
  std::string last = {};   ///< then: what the last try had come to, as by to_string(); "" when there was none
};

/// "AccessDenied: User is not authorized to do this (request 1f2e)".
std::string to_string(const AwsFailure&);

struct AwsAnswer {
  /// Of XML the content of the root: elements with others inside are maps, those with nothing but `member` (or `entry`)
  /// inside are lists, and so are those of one name; all else is text, "" where an element is empty. Null without a
  /// body.
  Value value;
  std::string body = {};  ///< as it came
  Variables headers;
  std::optional<AwsFailure> failure;

  bool good() const { return !failure.has_value(); }
};

/// A status of 300 and more, a body that is neither XML nor JSON, and no answer at all are failures. Services behind
/// load balancers answer HTML or nothing when they are in trouble: that is a failure without a code, as is an answer
/// that has not what `wanted` says, a path from the root on: of XML
/// "GetTemplateResponse/GetTemplateResult/TemplateBody", of JSON, whose root has no name, "/Parameter/Value"; or a
/// header: "etag:". A status of 400 and more with a body that cannot be read is in doubt. S3 begins to answer what
/// takes long before it ends, so that an error may come with status 200, too.
enum class AwsBody { tree, any };  ///< what a good answer has; of `any` there may be no value
AwsAnswer read_aws_answer(WebAnswer, AwsBody = AwsBody::tree, std::string_view wanted = "");

/// By a path of names: at(answer.value, {"Stacks"}). Null when there is none.
const Value* at(const Value&, std::initializer_list<std::string_view> path);
/// "" when it is none.
std::string text_at(const Value&, std::initializer_list<std::string_view> path);
/// Empty when it is none: of an empty list XML says no more than of an empty text.
const List& list_at(const Value&, std::initializer_list<std::string_view> path);

}  // namespace verba
