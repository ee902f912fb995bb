// SPDX-License-Identifier: Apache-2.0
#include "view/text/state_text.h"

#include <gtest/gtest.h>

#include "view/text/table.h"

namespace verba {
namespace {

Record record(std::string address, RecordStatus status, RunId run, std::int64_t updated) {
  Record made;
  made.environment = "test";
  made.address = std::move(address);
  made.deployment = made.address.substr(0, made.address.find('.'));
  made.type = "ShellScript";
  made.account = "deployment-host";
  made.status = status;
  made.run = run;
  made.updated = {updated};
  made.place = "web.yaml:" + std::to_string(run);
  return made;
}

TEST(Ago, SpeaksInTheLargestUnit) {
  EXPECT_EQ(ago({0}, {59'000}), "just now");
  EXPECT_EQ(ago({0}, {60'000}), "1 minute ago");
  EXPECT_EQ(ago({0}, {7'199'000}), "119 minutes ago");
  EXPECT_EQ(ago({0}, {7'200'000}), "2 hours ago");
  EXPECT_EQ(ago({0}, {2LL * 86'400'000}), "2 days ago");
  EXPECT_EQ(ago({5000}, {0}), "just now");
}

TEST(Status, FoldsRecordsByDeployment) {
  const Snapshot snapshot{
      "test",
      1,
      {record("db.schema", RecordStatus::deployed, 1, 1000), record("web.a", RecordStatus::deployed, 2, 2000),
       record("web.b", RecordStatus::failed, 3, 3000)}};
  const auto all = deployment_statuses(snapshot);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].state(), "deployed");
  EXPECT_EQ(all[1].state(), "failed");
  EXPECT_EQ(all[1].run, 3);
  EXPECT_EQ(all[1].place, "web.yaml");
  EXPECT_EQ(status_text(all, {4000}, {}),
            "ENVIRONMENT  DEPLOYMENT  STATUS           TASKS  RUN  UPDATED   MANIFEST\n"
            "test         db          deployed         1      1    just now  web.yaml\n"
            "test         web         failed (1 of 2)  2      3    just now  web.yaml\n");
}

TEST(Status, WhatNeverEndedIsInterrupted) {
  const Snapshot snapshot{
      "test", 1, {record("web.a", RecordStatus::started, 2, 2000), record("web.b", RecordStatus::failed, 3, 3000)}};
  EXPECT_EQ(deployment_statuses(snapshot)[0].state(), "interrupted");
}

TEST(Table, AlignsByColumnsAndDropsControls) {
  Table table({"A", "B"});
  table.add({"漢字", "x\x1b[31m"});
  table.add({"a", "y", "z"});
  EXPECT_EQ(table.text({}), "A     B\n漢字  x\na     y  z\n");
}

}  // namespace
}  // namespace verba
