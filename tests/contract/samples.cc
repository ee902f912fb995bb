// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <stdlib.h>

namespace verba {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "verba-store-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Owner an_owner(std::int64_t process) {
  return {"ada", "mill", "boot-1", process, 7'777};
}

Record a_record(const std::string& address, const std::string& environment) {
  Record record;
  record.environment = environment;
  record.address = address;
  record.deployment = address.substr(0, address.find('/'));
  record.type = "ShellScript";
  record.account = "deployment-host";
  record.definition = sha256("definition of " + address);
  record.inputs = sha256("inputs of " + address);
  record.outputs = R"({"url":"http://localhost"})";
  record.needs = R"(["web/build"])";
  record.run = 1;
  record.created = {1'700'000'000'123};
  record.updated = {1'700'000'000'456};
  record.place = "web.yaml:14";
  return record;
}

RunStart a_run_start(std::size_t steps) {
  RunStart start;
  start.environment = "prod";
  start.verb = "apply";
  start.reason = "friday";
  start.owner = an_owner();
  start.at = {2'000};
  start.source = R"({"commit":"abc"})";
  start.plan = R"({"steps":[]})";
  for (std::size_t i = 0; i < steps; ++i) start.steps.push_back({"web/" + std::to_string(i), "create", "is new"});
  return start;
}

LeaseRequest a_request(std::vector<std::string> deployments, Owner owner, Instant now) {
  return {"prod", std::move(deployments), std::move(owner), "apply", now, Milliseconds{30'000}};
}

Lease take_lease(Store& store, const LeaseRequest& request) {
  return std::get<Lease>(store.acquire(request, [](const Owner&) { return true; }));
}

PutBlob a_blob(std::string content) {
  Digest digest = sha256(content);
  return {digest, std::move(content)};
}

std::string error_code(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(error.diagnostic().code);
  }
  return "";
}

}  // namespace verba
