// SPDX-License-Identifier: Apache-2.0
// CloudFormation as functions, for tests of who waits for it.
#pragma once

#include <string>

#include "aws/account.h"
#include "aws/aws_world.h"

namespace verba {

/// One account of AWS in a world in memory.
struct StacksWorld {
  FakeSystem system;
  AwsLogins logins{system};
  AwsAccount account{
      logins, {.name = "web", .login = {.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}}, .region = "eu-central-1"}};
  Stop stop;

  static std::string described(const std::string& id, std::string_view status) {
    return fmt::format(
        "<member><StackId>{0}</StackId><StackName>{0}</StackName><StackStatus>{1}</StackStatus></member>", id, status);
  }
  static WebAnswer result(std::string_view action, std::string_view inner) {
    return xml(fmt::format("<{0}Response><{0}Result>{1}</{0}Result></{0}Response>", action, inner));
  }
  static WebAnswer stacks(std::string_view members, std::string_view more = "") {
    return result("DescribeStacks", fmt::format("<Stacks>{}</Stacks>{}", members, more));
  }
  /// What a call says of a parameter; "" when nothing.
  static std::string said(const WebRequest& request, std::string_view name) {
    const std::string body = "&" + request.body;
    const std::size_t begin = body.find(fmt::format("&{}=", name));
    if (begin == std::string::npos) return "";
    const std::size_t value = begin + name.size() + 2;
    return body.substr(value, body.find('&', value) - value);
  }
};

}  // namespace verba
