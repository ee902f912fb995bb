// SPDX-License-Identifier: Apache-2.0
// What every store promises of sealing anew.
#include "each_store.h"
#include "state/reseal.h"

namespace verba {
namespace {

class ResealContract : public EachStore {
 protected:
  /// "old" and "old file" are definitions of records and steps; "other" holds nothing sealed.
  Lease fill() {
    const Lease web = take_lease(*store_);
    RunStart start = a_run_start();
    start.steps[0].address = "web/site";
    run_ = store_->begin_run(start, web);
    Record record = a_record("web/site");
    record.definition = old_.digest;
    record.pending = other_.digest;
    record.outputs = "old";
    store_->commit(
        {old_, older_, other_, PutRecord{record}, StepStarted{run_, 0, 1, {5}, older_.digest, old_.digest, "was"},
         StepFinished{run_, 0, {6}, StepStatus::succeeded, "", std::nullopt}},
        &web);
    store_->release(web);
    return std::get<Lease>(store_->acquire({"", {"key"}, an_owner(), "state rekey", {2'000}}, {}));
  }

  Reseal how() {
    return {[](const std::string& json, const std::string& address) {
              return json == "other" ? json : "new " + json + " " + address;
            },
            [](const std::string& json, const std::string& address) { return "new " + json + " " + address; },
            [this](Record& record) {
              seen_ = store_->blob(*record.definition).value_or("");
              record.outputs = "new";
            },
            {0, {7}, "state.rekeyed", "me", "{}"}};
  }

  const PutBlob old_ = a_blob("old"), older_ = a_blob("older"), other_ = a_blob("other");
  RunId run_ = 0;
  std::string seen_;
};

TEST_P(ResealContract, ChangesRecordsAndHistoryAndForgetsTheOld) {
  const Lease lease = fill();
  const std::int64_t serial = store_->snapshot("prod").serial;
  resealable(*store_).reseal(how(), lease, {2'000});
  const Snapshot after = store_->snapshot("prod");
  EXPECT_GT(after.serial, serial);
  const Record& record = after.records.at(0);
  EXPECT_EQ(seen_, "old");
  EXPECT_EQ(record.outputs, "new");
  EXPECT_EQ(store_->blob(*record.definition), "new old web/site");
  EXPECT_EQ(store_->blob(*record.pending), "other");
  const StepRecord step = store_->steps(run_).at(0);
  EXPECT_EQ(store_->blob(*step.before), "new older " + step.address);
  EXPECT_EQ(step.after, record.definition);
  EXPECT_EQ(step.outputs_before, "new was web/site");
  EXPECT_EQ(step.status, StepStatus::succeeded);
  EXPECT_EQ(store_->blob(old_.digest), std::nullopt);
  EXPECT_EQ(store_->blob(older_.digest), std::nullopt);
  EXPECT_EQ(store_->events(0, 10).back().type, "state.rekeyed");
  EXPECT_TRUE(store_->check().empty());
}

TEST_P(ResealContract, IsTakenBackWhenAPartCannotBeOpened) {
  const Lease lease = fill();
  const std::string before = store_->export_json();
  Reseal broken = how();
  broken.definition = [](const std::string&, const std::string&) -> std::string {
    throw Error(Error::Kind::state, "state.cannot-open", "no");
  };
  EXPECT_EQ(error_code([&] { resealable(*store_).reseal(broken, lease, {2'000}); }), "state.cannot-open");
  EXPECT_EQ(store_->export_json(), before);
  resealable(*store_).reseal(how(), lease, {2'000});
}

TEST_P(ResealContract, WantsTheWholeStateForItself) {
  const Lease lease = fill();
  const Lease other = take_lease(*store_, a_request({"db"}, an_owner(), {2'000}));
  EXPECT_EQ(error_code([&] { resealable(*store_).reseal(how(), lease, {2'001}); }), "state.locked");
  resealable(*store_).reseal(how(), lease, {90'000});
  EXPECT_EQ(error_code([&] { store_->renew(other, {90'000}, Milliseconds(10)); }), "state.lease-lost");
  store_->release(lease);
  EXPECT_EQ(error_code([&] { resealable(*store_).reseal(how(), lease, {90'000}); }), "state.lease-lost");
}

VERBA_EACH_STORE(ResealContract);

}  // namespace
}  // namespace verba
