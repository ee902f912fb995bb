// SPDX-License-Identifier: Apache-2.0
#include "view/json/findings_json.h"

#include <string_view>
#include <utility>

namespace verba {
namespace {

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      break;
  }
  return "note";
}

Value finding_value(const Diagnostic& diagnostic, const Sources& sources) {
  Map map;
  map.append({"severity", {}}, word(diagnostic.severity));
  map.append({"code", {}}, diagnostic.code);
  map.append({"message", {}}, diagnostic.message);
  if (diagnostic.where) {
    const Position at = sources.position(diagnostic.where);
    map.append({"file", {}}, sources.name(diagnostic.where.source));
    map.append({"line", {}}, static_cast<std::int64_t>(at.line));
    map.append({"column", {}}, static_cast<std::int64_t>(at.column));
  }
  if (!diagnostic.trail.empty()) map.append({"while", {}}, diagnostic.trail.front().doing);
  if (!diagnostic.hint.empty()) map.append({"hint", {}}, diagnostic.hint);
  return map;
}

}  // namespace

Value findings_value(const Diagnostics& diagnostics, const Sources& sources) {
  List findings;
  for (const Diagnostic* each : in_order(diagnostics)) findings.push_back(finding_value(*each, sources));
  return Value(std::move(findings));
}

}  // namespace verba
