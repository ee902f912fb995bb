// SPDX-License-Identifier: Apache-2.0
#include "state/seal.h"

#include <gmock/gmock.h>

#include <map>

#include "base/base64.h"
#include "base/error.h"
#include "value/json.h"

namespace verba {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string key(32, 'k');

TEST(Sealer, OpensWhatItSealed) {
  Sealer sealer(key);
  for (const std::string& clear :
       {std::string(), std::string("hunter2"), std::string(100'000, 'x'), std::string("\0\xFF", 2)}) {
    std::string sealed = sealer.seal(clear, "web/site");
    EXPECT_EQ(sealer.open(sealed, "web/site"), clear);
    EXPECT_EQ(Sealer(key).open(sealed, "web/site"), clear);
    if (clear.size() > 4) {
      EXPECT_THAT(*from_base64(sealed), Not(HasSubstr(clear)));
    }
  }
}

TEST(Sealer, NeverSealsTheSameWayTwice) {
  Sealer sealer(key);
  EXPECT_NE(sealer.seal("hunter2", "a"), sealer.seal("hunter2", "a"));
}

TEST(Sealer, OpensNothingElse) {
  Sealer sealer(key);
  std::string sealed = sealer.seal("hunter2", "web/site");
  auto refused = [](const Sealer& with, const std::string& text, std::string_view context) {
    try {
      with.open(text, context);
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
      return error.diagnostic().code == "state.cannot-open";
    }
    return false;
  };
  EXPECT_TRUE(refused(Sealer(std::string(32, 'l')), sealed, "web/site"));
  EXPECT_TRUE(refused(sealer, sealed, "web/other"));
  EXPECT_TRUE(refused(sealer, "", "web/site"));
  EXPECT_TRUE(refused(sealer, "hunter2", "web/site"));
  std::string bytes = *from_base64(sealed);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_TRUE(refused(sealer, to_base64(changed), "web/site")) << i;
    EXPECT_TRUE(refused(sealer, to_base64(bytes.substr(0, i)), "web/site")) << i;
  }
}

TEST(Sealer, DerivesItsKeys) {
  Sealer sealer(key);
  EXPECT_EQ(sealer.digest_key().size(), 32U);
  EXPECT_NE(sealer.digest_key(), key);
  EXPECT_EQ(sealer.digest_key(), Sealer(key).digest_key());
  EXPECT_NE(sealer.digest_key(), Sealer(std::string(32, 'l')).digest_key());
  EXPECT_THROW(Sealer("short"), Error);
}

TEST(SealedJson, HidesSecretPartsAndShowsTheRest) {
  Sealer sealer(key);
  Value password("hunter2");
  password.secret = true;
  Map user;
  user.set("name", "ada");
  user.set("password", password);
  Value value(List{user, 7, Value(), password});
  std::string json = sealer.to_sealed_json(value, "web/site");
  EXPECT_THAT(json, HasSubstr("ada"));
  EXPECT_THAT(json, HasSubstr("$sealed"));
  EXPECT_THAT(json, Not(HasSubstr("hunter2")));
  Value back = sealer.from_sealed_json(json, "web/site");
  EXPECT_EQ(back, value);
  EXPECT_FALSE(back.secret);
  EXPECT_TRUE(back.list()[0].find("password")->secret);
  EXPECT_FALSE(back.list()[0].find("name")->secret);
  EXPECT_TRUE(back.list()[3].secret);
  EXPECT_THROW(sealer.from_sealed_json(json, "web/other"), Error);
}

TEST(SealedJson, MarksAllOfASecretTree) {
  Sealer sealer(key);
  Map inner;
  inner.set("a", List{1, "x"});
  Value secret(inner);
  make_secret(secret);
  Value back = sealer.from_sealed_json(sealer.to_sealed_json(secret, "c"), "c");
  EXPECT_EQ(back, secret);
  EXPECT_TRUE(back.secret);
  EXPECT_TRUE(back.find("a")->list()[1].secret);
}

TEST(SealedJson, TakesNothingElseForASeal) {
  Sealer sealer(key);
  for (const char* name : {"$sealed", "$$sealed", "$$$sealed", "sealed", "$seale", "x$sealed"}) {
    Map map;
    map.set(name, "not a seal");
    Value back = sealer.from_sealed_json(sealer.to_sealed_json(map, "c"), "c");
    EXPECT_EQ(back, Value(map)) << name;
    EXPECT_FALSE(has_secret(back)) << name;
  }
}

TEST(SealedJson, SaysWhenTheTextIsNoJson) {
  EXPECT_THROW(Sealer(key).from_sealed_json("{", "c"), Error);
}

/// Files in memory; nothing else of a System is asked for.
class OnlyFiles : public System {
 public:
  std::map<std::string, std::string> files;
  std::map<std::string, unsigned> modes;

  std::optional<std::string> read_file(const std::string& path, std::uint64_t) override {
    auto at = files.find(path);
    return at != files.end() ? std::optional(at->second) : std::nullopt;
  }
  void write_file(const std::string& path, std::string_view content, unsigned mode) override {
    files[path] = content;
    modes[path] = mode;
  }
  void make_directories(const std::string& path, unsigned mode) override { modes[path] = mode; }
  std::string random_bytes(std::size_t count) override { return std::string(count, static_cast<char>(++seed_)); }

  std::optional<std::vector<DirectoryEntry>> list_directory(const std::string&) override { bug("not asked for"); }
  std::optional<DirectoryEntry::Kind> kind_of(const std::string&) override { bug("not asked for"); }
  std::optional<std::string> read_part(const std::string&, std::uint64_t, std::size_t) override {
    bug("not asked for");
  }
  bool is_executable(const std::string&) override { bug("not asked for"); }
  void empty(const std::string&) override { bug("not asked for"); }
  void remove(const std::string&) override { bug("not asked for"); }
  std::string absolute(const std::string&) override { bug("not asked for"); }
  Instant now() override { bug("not asked for"); }
  std::chrono::nanoseconds steady() override { bug("not asked for"); }
  std::optional<std::string> variable(const std::string&) override { bug("not asked for"); }
  std::vector<std::pair<std::string, std::string>> variables() override { bug("not asked for"); }
  std::string host() override { bug("not asked for"); }
  std::string boot_id() override { bug("not asked for"); }
  std::int64_t process() override { bug("not asked for"); }
  bool group_is_alive(std::int64_t, std::int64_t) override { return false; }
  void signal_group(std::int64_t, int) override {}
  std::optional<std::int64_t> process_start(std::int64_t) override { bug("not asked for"); }
  ProcessId start(const Command&, ProcessHandlers) override { bug("not asked for"); }
  void signal(ProcessId, int) override { bug("not asked for"); }
  void abandon(ProcessId) override { bug("not asked for"); }
  WebRequestId send(WebRequest, std::function<void(WebAnswer)>) override { bug("not asked for"); }
  void forget(WebRequestId) override { bug("not asked for"); }
  TimerId after(Milliseconds, std::function<void()>) override { bug("not asked for"); }
  void cancel(TimerId) override { bug("not asked for"); }
  void on_interrupt(std::function<void()>) override { bug("not asked for"); }
  void poll() override { bug("not asked for"); }

 private:
  int seed_ = 0xA0;
};

TEST(KeyFile, IsMadeOnceForItsOwnerAlone) {
  OnlyFiles system;
  std::string made = load_or_make_key(system, "home/key");
  EXPECT_EQ(made, std::string(32, '\xA1'));
  EXPECT_EQ(system.modes.at("home/key"), 0600U);
  EXPECT_EQ(system.modes.at("home"), 0700U);
  EXPECT_EQ(system.files.at("home/key").size(), 65U);
  EXPECT_EQ(load_or_make_key(system, "home/key"), made);
}

TEST(KeyFile, ThatHoldsSomethingElseIsRefusedAndLeftAlone) {
  for (const std::string& text :
       {std::string(), std::string("key"), std::string(63, 'a'), std::string(64, 'g'), std::string(66, 'a')}) {
    OnlyFiles system;
    system.files["key"] = text;
    EXPECT_THROW(load_or_make_key(system, "key"), Error) << text;
    EXPECT_EQ(system.files["key"], text);
  }
}

}  // namespace
}  // namespace verba
