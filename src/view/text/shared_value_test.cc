// SPDX-License-Identifier: Apache-2.0
#include "view/text/shared_value.h"

#include <gtest/gtest.h>

#include "value/json.h"

namespace verba {
namespace {

std::string shared_json(std::initializer_list<const char*> texts) {
  std::vector<Value> values;
  std::string why;
  for (const char* text : texts) values.push_back(parse_json(text, why).value());
  std::vector<const Value*> all;
  for (const Value& value : values) {
    EXPECT_EQ(shape_of(value), shape_of(values.front()));
    all.push_back(&value);
  }
  return to_json(shared_value(all), SecretsAs::stars);
}

TEST(SharedValue, WordsThatDifferAreTheFirstAndTheLast) {
  EXPECT_EQ(shared_json({R"("same")", R"("same")"}), R"("same")");
  EXPECT_EQ(shared_json({R"("10.0.0.1")", R"("10.0.0.2")", R"("10.0.3.7")"}), R"("[10.0.0.1 to 10.0.3.7]")");
  EXPECT_EQ(shared_json({R"("http://web-1.example.org:80/x")", R"("http://web-2.example.org:80/x")"}),
            R"("http://[web-1.example.org to web-2.example.org]:80/x")");
  EXPECT_EQ(shared_json({R"("a\nname one;\nz")", R"("a\nname two three;\nz")"}), R"("a\nname [one to two three];\nz")");
}

TEST(SharedValue, WhatOneHasTwiceIsNotTakenTwice) {
  EXPECT_EQ(shared_json({R"("a, a")", R"("a, a, a")"}), R"("a, [ to a, ]a")");
  EXPECT_EQ(shared_json({R"("")", R"("x")"}), R"("[ to x]")");
}

TEST(SharedValue, MapsAndListsAreGoneInto) {
  EXPECT_EQ(shared_json({R"({"ip": "a", "n": 1, "l": [true, "x"]})", R"({"ip": "b", "n": 20, "l": [true, "y"]})"}),
            R"({"ip":"[a to b]","n":"[1 to 20]","l":[true,"[x to y]"]})");
}

TEST(SharedValue, ShapesTellKindsNamesAndSecretsApart) {
  Value secret("x");
  secret.secret = true;
  EXPECT_NE(shape_of(Value("x")), shape_of(secret));
  EXPECT_NE(shape_of(Value("1")), shape_of(Value(1)));
  EXPECT_NE(shape_of(Value(List{Value(1)})), shape_of(Value(List{Value(1), Value(1)})));
  Map one, other;
  one.set("a", 1);
  other.set("b", 1);
  EXPECT_NE(shape_of(Value(one)), shape_of(Value(other)));
}

}  // namespace
}  // namespace verba
