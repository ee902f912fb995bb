// SPDX-License-Identifier: Apache-2.0
// One thing a person should know about what they wrote or what went wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/sources.h"
#include "base/where.h"

namespace verba {

enum class Severity { error, warning, note };

/// What we were doing when it happened.
struct Frame {
  std::string doing;  ///< "resolving dependsOn of Deployment 'web'"
  Where where;
};

/// Everything that is needed to print one finding. Holds no secrets.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string_view code;       ///< Stable and greppable, e.g. "manifest.unknown-reference". Static storage.
  std::string message;         ///< What is wrong: one sentence, no final stop.
  Where where;                 ///< Where in the person's text, if anywhere.
  std::vector<Frame> trail;    ///< Innermost first.
  std::string hint;            ///< What to do next; empty if nothing useful can be said.
  std::vector<Frame> related;  ///< Other places that matter, each with its own words ("first defined here").
};

/// Nobody made a mistake: a network, a server, a service failed. The codes of such findings end with ".unreachable".
bool is_unreachable(const Diagnostic&);

/// A list of findings. Passes append to it and go on, so that one run shows all that is wrong.
class Diagnostics {
 public:
  void add(Diagnostic);
  void error(std::string_view code, std::string message, Where where = {}, std::string hint = {});
  void warning(std::string_view code, std::string message, Where where = {}, std::string hint = {});

  bool has_errors() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  /// More than anybody reads at once: hints that cost something need not be worked out any more.
  bool crowded() const { return errors_ >= 100; }
  bool empty() const { return all_.empty(); }
  const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

/// The text a person reads, with the source line and a caret; several lines, ends with a line end.
/// `colour` adds ANSI colour. Control characters, wherever they come from, are shown as '.', a tab as a space;
/// of a very long line the part around the place is shown.
///
///   error[manifest.unknown-reference]: no manifest is named 'prod-vpc'
///     --> infra/web.yaml:14:9
///   14 |     - prod-vpc
///      |       ^^^^^^^^ while resolving dependsOn of Deployment 'web'
///   hint: did you mean 'prod-vpc-eu'?
std::string render(const Diagnostic&, const Sources&, bool colour = false);

/// Sorted by place (file in order of reading, then position), errors before warnings of the same place, those without a
/// place last. What was found more than once at one place, as through aliases, is there once.
std::vector<const Diagnostic*> in_order(const Diagnostics&);

/// All findings in order, then "N errors, M warnings". At most `limit` are printed in full; the rest are counted.
std::string render(const Diagnostics&, const Sources&, bool colour = false, std::size_t limit = 100);

/// The candidate nearest to `word` by edit distance, letter case aside (at most a third of the longer one's
/// length; of equals the first), or empty.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);
/// "did you mean 'x'?" as a hint, or `otherwise`.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates,
                         std::string otherwise = {});

}  // namespace verba
