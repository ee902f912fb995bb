// SPDX-License-Identifier: Apache-2.0
#include "manifest/rollout.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>

namespace verba {

std::size_t BatchSize::of(std::size_t instances) const {
  if (count > 0) return count;
  return std::max<std::size_t>((instances * percent + 99) / 100, 1);
}

std::optional<BatchSize> batch_of(const Value& written) {
  if (written.is(Value::Kind::integer)) {
    if (written.integer() < 1 || written.integer() > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
    return BatchSize{static_cast<std::size_t>(written.integer()), 0};
  }
  if (!written.is_string() || !written.string().ends_with('%')) return std::nullopt;
  const std::string_view digits = std::string_view(written.string()).substr(0, written.string().size() - 1);
  BatchSize batch;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), batch.percent);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (batch.percent < 1 || batch.percent > 100) return std::nullopt;
  return batch;
}

RolloutRules rollout_rules(const Value& written, std::size_t instances) {
  RolloutRules rules;
  rules.where = written.where;
  const Value* batch = written.find("batch");
  rules.batch = batch ? batch_of(*batch).value_or(BatchSize{1, 0}).of(instances) : 1;
  const Value* failures = written.find("maxFailures");
  if (failures && failures->is(Value::Kind::integer)) {
    rules.max_failures = static_cast<std::size_t>(std::max<std::int64_t>(failures->integer(), 0));
  }
  return rules;
}

}  // namespace verba
