// SPDX-License-Identifier: Apache-2.0
#include "state/store.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"
#include "state/leasing.h"
#include "state/words.h"

namespace verba {
namespace {

TEST(Words, ReadBackAsTheyWereWritten) {
  for (auto s : {RecordStatus::deployed, RecordStatus::started, RecordStatus::failed}) {
    EXPECT_EQ(record_status(to_string(s)), s);
  }
  for (auto s :
       {RunStatus::running, RunStatus::succeeded, RunStatus::failed, RunStatus::cancelled, RunStatus::interrupted}) {
    EXPECT_EQ(run_status(to_string(s)), s);
  }
  for (auto s : {StepStatus::pending, StepStatus::started, StepStatus::succeeded, StepStatus::unchanged,
                 StepStatus::failed, StepStatus::cancelled, StepStatus::skipped, StepStatus::in_doubt}) {
    EXPECT_EQ(step_status(to_string(s)), s);
  }
  EXPECT_EQ(to_string(StepStatus::in_doubt), "in-doubt");
  EXPECT_EQ(to_string(RunStatus::interrupted), "interrupted");
  EXPECT_THROW(step_status("done"), Error);
}

TEST(Snapshot, FindsByAddress) {
  Snapshot snapshot;
  for (const char* address : {"a", "b/x", "c"}) {
    snapshot.records.emplace_back();
    snapshot.records.back().address = address;
  }
  for (const Record& record : snapshot.records) EXPECT_EQ(snapshot.find(record.address), &record);
  for (const char* absent : {"", "b", "b/xy", "d"}) EXPECT_EQ(snapshot.find(absent), nullptr) << absent;
  EXPECT_EQ(Snapshot().find("a"), nullptr);
}

TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("\xFB\xFF"), "+/8=");
}

TEST(Base64, ReadsBackAllBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes += static_cast<char>(255 - i);
  }
}

TEST(Base64, TakesNoOtherSpelling) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Z===", "====", "Zm=v", "Zm9v\n", "Zm9 ", "Zg==Zg==", "-_8="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(TakingOver, NeedsTheOwnerToBeKnownDeadOrTheLeaseExpired) {
  Owner here{"ada", "mill", "boot-1", 1, 2};
  LeaseRequest request{"prod", {"web"}, here, "", {1'000}, Milliseconds{10}};
  IsAlive alive = [](const Owner&) { return true; }, dead = [](const Owner&) { return false; };
  Holder holder{"web", here, "", {0}, {1'001}};
  EXPECT_FALSE(may_be_taken_over(holder, request, alive));
  EXPECT_FALSE(may_be_taken_over(holder, request, IsAlive()));
  EXPECT_TRUE(may_be_taken_over(holder, request, dead));
  holder.owner.boot_id = "boot-2";
  EXPECT_FALSE(may_be_taken_over(holder, request, dead));
  holder.expires = {1'000};
  EXPECT_TRUE(may_be_taken_over(holder, request, alive));
}

}  // namespace
}  // namespace verba
