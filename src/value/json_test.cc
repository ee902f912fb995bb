// SPDX-License-Identifier: Apache-2.0
#include "value/json.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/digest.h"

namespace verba {
namespace {

std::string round(std::string_view text) {
  std::string why;
  auto value = parse_json(text, why);
  return value ? to_json(*value) : why;
}

std::string canonical(const Value& value) {
  std::string out;
  to_canonical_json(value, "key", out);
  return out;
}

std::string canonical_of(std::string_view text) {
  std::string why;
  return canonical(parse_json(text, why).value());
}

Value secret(Value value) {
  value.secret = true;
  return value;
}

TEST(Json, ReadsAndWritesInOrder) {
  std::string_view text = R"({"b":[1,-2,2.5,true,false,null,"x\n\u0001é"],"a":{},"c":[]})";
  EXPECT_EQ(round(text), text);
  EXPECT_EQ(round(R"("\ud83d\ude00\/\b")"), "\"\xf0\x9f\x98\x80/\\u0008\"");
  EXPECT_EQ(round(" 1 \n"), "1");
}

TEST(Json, KeepsIntegersExactAndRealsShortest) {
  EXPECT_EQ(round("[9223372036854775807,-9223372036854775808]"), "[9223372036854775807,-9223372036854775808]");
  EXPECT_EQ(round("[18446744073709551615,-9223372036854775809]"), R"(["18446744073709551615","-9223372036854775809"])");
  EXPECT_EQ(round("100000000000000000000000"), R"("100000000000000000000000")");
  EXPECT_EQ(round("[0.1,1.0,1e3,5e-324,1.7976931348623157e308,0.30000000000000004,-0.0]"),
            "[0.1,1.0,1000.0,5e-324,1.7976931348623157e+308,0.30000000000000004,-0.0]");
  EXPECT_EQ(round("7.038531e-26"), "7.038531e-26");
  std::string why;
  EXPECT_TRUE(parse_json("1", why)->is(Value::Kind::integer));
  EXPECT_TRUE(parse_json("1.0", why)->is(Value::Kind::real));
}

TEST(Json, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(round(R"({"a":1,"a":2})"), "the key 'a' is there twice, at byte 12");
  EXPECT_EQ(round("{\"a\":1} x"), "something follows the end of the document, at byte 8");
  EXPECT_EQ(round("[1,"), "the text ends too early, at byte 3");
  EXPECT_EQ(round(""), "the text ends too early, at byte 0");
  EXPECT_EQ(round("\"\xff\""), "the text is not UTF-8, at byte 1");
  EXPECT_EQ(round("1e400"), "the number is too large, at byte 5");
  EXPECT_NE(round("[1,]").find("at byte 3"), std::string::npos);
  for (std::string_view bad : {"nul", "{a:1}", "'a'", "01", "[1 2]", "// c\n1", "\"\t\"",
                               "\xef\xbb\xbf"
                               "1",
                               "NaN"}) {
    std::string why;
    EXPECT_FALSE(parse_json(bad, why)) << bad;
    EXPECT_NE(why.find("at byte"), std::string::npos);
  }
}

TEST(Json, FindsADuplicateAmongManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_NE(round(text + "\"k500\":1}").find("'k500' is there twice"), std::string::npos);
  EXPECT_EQ(round(text + "\"k1000\":1}").substr(0, 5), "{\"k0\"");
}

TEST(Json, LimitsDepth) {
  std::string deepest = std::string(256, '[') + std::string(256, ']');
  EXPECT_EQ(round(deepest), deepest);
  EXPECT_NE(round("[" + deepest + "]").find("256 levels"), std::string::npos);
  EXPECT_NE(round(std::string(200'000, '[')).find("256 levels"), std::string::npos);
}

TEST(Json, IsPretty) {
  std::string why;
  EXPECT_EQ(to_pretty_json(*parse_json(R"({"a":[1,{"b":2}],"c":{},"d":[]})", why)),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}");
}

TEST(Json, IsUtf8WhateverIsInIt) {
  Value value(Map{});
  value.map().set("a", "x\xff\xfe|\xc3\xa9|\xe2\x82|\xed\xa0\x80|\xc3");
  const std::string fffd = "\xef\xbf\xbd";
  EXPECT_EQ(to_json(value),
            "{\"a\":\"x" + fffd + fffd + "|\xc3\xa9|" + fffd + fffd + "|" + fffd + fffd + fffd + "|" + fffd + "\"}");
  EXPECT_EQ(as_utf8("plain \xc3\xa9"), "plain \xc3\xa9");
}

TEST(Json, HidesSecretsUnlessAsked) {
  Map map;
  map.set("password", secret("hunter2"));
  map.set("list", secret(List{Value(1)}));
  map.set("later", Unknown{});
  EXPECT_EQ(to_json(map), R"({"password":"***","list":"***","later":null})");
  EXPECT_EQ(to_json(map, SecretsAs::clear), R"({"password":"hunter2","list":[1],"later":null})");
  EXPECT_EQ(to_json(Value(NAN)), "null");
}

TEST(CanonicalJson, SortsKeysAndTellsRealsFromIntegers) {
  EXPECT_EQ(canonical_of(R"({"b": 1.0, "a": [1e2, 0.5, -0.0, 1e300], "B": {"z":1,"y":2}})"),
            R"({"B":{"y":2,"z":1},"a":[100.0,0.5,0.0,1e+300],"b":1.0})");
  EXPECT_EQ(canonical(Value(INFINITY)), R"({"$real":"inf"})");
  EXPECT_EQ(canonical(Unknown{}), R"({"$unknown":true})");
}

TEST(CanonicalJson, NamesSecretsByAKeyedDigest) {
  EXPECT_EQ(canonical(secret("a")), "{\"$secret\":\"" + keyed_digest("key", "\"a\"").hex() + "\"}");
  Value marked = List{Value("a"), Value(1)};
  Value root_only = secret(marked);
  make_secret(marked);
  EXPECT_EQ(canonical(marked), canonical(root_only)) << "what is in a secret is secret, marked or not";
  EXPECT_NE(canonical(secret("a")), canonical(secret("b")));
  EXPECT_EQ(canonical(marked).find("\"a\""), std::string::npos);
}

}  // namespace
}  // namespace verba
