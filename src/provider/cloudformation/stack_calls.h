// SPDX-License-Identifier: Apache-2.0
// What is asked of CloudFormation, by its query protocol (API reference, version 2010-05-15).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/account.h"
#include "os/async.h"
#include "os/process.h"
#include "value/value.h"

namespace verba {

const AwsService& cloudformation_service();

/// A stack as it is now.
struct Stack {
  std::string id;  ///< its ARN: by it a stack is known for 90 days after it has gone
  std::string name;
  std::string status;
  std::string reason;
  Value description;  ///< all of it, as DescribeStacks gives it
};

/// The stack, or why nothing is known of it; neither: there is none.
struct StackLook {
  std::optional<Stack> stack = {};
  std::optional<AwsFailure> failure = {};
};

/// What the ARN of a stack says; all empty where it is none.
struct StackArn {
  std::string region;
  std::string account;
  std::string name;
};
StackArn arn_of(std::string_view id);

Async<AwsAnswer> call_stacks(AwsAccount& account, std::string action, Variables parameters, Stop& stop);
/// By name or id.
Async<StackLook> look_at(AwsAccount& account, std::string name, Stop& stop);
Stack stack_of(const Value& description);
/// The one way to know, by name, that there is none.
bool says_absent(const AwsFailure&);
/// There is nothing that would change.
bool says_no_changes(std::string_view reason);

/// `stackId`, and the template's outputs.
Value outputs_of(const Stack&);

}  // namespace verba
