// SPDX-License-Identifier: Apache-2.0
#include "manifest/protection.h"

#include <fmt/format.h>

#include "manifest/names.h"

namespace verba {
namespace {

constexpr Milliseconds day{86'400'000};

/// An instant, or a day in UTC: its beginning, or, as the end of something, its end.
std::optional<Instant> time_of(const Value& freeze, std::string_view member, bool is_end, Diagnostics& diagnostics) {
  const Value* written = freeze.find(member);
  if (!written || !written->is_string()) return std::nullopt;
  const std::string& text = written->string();
  if (const auto instant = parse_instant(text)) return instant;
  const auto date = text.size() == 10 ? parse_instant(text + "T00:00:00Z") : std::nullopt;
  if (date) return is_end ? *date + day : *date;
  diagnostics.error("manifest.bad-value", fmt::format("'{}' is no time", text), written->where,
                    "write a day (2026-12-24, in UTC) or an instant (2026-12-24T18:00:00+01:00)");
  return std::nullopt;
}

void read_freeze(const Value& written, Protection& protection, Diagnostics& diagnostics) {
  const auto from = time_of(written, "from", false, diagnostics);
  const auto to = time_of(written, "to", true, diagnostics);
  if (!from || !to) return;
  if (*to <= *from) {
    diagnostics.error("manifest.bad-value", "the freeze ends before it begins", written.find("to")->where,
                      "'to' comes after 'from'");
    return;
  }
  protection.freezes.push_back({*from, *to, std::string(text_of(written, "reason")), written.find("from")->where});
}

bool flag(const Value& holder, std::string_view member, bool otherwise) {
  const Value* value = holder.find(member);
  return value && value->is(Value::Kind::boolean) ? value->boolean() : otherwise;
}

}  // namespace

Protection protection_of(const Value& written, Diagnostics& diagnostics) {
  Protection protection;
  if (!written.is_map()) return protection;
  protection.allow_delete = flag(written, "allowDelete", true);
  if (const Value* allow = written.find("allowDelete")) protection.allow_delete_where = allow->where;
  protection.confirm = flag(written, "confirm", false);
  if (const Value* approvals = written.find("approvals"); approvals && approvals->is(Value::Kind::integer)) {
    protection.approvals = approvals->integer();
    protection.approvals_where = approvals->where;
  }
  const Value* freezes = written.find("freeze");
  if (!freezes || !freezes->is_list()) return protection;
  for (const Value& freeze : freezes->list()) read_freeze(freeze, protection, diagnostics);
  return protection;
}

}  // namespace verba
