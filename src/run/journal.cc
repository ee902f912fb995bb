// SPDX-License-Identifier: Apache-2.0
#include "run/journal.h"

namespace verba {

Digest Journal::put_blob(std::string content) {
  const Digest digest = sha256(content);
  batch_.emplace_back(PutBlob{digest, std::move(content)});
  return digest;
}

void Journal::put_files(const Resource& resource) {
  for (const FileInput& file : resource.files) {
    if (!file.large && !file.secret) batch_.emplace_back(PutBlob{file.digest, file.content});
  }
  for (const StandIn& each : resource.instead) put_files(each.resource);
}

Record Journal::started(StepNumber step, Instant at, Record record, const Record* was, const Definition* next) {
  StepStarted start{run_, step, 1, at, record.definition, std::nullopt};
  if (was != nullptr) {
    start.outputs_before = outputs_before(*was);
    start.whole_before = was->status == RecordStatus::deployed && was->lifetime != Lifetime::over;
  }
  record.status = RecordStatus::started;
  record.run = run_;
  record.updated = at;
  if (next) {
    put_files(next->resource);
    record.pending = put_blob(to_json(*next, sealer_));
  }
  if (next) start.after = record.pending;
  batch_.emplace_back(std::move(start));
  batch_.emplace_back(PutRecord{record});
  return record;
}

void Journal::attempted(StepNumber step, int attempt, Instant at, const Record& record) {
  batch_.emplace_back(StepStarted{run_, step, attempt, at, record.definition, record.pending, outputs_before(record)});
}

void Journal::ended(StepNumber step, Instant at, StepStatus status, const std::string& message,
                    std::optional<int> exit_code) {
  batch_.emplace_back(StepFinished{run_, step, at, status, message, exit_code});
}

void Journal::log(StepNumber step, int attempt, Instant at, Stream stream, std::string text) {
  batch_.emplace_back(AppendLog{run_, step, attempt, at, stream == Stream::error, std::move(text)});
}

void Journal::added(StepNumber step, const Step& planned) {
  batch_.emplace_back(StepAdded{run_, step, {planned.address, std::string(to_string(planned.action)), planned.reason}});
}

void Journal::put(Record record, const Definition& definition) {
  put_files(definition.resource);
  record.definition = put_blob(to_json(definition, sealer_));
  put(std::move(record));
}

void Journal::commit() {
  if (batch_.empty()) return;
  const Batch batch = std::move(batch_);
  batch_.clear();
  store_.commit(batch, &lease_);
}

}  // namespace verba
