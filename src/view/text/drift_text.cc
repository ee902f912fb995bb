// SPDX-License-Identifier: Apache-2.0
#include "view/text/drift_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "view/text/table.h"
#include "view/text/width.h"

namespace verba {
namespace {

DriftState found_of(Observed::State state) {
  switch (state) {
    case Observed::State::present:
      return DriftState::in_sync;
    case Observed::State::drifted:
      return DriftState::drifted;
    case Observed::State::absent:
      return DriftState::absent;
    case Observed::State::in_progress:
    case Observed::State::unknown:
      break;
  }
  return DriftState::unknown;
}

std::string_view words_for(DriftState found) {
  if (found == DriftState::in_sync) return "in sync";
  return found == DriftState::unknown ? "cannot tell" : to_string(found);
}

}  // namespace

std::string_view to_string(DriftState found) {
  switch (found) {
    case DriftState::in_sync:
      return "in-sync";
    case DriftState::drifted:
      return "drifted";
    case DriftState::absent:
      return "absent";
    case DriftState::unknown:
      return "unknown";
    case DriftState::unchecked:
      break;
  }
  return "unchecked";
}

Finding finding_of(const Record& record, const Observations& observations) {
  Finding finding{record.address, record.deployment, record.type, DriftState::unchecked, "", record.place};
  const auto seen = observations.find(record.address);
  if (seen == observations.end()) return finding;
  finding.state = found_of(seen->second.state);
  finding.detail = seen->second.detail;
  if (finding.detail.empty() && seen->second.state == Observed::State::in_progress) {
    finding.detail = "it is being changed";
  }
  if (finding.state == DriftState::in_sync && record.status != RecordStatus::deployed) {
    finding.state = DriftState::unknown;
    finding.detail = fmt::format("its check says yes, but the last step on it did not succeed (run {})", record.run);
  }
  return finding;
}

std::size_t DriftReport::count(DriftState found) const {
  return static_cast<std::size_t>(std::ranges::count(findings, found, &Finding::state));
}

std::string drift_text(const DriftReport& report, Style style) {
  Table table({"ADDRESS", "STATE", "DETAIL"});
  for (const Finding& finding : report.findings) {
    if (finding.state == DriftState::unchecked) continue;
    table.add({finding.address, std::string(words_for(finding.state)), finding.detail});
  }
  const std::string environment = style.bold(printable(report.environment));
  std::string out = "Environment " + environment + "\n";
  if (!table.empty()) out += table.text(style) + "\n";
  return out + fmt::format("Drift: {} drifted, {} absent, {} cannot be told, {} in sync, {} without a check\n",
                           report.count(DriftState::drifted), report.count(DriftState::absent),
                           report.count(DriftState::unknown), report.count(DriftState::in_sync),
                           report.count(DriftState::unchecked));
}

}  // namespace verba
