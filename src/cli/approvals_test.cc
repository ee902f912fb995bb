// SPDX-License-Identifier: Apache-2.0
#include "cli/approvals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "cli/builtin.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AppendEvent event(const std::string& type, const std::string& who, const std::string& digest = "d",
                  const std::string& reason = "") {
  return {0,
          {},
          type,
          who,
          R"({"digest":")" + digest + R"(","environment":"live","serial":3,"wanted":2,"reason":")" + reason + R"("})"};
}

class Approvals : public testing::Test {
 protected:
  Approvals() {
    EXPECT_NE(::mkdtemp(directory_.data()), nullptr);
    store = open_store(directory_ + "/state.db", StoreUse::writing);
  }
  ~Approvals() override {
    store.reset();
    std::filesystem::remove_all(directory_);
  }
  void say(const std::string& type, const std::string& who, const std::string& digest = "d",
           const std::string& reason = "") {
    store->commit({event(type, who, digest, reason)}, nullptr);
  }
  PlanStory story() { return story_of(*store, "d"); }
  std::unique_ptr<Store> store;

 private:
  std::string directory_ = testing::TempDir() + "approvals-XXXXXX";
};

TEST_F(Approvals, nobody_knows_a_plan_that_was_not_made) {
  say("plan.made", "ann", "other");
  say("state.removed", "ann");
  EXPECT_EQ(story().maker, "");
  EXPECT_THAT(story().opinions, IsEmpty());
}

TEST_F(Approvals, count_each_person_once_and_not_the_maker) {
  say("plan.made", "ann");
  say("plan.approved", "bob");
  say("plan.approved", "ann");
  say("plan.approved", "bob");
  say("plan.approved", "carol", "other");
  EXPECT_EQ(story().maker, "ann");
  EXPECT_EQ(story().environment, "live");
  EXPECT_EQ(story().serial, 3);
  EXPECT_EQ(story().wanted, 2);
  EXPECT_THAT(story().approved_by(), ElementsAre("bob"));
  EXPECT_EQ(count_text(story(), 2), "1 of 2 approvals");
  EXPECT_EQ(count_text(story(), 1), "1 approval");
}

TEST_F(Approvals, belong_to_who_made_the_plan_first) {
  say("plan.made", "ann");
  say("plan.made", "bob");
  say("plan.approved", "bob");
  EXPECT_THAT(story().approved_by(), ElementsAre("bob"));
}

TEST_F(Approvals, go_by_the_last_word_of_each) {
  say("plan.made", "ann");
  say("plan.approved", "bob");
  say("plan.rejected", "bob", "d", "no");
  ASSERT_NE(story().rejection(), nullptr);
  EXPECT_EQ(story().rejection()->reason, "no");
  EXPECT_THAT(story().approved_by(), IsEmpty());
  say("plan.approved", "bob");
  EXPECT_EQ(story().rejection(), nullptr);
  EXPECT_THAT(story().approved_by(), ElementsAre("bob"));
}

TEST_F(Approvals, are_found_among_many_events) {
  say("plan.made", "ann");
  store->commit(Batch(2500, event("plan.approved", "carol", "other")), nullptr);
  say("plan.approved", "bob");
  EXPECT_THAT(story().approved_by(), ElementsAre("bob"));
}

}  // namespace
}  // namespace verba
