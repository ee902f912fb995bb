// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_set>

#include "os/executor.h"
#include "os/not_begun.h"

namespace verba {
namespace {

constexpr std::uint64_t report_limit_bytes = 16u << 20;

}  // namespace

std::string report_file(const std::string& scratch) {
  return scratch + "/outputs";
}

std::string LocalExecutor::directory_for(const std::string& manifest_directory, const std::string& written) const {
  if (written.empty()) return manifest_directory;
  return written.starts_with('/') ? written : manifest_directory + "/" + written;
}

Command LocalExecutor::command_of(Work& work) const {
  Command command;
  command.argv = std::move(work.argv);
  command.directory = std::move(work.directory);
  command.input = std::move(work.input);
  command.trace = std::move(work.trace);
  std::unordered_set<std::string_view> hidden(work.without.begin(), work.without.end());
  for (const auto& [name, value] : work.environment) hidden.insert(name);
  command.environment.reserve(base_.size() + work.environment.size() + 2);
  for (const auto& variable : base_) {
    if (!hidden.contains(variable.first)) command.environment.push_back(variable);
  }
  std::ranges::copy(work.environment, std::back_inserter(command.environment));
  if (command.trace.witnessed) command.environment.emplace_back("VERBA_TRACE", command.trace.file);
  if (work.file) {
    std::string path = work.scratch() + "/" + work.file->name;
    system_.write_file(path, work.file->content, 0600);
    command.argv.at(work.file->argument) = std::move(path);
  }
  return command;
}

Async<WorkDone> LocalExecutor::run(Work work, Stop& stop, RunOptions options) {
  const bool reports = work.reports;
  std::string report;
  if (reports) {
    report = report_file(work.scratch());
    system_.remove(report);  // another script of the same attempt may have written one
    work.environment.emplace_back("VERBA_OUTPUT", report);
  }
  WorkDone done;
  try {
    Async<Finished> child = verba::run(system_, command_of(work), stop, std::move(options));
    done.finished = co_await child;
  } catch (const Error& error) {
    const bool is_missing = error.diagnostic().code == "system.no-program";
    throw NotBegun(error, is_missing ? NotBegun::no_program : NotBegun::cannot_start);
  }
  if (reports) done.report = system_.read_file(report, report_limit_bytes);
  co_return done;
}

}  // namespace verba
