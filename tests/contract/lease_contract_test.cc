// SPDX-License-Identifier: Apache-2.0
// What every store promises of leases and fences.
#include <gmock/gmock.h>

#include "each_store.h"

namespace verba {
namespace {

using testing::IsEmpty;

class LeaseContract : public EachStore {
 protected:
  std::variant<Lease, Holder> acquire(const LeaseRequest& request, bool alive = true) {
    return store_->acquire(request, [alive](const Owner&) { return alive; });
  }
};
VERBA_EACH_STORE(LeaseContract);

TEST_P(LeaseContract, WhoComesSecondIsToldWhoHoldsIt) {
  Lease lease = take_lease(*store_, a_request({"api", "web"}));
  EXPECT_EQ(lease.environment, "prod");
  EXPECT_EQ(lease.deployments, (std::vector<std::string>{"api", "web"}));
  auto answer = acquire(a_request({"db", "web"}, an_owner(200), {5'000}));
  ASSERT_TRUE(std::holds_alternative<Holder>(answer));
  Holder holder = std::get<Holder>(answer);
  EXPECT_EQ(holder.deployment, "web");
  EXPECT_EQ(holder.owner, an_owner());
  EXPECT_EQ(holder.reason, "apply");
  EXPECT_EQ(holder.since, Instant{1'000});
  EXPECT_EQ(holder.expires, Instant{31'000});
  // All or none: `db` was not taken either.
  EXPECT_EQ(store_->leases("prod").size(), 2U);
}

TEST_P(LeaseContract, OtherDeploymentsAndEnvironmentsAreFree) {
  take_lease(*store_);
  EXPECT_TRUE(std::holds_alternative<Lease>(acquire(a_request({"db"}))));
  LeaseRequest elsewhere = a_request();
  elsewhere.environment = "test";
  EXPECT_TRUE(std::holds_alternative<Lease>(acquire(elsewhere)));
  EXPECT_EQ(store_->leases("prod").size(), 2U);
  EXPECT_EQ(store_->leases("test").size(), 1U);
}

TEST_P(LeaseContract, FencesGrowForEver) {
  std::int64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    Lease lease = take_lease(*store_);
    EXPECT_GT(lease.fence, last);
    last = lease.fence;
    store_->release(lease);
  }
}

TEST_P(LeaseContract, AReleasedLeaseIsFreeAndReleasedTwiceIsFine) {
  Lease lease = take_lease(*store_);
  store_->release(lease);
  store_->release(lease);
  EXPECT_THAT(store_->leases("prod"), IsEmpty());
  take_lease(*store_);
}

TEST_P(LeaseContract, AnExpiredLeaseIsTakenOver) {
  Lease old = take_lease(*store_, a_request({"api", "web"}));
  EXPECT_TRUE(std::holds_alternative<Holder>(acquire(a_request({"web"}, an_owner(200), {30'999}))));
  EXPECT_TRUE(std::holds_alternative<Lease>(acquire(a_request({"web"}, an_owner(200), {31'000}))));
  // It is lost as a whole, so that a late writer cannot write half of what it meant to.
  EXPECT_EQ(error_code([&] { store_->commit({PutRecord{a_record("api/a")}}, &old); }), "state.lease-lost");
  EXPECT_EQ(store_->leases("prod").size(), 1U);
}

TEST_P(LeaseContract, ARenewedLeaseLivesOn) {
  Lease lease = take_lease(*store_);
  store_->renew(lease, {20'000}, Milliseconds{30'000});
  EXPECT_EQ(store_->leases("prod").at(0).expires, Instant{50'000});
  EXPECT_TRUE(std::holds_alternative<Holder>(acquire(a_request({"web"}, an_owner(200), {40'000}))));
  EXPECT_TRUE(std::holds_alternative<Lease>(acquire(a_request({"web"}, an_owner(200), {60'000}))));
  EXPECT_EQ(error_code([&] { store_->renew(lease, {60'001}, Milliseconds{1}); }), "state.lease-lost");
}

TEST_P(LeaseContract, ADeadOwnerOfThisHostAndBootIsTakenOverAtOnce) {
  Owner elsewhere = an_owner(200), rebooted = an_owner(200);
  elsewhere.host = "other";
  rebooted.boot_id = "boot-2";
  take_lease(*store_);
  EXPECT_TRUE(std::holds_alternative<Holder>(acquire(a_request({"web"}, elsewhere), false)));
  EXPECT_TRUE(std::holds_alternative<Holder>(acquire(a_request({"web"}, rebooted), false)));
  EXPECT_TRUE(std::holds_alternative<Holder>(acquire(a_request({"web"}, an_owner(200)), true)));
  EXPECT_TRUE(std::holds_alternative<Holder>(store_->acquire(a_request({"web"}, an_owner(200)), IsAlive())));
  EXPECT_TRUE(std::holds_alternative<Lease>(acquire(a_request({"web"}, an_owner(200)), false)));
}

TEST_P(LeaseContract, WhenOneIsHeldTheDeadAreLeftAsTheyWere) {
  Lease dead = take_lease(*store_, a_request({"api"}, an_owner(1)));
  take_lease(*store_, a_request({"web"}, an_owner(2)));
  auto answer =
      store_->acquire(a_request({"api", "web"}, an_owner(3)), [](const Owner& owner) { return owner.process != 1; });
  ASSERT_TRUE(std::holds_alternative<Holder>(answer));
  EXPECT_EQ(std::get<Holder>(answer).owner, an_owner(2));
  store_->renew(dead, {2'000}, Milliseconds{1});
}

TEST_P(LeaseContract, ARevokedLeaseWritesNoMoreAndItsRunsAreInterrupted) {
  Lease held = take_lease(*store_, a_request({"api", "web"}));
  Lease other = take_lease(*store_, a_request({"db"}, an_owner(200)));
  RunId lost = store_->begin_run(a_run_start(), held);
  RunId living = store_->begin_run(a_run_start(), other);
  const std::vector<Holder> holders = store_->leases("");
  ASSERT_EQ(holders.size(), 3U);
  EXPECT_EQ(holders[0].environment, "prod");
  EXPECT_EQ(holders[0].deployment, "api");
  EXPECT_EQ(holders[0].fence, held.fence);
  EXPECT_FALSE(store_->revoke("test", held.fence, {5'000}));
  EXPECT_TRUE(store_->revoke("prod", held.fence, {5'000}));
  EXPECT_FALSE(store_->revoke("prod", held.fence, {5'000}));
  EXPECT_EQ(store_->run(lost)->status, RunStatus::interrupted);
  EXPECT_EQ(store_->run(lost)->finished, Instant{5'000});
  EXPECT_EQ(store_->run(living)->status, RunStatus::running);
  EXPECT_EQ(error_code([&] { store_->commit({PutRecord{a_record("web/a")}}, &held); }), "state.lease-lost");
  EXPECT_EQ(error_code([&] { store_->renew(held, {6'000}, Milliseconds{1}); }), "state.lease-lost");
  store_->renew(other, {6'000}, Milliseconds{1});
  take_lease(*store_, a_request({"web"}, an_owner(200), {6'000}));
}

TEST_P(LeaseContract, TheRunsOfWhoWasTakenOverAreInterrupted) {
  Lease dead = take_lease(*store_, a_request({"web"}, an_owner(1)));
  Lease other = take_lease(*store_, a_request({"api"}, an_owner(2)));
  RunId done = store_->begin_run(a_run_start(), dead);
  RunId lost = store_->begin_run(a_run_start(), dead);
  RunId living = store_->begin_run(a_run_start(), other);
  store_->commit({RunFinished{done, {5'000}, RunStatus::succeeded}}, &dead);
  acquire(a_request({"web"}, an_owner(3), {7'000}), false);
  EXPECT_EQ(store_->run(done)->status, RunStatus::succeeded);
  EXPECT_EQ(store_->run(lost)->status, RunStatus::interrupted);
  EXPECT_EQ(store_->run(lost)->finished, Instant{7'000});
  EXPECT_EQ(store_->run(living)->status, RunStatus::running);
}

TEST_P(LeaseContract, WhoLostTheLeaseWritesNothingMore) {
  Lease lost = take_lease(*store_);
  RunId run = store_->begin_run(a_run_start(1), lost);
  Lease now = std::get<Lease>(acquire(a_request({"web"}, an_owner(200)), false));
  EXPECT_EQ(error_code([&] { store_->commit({StepStarted{run, 0, 1, {1}, {}, {}}}, &lost); }), "state.lease-lost");
  EXPECT_EQ(error_code([&] { store_->commit({}, &lost); }), "state.lease-lost");
  EXPECT_EQ(error_code([&] { store_->begin_run(a_run_start(), lost); }), "state.lease-lost");
  store_->release(lost);
  EXPECT_EQ(store_->steps(run).at(0).status, StepStatus::pending);
  EXPECT_EQ(store_->runs("", 10).size(), 1U);
  store_->commit({PutRecord{a_record("web/a")}}, &now);
}

TEST_P(LeaseContract, LostLeasesAreErrorsOfTheirOwnKind) {
  Lease none{"prod", {"web"}, 77};
  try {
    store_->commit({}, &none);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::locked);
  }
}

TEST_P(LeaseContract, OnlyRecordsOfWhatIsHeldAreWritten) {
  store_->commit({PutRecord{a_record("db/a")}, PutRecord{a_record("web/a", "test")}}, nullptr);
  Lease lease = take_lease(*store_, a_request({"api", "web"}));
  auto refused = [&](Edit edit) {
    return error_code([&] { store_->commit({PutRecord{a_record("web/new")}, std::move(edit)}, &lease); });
  };
  EXPECT_EQ(refused(PutRecord{a_record("db/b")}), "state.not-covered");
  EXPECT_EQ(refused(RemoveRecord{"prod", "db/a"}), "state.not-covered");
  EXPECT_EQ(refused(PutRecord{a_record("web/a", "test")}), "state.not-covered");
  EXPECT_EQ(refused(RemoveRecord{"test", "web/a"}), "state.not-covered");
  Record moved = a_record("db/a");
  moved.deployment = "web";
  EXPECT_EQ(refused(PutRecord{moved}), "state.not-covered");
  EXPECT_EQ(store_->snapshot("prod").find("web/new"), nullptr);
  store_->commit({PutRecord{a_record("web/new")}, PutRecord{a_record("api/new")}, RemoveRecord{"prod", "web/none"}},
                 &lease);
  store_->commit({RemoveRecord{"prod", "web/new"}}, &lease);
  EXPECT_EQ(store_->snapshot("prod").records.size(), 2U);
}

TEST_P(LeaseContract, ARunBelongsToTheEnvironmentOfItsLease) {
  Lease lease = take_lease(*store_);
  RunStart start = a_run_start();
  start.environment = "test";
  EXPECT_EQ(error_code([&] { store_->begin_run(start, lease); }), "state.not-covered");
  Lease forged = lease;
  forged.environment = "test";
  EXPECT_EQ(error_code([&] { store_->begin_run(start, forged); }), "state.lease-lost");
}

}  // namespace
}  // namespace verba
