// SPDX-License-Identifier: Apache-2.0
#include "value/value.h"

#include <gtest/gtest.h>

#include <cmath>

#include "value/json.h"

namespace verba {
namespace {

Value json(std::string_view text) {
  std::string why;
  return parse_json(text, why).value();
}

TEST(Map, SetsFindsAndErases) {
  Map map;
  EXPECT_TRUE(map.empty());
  map.set("a", 1);
  map.set("b", 2);
  EXPECT_EQ(map.set("a", 3).integer(), 3);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.find("a")->integer(), 3);
  EXPECT_EQ(map.find("c"), nullptr);
  EXPECT_EQ(map.find_key("b")->name, "b");
  EXPECT_TRUE(map.erase("a"));
  EXPECT_FALSE(map.erase("a"));
  EXPECT_EQ(map.begin()->first.name, "b") << "the order stays";
}

TEST(Value, KindFollowsWhatItIsMadeOf) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(true).is(Value::Kind::boolean));
  EXPECT_TRUE(Value(1).is(Value::Kind::integer));
  EXPECT_TRUE(Value(1.0).is(Value::Kind::real));
  EXPECT_TRUE(Value("x").is_string());
  EXPECT_TRUE(Value(List{}).is_list());
  EXPECT_TRUE(Value(Map{}).is_map());
  EXPECT_TRUE(Value(Unknown{}).is_unknown());
  EXPECT_EQ(Value("x").find("a"), nullptr);
}

TEST(Value, EqualityLooksAtTheContentOnly) {
  EXPECT_EQ(json(R"({"a":1,"b":[1,2]})"), json(R"({"b":[1,2],"a":1})"));
  EXPECT_NE(json(R"({"a":1,"b":2})"), json(R"({"a":2,"b":1})"));
  EXPECT_NE(json(R"({"a":1})"), json(R"({"b":1})"));
  EXPECT_NE(json("[1,2]"), json("[2,1]"));
  EXPECT_NE(json("[]"), json("{}"));
  EXPECT_NE(Value(""), Value());
  EXPECT_EQ(Value(Unknown{}), Value(Unknown{}));
  Value placed("x");
  placed.where = {1, 2, 3};
  placed.plain = true;
  EXPECT_EQ(placed, Value("x"));
}

TEST(Value, IntegersAndRealsCompareAsNumbers) {
  EXPECT_EQ(Value(1), Value(1.0));
  EXPECT_EQ(Value(1.0), Value(1));
  EXPECT_NE(Value(1), Value(1.5));
  EXPECT_NE(Value(std::int64_t{9007199254740993}), Value(9007199254740992.0)) << "as doubles they would be equal";
  EXPECT_NE(Value(INT64_MAX), Value(0x1p63));
  EXPECT_EQ(Value(INT64_MIN), Value(-0x1p63));
  EXPECT_EQ(Value(NAN), Value(NAN));
}

TEST(Value, FindsUnknownsAndSecretsAtAnyDepth) {
  Value value = json(R"({"a":[{"b":1}]})");
  EXPECT_FALSE(has_unknown(value));
  EXPECT_FALSE(has_secret(value));
  value.map().find("a")->list()[0].map().set("b", Unknown{});
  EXPECT_TRUE(has_unknown(value));
  make_secret(*value.map().find("a"));
  EXPECT_TRUE(has_secret(value));
  EXPECT_FALSE(value.secret);
  EXPECT_TRUE(value.find("a")->list()[0].find("b")->secret);
}

}  // namespace
}  // namespace verba
