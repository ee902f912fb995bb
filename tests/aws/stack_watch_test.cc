// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/stacks_world.h"

namespace verba {
namespace {

Async<Milliseconds> wait_until_good(StackWatch& watch, System& system, std::string id, Stop& stop) {
  for (;;) {
    Async<StackLook> looking = watch.next(id, stop);
    const StackLook look = co_await looking;
    if (look.failure && look.failure->stopped) co_return Milliseconds(-1);
    if (look.stack && look.stack->status == "CREATE_COMPLETE") break;
  }
  co_return std::chrono::duration_cast<Milliseconds>(system.steady());
}

/// Stacks that are good at a time each.
class Watch : public testing::Test, protected StacksWorld {
 protected:
  void answer() {
    system.servers = [this](const WebRequest& request) {
      const std::string one = said(request, "StackName");
      if (!one.empty()) return stacks(described(one, status(one)));
      // Pages of a hundred.
      std::string members;
      const std::string token = said(request, "NextToken");
      const std::size_t begin = token.empty() ? 0 : std::stoul(token);
      std::size_t number = 0;
      for (const auto& [id, good_at] : all) {
        if (number >= begin && number < begin + 100) members += described(id, status(id));
        ++number;
      }
      return stacks(members, begin + 100 < all.size() ? fmt::format("<NextToken>{}</NextToken>", begin + 100) : "");
    };
  }
  std::string_view status(const std::string& id) {
    return system.steady() >= all.at(id) ? "CREATE_COMPLETE" : "CREATE_IN_PROGRESS";
  }
  /// When each was seen to be good.
  std::map<std::string, Milliseconds> wait_for_all() {
    std::map<std::string, Milliseconds> seen;
    std::vector<Background> waiting;
    for (const auto& [id, good_at] : all) {
      waiting.push_back(start<Milliseconds>(wait_until_good(watch, system, id, stop),
                                            [&seen, id = id](Result<Milliseconds> at) { seen[id] = std::get<0>(at); }));
    }
    while (seen.size() < all.size()) system.poll();
    return seen;
  }

