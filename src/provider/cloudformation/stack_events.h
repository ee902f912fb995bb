// SPDX-License-Identifier: Apache-2.0
// What happens to a stack, as CloudFormation tells it: newest first, in pages.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "aws/account.h"
#include "os/async.h"
#include "os/process.h"

namespace verba {

struct StackEvent {
  std::string id;
  std::string at;        ///< when; of one service, so that texts can be compared
  std::string status;    ///< "CREATE_FAILED"
  std::string type;      ///< "AWS::S3::Bucket"
  std::string logical;   ///< "Bucket"
  std::string physical;  ///< of a nested stack: its id
  std::string stack;     ///< id
  std::string reason;
  std::string token;  ///< of the call that began the operation
  std::string path;   ///< of something in a nested stack: "Child/Grandchild/"; else ""

  /// Is it of the stack itself, not of something in it?
  bool is_of_stack() const { return physical == stack; }
};

/// Reads the events of one operation as they come, with those of the stacks that are nested in it. Borrows the account.
class StackEvents {
 public:
  /// `token`: that of the operation; "": all that happens from the first reading on.
  StackEvents(AwsAccount& account, std::string stack_id, std::string token);

  /// Those that have come since, oldest first; of what a nested stack says of itself nothing: the one around it says
  /// the same. A reading that fails reads nothing: the next one reads more.
  Async<std::vector<StackEvent>> read(Stop& stop);
  /// How many stacks the next reading asks for.
  std::size_t calls() const;
  /// What failed first, and why: "Child/Bucket (AWS::S3::Bucket): CREATE_FAILED: it exists already". Looks into nested
  /// stacks. Where no resource did, what the stack said of itself: "Export x cannot be deleted as it is in use by y".
  /// "" when nothing has.
  Async<std::string> root_cause(Stop& stop);
  /// What stays of what was deleted, nested stacks too: "Orders (AWS::S3::Bucket) web-orders"; sorted.
  const std::set<std::string>& left_there() const { return left_there_; }
  /// The resources of the stack itself that could not be deleted, by their names in the template; sorted.
  std::vector<std::string> not_deleted() const;

 private:
  /// A stack whose events are read.
  struct Source {
    std::string stack;
    std::string path;
    std::set<std::string> seen = {};
    bool rests = false;
  };
  Async<std::vector<StackEvent>> read_source(std::size_t index, Stop& stop);
  bool is_of_operation(const StackEvent&) const;
  /// Follows nested stacks that it tells of.
  void note(const StackEvent&);

  AwsAccount& account_;
  std::string token_;
  std::string begin_;  ///< when the operation began; nested stacks know no token
  bool has_begun_ = false;
  std::vector<Source> sources_;       ///< the stack itself, then nested ones
  std::vector<StackEvent> failures_;  ///< oldest first
  std::string own_failure_;           ///< why the stack itself says that it failed; the first of its reasons
  std::set<std::string> left_there_;
};

/// All that is known of a stack, newest first; up to `limit`. `failure`: where to say why there are no more, if so.
Async<std::vector<StackEvent>> read_events(AwsAccount& account, std::string stack_id, std::size_t limit, Stop& stop,
                                           std::optional<AwsFailure>* failure = nullptr);

}  // namespace verba
