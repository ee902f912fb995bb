// SPDX-License-Identifier: Apache-2.0
#include "provider/wait/wait_provider.h"

#include "provider/wait/wait_type.h"
#include "provider/workbench.h"

namespace verba {
namespace {

using namespace std::chrono_literals;

class WaitProviderTest : public Workbench {
 protected:
  WaitProviderTest() : Workbench(wait_type()) {}
  Resource wait(const std::string& yaml) { return resource(yaml); }
  std::string apply(const std::string& yaml) {
    const Outcome outcome = wait_for(*system_, wait_->apply(wait(yaml), std::nullopt, attempt_));
    if (const auto* failed = std::get_if<Failed>(&outcome)) return failed->message;
    return std::holds_alternative<Succeeded>(outcome) ? "so" : "cancelled";
  }
  std::string mistakes(const std::string& yaml) {
    Sources sources;
    Diagnostics diagnostics;
    auto documents = parse_yaml(sources, sources.add("with", yaml), diagnostics);
    check_fields(documents.at(0), wait_->type().inputs, "the test", false, sources, diagnostics);
    wait_->validate(documents.at(0), {}, diagnostics);
    std::string all;
    for (const Diagnostic& one : diagnostics.all()) all += one.message + "\n";
    return all;
  }

  std::unique_ptr<Provider> wait_ = make_wait_provider();
};

TEST_F(WaitProviderTest, ForAPort) {
  const Port open(true), closed(false);
  EXPECT_EQ(apply("{tcp: '" + open.place() + "'}"), "so");
  attempt_.timeout = 1s;
  const std::string said = apply("{tcp: '" + closed.place() + "', interval: 10ms}");
  EXPECT_EQ(said, "tcp " + closed.place() + ": not so after 1s: Connection refused");
  EXPECT_EQ(log_, "not yet: Connection refused\n");
}

TEST_F(WaitProviderTest, UntilSomebodyListens) {
  Port port(false);
  attempt_.timeout = 20s;
  attempt_.log = [&](Stream, std::string_view) { port.listen(); };
  EXPECT_EQ(apply("{tcp: '" + port.place() + "', interval: 10ms}"), "so");
}

TEST_F(WaitProviderTest, ForANameAndATime) {
  EXPECT_EQ(apply("{dns: localhost}"), "so");
  EXPECT_EQ(apply("{for: 5ms}"), "so");
  EXPECT_EQ(apply("{until: '2020-01-31T06:00:00Z'}"), "so");
  attempt_.timeout = 10ms;
  EXPECT_EQ(apply("{for: 30s}"), "for 30s: not so after 10ms");
  EXPECT_TRUE(apply("{until: '2990-01-31T06:00:00Z'}").ends_with(": not so after 10ms"));
}

TEST_F(WaitProviderTest, TheStop) {
  const Port closed(false);
  attempt_.log = [this](Stream, std::string_view) { stop_.request(); };
  EXPECT_EQ(apply("{tcp: '" + closed.place() + "', interval: 30s}"), "cancelled");
  EXPECT_EQ(apply("{for: 30s}"), "cancelled");
}

TEST_F(WaitProviderTest, Observes) {
  const Port open(true), closed(false);
  const auto state = [&](const std::string& yaml) {
    return wait_for(*system_, wait_->observe({wait(yaml), Value()}, attempt_)).state;
  };
  EXPECT_EQ(state("{tcp: '" + open.place() + "'}"), Observed::State::present);
  EXPECT_EQ(state("{tcp: '" + closed.place() + "'}"), Observed::State::absent);
  EXPECT_FALSE(wait_->can_observe(wait("{for: 30s}")));
}

TEST_F(WaitProviderTest, BadInputs) {
  EXPECT_EQ(mistakes("{interval: 1s}"), "nothing says what to wait for\n");
  EXPECT_EQ(mistakes("{for: 1s, dns: a}"), "one Wait waits for one thing\n");
  EXPECT_EQ(mistakes("{dns: a, status: 200}"), "'status' goes with 'http'\n");
  EXPECT_EQ(mistakes("{tcp: localhost}"), "'localhost' is no host and port\n");
  EXPECT_EQ(mistakes("{tcp: 'a:b:99999'}"), "'a:b:99999' is no host and port\n");
  EXPECT_EQ(mistakes("{tcp: '[::1]:80'}"), "");
  EXPECT_EQ(mistakes("{http: 'ftp://a'}"), "'ftp://a' is no URL\n");
  EXPECT_EQ(mistakes("{dns: '-a'}"), "'-a' is no host name\n");
  EXPECT_EQ(mistakes("{until: tomorrow}"), "'tomorrow' is no instant\n");
  EXPECT_EQ(mistakes("{for: soon}"), "'soon' is no length of time\n");
}

}  // namespace
}  // namespace verba