  StackWatch watch{account, system};
  std::map<std::string, Milliseconds> all;
};

TEST_F(Watch, SeesOneSoon) {
  answer();
  all = {{"a", Milliseconds(10'100)}};
  EXPECT_LE(wait_for_all().at("a") - all.at("a"), Milliseconds(1'000));
  EXPECT_LE(system.requests.size(), 18U);
}

TEST_F(Watch, SeesTwoHundredWithinASecondAndWithTwoCallsASecond) {
  answer();
  for (int i = 0; i < 200; ++i) all.emplace(fmt::format("stack-{:03}", i), Milliseconds(20'000 + i * 97));
  const auto seen = wait_for_all();
  Milliseconds latest{0};
  for (const auto& [id, at] : seen) latest = std::max(latest, at - all.at(id));
  EXPECT_LE(latest, Milliseconds(1'000));
  EXPECT_LE(system.requests.size(),
            static_cast<std::size_t>(2 * std::chrono::ceil<std::chrono::seconds>(system.steady()).count() + 10));
}

TEST_F(Watch, LooksLessOftenWhileItIsThrottled) {
  all = {{"a", Milliseconds(0)}};
  system.environment["AWS_MAX_ATTEMPTS"] = "1";
  AwsLogins impatient(system);
  AwsAccount same(impatient,
                  {.name = "web", .login = {.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}}, .region = "x"});
  StackWatch throttled(same, system);
  std::vector<Milliseconds> times;
  system.servers = [&](const WebRequest&) {
    times.push_back(std::chrono::duration_cast<Milliseconds>(system.steady()));
    return times.size() < 5 ? error(400, "Throttling") : stacks(described("a", "CREATE_COMPLETE"));
  };
  wait_for(system, wait_until_good(throttled, system, "a", stop));
  ASSERT_EQ(times.size(), 5U);
  EXPECT_GE(times[4] - times[3], Milliseconds(8'000));
}

TEST_F(Watch, WhenTheOneWhoLooksStopsAnotherGoesOn) {
  answer();
  all = {{"a", Milliseconds(5'000)}, {"b", Milliseconds(5'000)}};
  system.web_duration = Milliseconds(50);
  Stop impatient;
  std::optional<Milliseconds> first;
  std::optional<Milliseconds> second;
  const Background one = start<Milliseconds>(wait_until_good(watch, system, "a", impatient),
                                             [&](Result<Milliseconds> at) { first = std::get<0>(at); });
  {
    const Background abandoned =
        start<Milliseconds>(wait_until_good(watch, system, "b", stop), [](Result<Milliseconds>) {});
  }
  const Background two = start<Milliseconds>(wait_until_good(watch, system, "b", stop),
                                             [&](Result<Milliseconds> at) { second = std::get<0>(at); });
  system.after(Milliseconds(1'020), [&] { impatient.request(); });
  while (!second) system.poll();
  EXPECT_EQ(first, Milliseconds(-1));
  EXPECT_LE(*second, Milliseconds(6'100));
}

/// What it waits for may have begun after the look was sent.
TEST_F(Watch, WhoComesDuringALookGetsNothingOfIt) {
  all = {{"a", Milliseconds(5'000)}, {"b", Milliseconds(5'000)}, {"late", Milliseconds(5'000)}};
  system.web_duration = Milliseconds(300);
  system.servers = [&](const WebRequest&) {
    const bool had_begun = system.steady() >= Milliseconds(200);
    return stacks(described("a", status("a")) + described("b", status("b")) +
                  described("late", had_begun ? "CREATE_IN_PROGRESS" : "REVIEW_IN_PROGRESS"));
  };
  std::vector<Background> waiting;
  for (const char* id : {"a", "b"}) {
    waiting.push_back(start<Milliseconds>(wait_until_good(watch, system, id, stop), [](Result<Milliseconds>) {}));
  }
  std::optional<StackLook> look;
  system.after(Milliseconds(200), [&] {  // the first look was sent at 50
    waiting.push_back(start<StackLook>(watch.next("late", stop), [&](Result<StackLook> r) { look = std::get<0>(r); }));
  });
  while (!look) system.poll();
  ASSERT_TRUE(look->stack);
  EXPECT_EQ(look->stack->status, "CREATE_IN_PROGRESS");
}

TEST_F(Watch, FirstLooksOfManyAreOneLookAtAllPagesAtOnce) {
  answer();
  for (int i = 0; i < 120; ++i) all.emplace(fmt::format("stack-{:03}", i), Milliseconds(0));
  std::map<std::string, StackLook> looks;
  std::vector<Background> waiting;
  for (int i = 0; i < 150; ++i) {
    const std::string name = fmt::format("stack-{:03}", i);
    waiting.push_back(
        start<StackLook>(watch.now(name, stop), [&looks, name](Result<StackLook> r) { looks[name] = std::get<0>(r); }));
  }
  while (looks.size() < 150) system.poll();
  EXPECT_EQ(system.requests.size(), 2U);
  EXPECT_EQ(system.steady(), Milliseconds(0));
  EXPECT_EQ(looks["stack-119"].stack->status, "CREATE_COMPLETE");
  EXPECT_FALSE(looks["stack-120"].stack || looks["stack-120"].failure);
}

TEST_F(Watch, AFirstLookEndsTheRestBeforeTheNextOne) {
  answer();
  all = {{"a", Milliseconds(10'000)}, {"b", Milliseconds(0)}};
  const Background one = start<Milliseconds>(wait_until_good(watch, system, "a", stop), [](Result<Milliseconds>) {});
  std::optional<Background> other;
  std::optional<Milliseconds> seen;
  system.after(Milliseconds(5'100), [&] {
    other.emplace(start<StackLook>(watch.now("b", stop), [&](Result<StackLook>) {
      seen = std::chrono::duration_cast<Milliseconds>(system.steady());
    }));
  });
  while (!seen) system.poll();
  EXPECT_EQ(*seen, Milliseconds(5'100));
}

/// Ten pages of stacks, of which a few are at work.
TEST_F(Watch, OfManyStacksThoseAtWorkAreListed) {
  std::size_t lists = 0;
  for (int i = 0; i < 30; ++i) all.emplace(fmt::format("arn:{:02}", i), Milliseconds(20'000 + i * 1'200));
  system.servers = [&](const WebRequest& request) {
    const bool lists_them = said(request, "Action") == "ListStacks";
    std::string members;
    for (const auto& [id, good_at] : all) {
      if (!lists_them || status(id) == "CREATE_IN_PROGRESS") members += described(id, status(id));
    }
    if (lists_them) {
      ++lists;
      return result("ListStacks", fmt::format("<StackSummaries>{}</StackSummaries>", members));
    }
    const std::string one = said(request, "StackName");
    if (!one.empty())
      return stacks(described("arn:" + one.substr(one.size() - 2), status("arn:" + one.substr(one.size() - 2))));
    const std::string token = said(request, "NextToken");
    return stacks(members, token == "9"
                               ? ""
                               : fmt::format("<NextToken>{}</NextToken>", token.empty() ? 1 : std::stoi(token) + 1));
  };
  const auto seen = wait_for_all();
  Milliseconds latest{0};
  for (const auto& [id, at] : seen) latest = std::max(latest, at - all.at(id));
  EXPECT_LE(latest, Milliseconds(1'500));
  EXPECT_GE(lists, 20U);
  EXPECT_LE(system.requests.size(),
            static_cast<std::size_t>(2 * std::chrono::ceil<std::chrono::seconds>(system.steady()).count() + 20));
}

TEST_F(Watch, GoesWithItsLastShare) {
  StackWatches watches;
  auto one = std::make_unique<StackWatches::Share>(watches, account, system);
  auto two = std::make_unique<StackWatches::Share>(watches, account, system);
  EXPECT_EQ(&**one, &**two);
  one.reset();
  EXPECT_TRUE((*two)->are_few());
}

}  // namespace
}  // namespace verba
