// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_parameters.h"

#include <gtest/gtest.h>

#include "value/yaml.h"

namespace verba {
namespace {

Value value_of(const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  return parse_yaml(sources, sources.add("m.yaml", text), diagnostics).at(0);
}

/// What is wrong, as it stands in brackets; "" when it is taken.
std::string fault(const std::string& declared, const std::string& given) {
  const std::optional<NotTaken> found = not_taken("P", value_of(declared), value_of(given), false);
  const std::string_view before = "the parameter 'P' does not take ";
  if (!found || !found->message.starts_with(before)) return found ? found->message : "";
  const std::string& message = found->message;
  const std::size_t begin = message.find(" (", before.size());
  return message.substr(begin + 2, message.size() - begin - 3);
}

TEST(TemplateParameters, OneOfSeveral) {
  const char* sizes = "{Type: String, AllowedValues: [small, large, 3, true]}";
  for (const char* one : {"small", "3", "'3'", "true", "'true'"}) EXPECT_EQ(fault(sizes, one), "") << one;
  EXPECT_EQ(fault(sizes, "Small"), "AllowedValues: small, large, 3, true");
  EXPECT_EQ(fault(sizes, "[small, large]"), "AllowedValues: small, large, 3, true");
  const char* counts = "{Type: Number, AllowedValues: ['1', '2.50']}";
  for (const char* one : {"1", "'1'", "1.0", "2.5", "2.50"}) EXPECT_EQ(fault(counts, one), "") << one;
  EXPECT_EQ(fault(counts, "3"), "AllowedValues: 1, 2.50");
}

TEST(TemplateParameters, Numbers) {
  for (const char* one : {"1", "-1.5", "'+2'", "' 3 '", "1e3", "007"})
    EXPECT_EQ(fault("{Type: Number}", one), "") << one;
  for (const char* one : {"x", "''", "true", "[1, 2]", "1_000", "'0x1F'"}) {
    EXPECT_EQ(fault("{Type: Number}", one), "Type: Number") << one;
  }
  const char* port = "{Type: Number, MinValue: 1024, MaxValue: '65535'}";
  for (const char* one : {"1024", "65535", "8080.5"}) EXPECT_EQ(fault(port, one), "") << one;
  EXPECT_EQ(fault(port, "1023"), "MinValue: 1024");
  EXPECT_EQ(fault(port, "'65535.1'"), "MaxValue: 65535");
  EXPECT_EQ(fault("{Type: Number, AllowedPattern: '[a-z]+', MinLength: 5}", "1"), "");
}

TEST(TemplateParameters, Lengths) {
  const char* name = "{Type: String, MinLength: 2, MaxLength: '3'}";
  for (const char* one : {"ab", "abc", "\"\\u00e9\\u00e9\\u00e9\"", "12"}) EXPECT_EQ(fault(name, one), "") << one;
  EXPECT_EQ(fault(name, "a"), "MinLength: 2");
  EXPECT_EQ(fault(name, "abcd"), "MaxLength: 3");
  EXPECT_EQ(fault(name, "\"\\U0001F600\""), "");  // two of Java's
  EXPECT_EQ(fault("{Type: String, MinLength: 1}", "''"), "MinLength: 1");
}

TEST(TemplateParameters, PatternsFitTheWhole) {
  const char* name = "{Type: String, AllowedPattern: '[a-z]+'}";
  EXPECT_EQ(fault(name, "abc"), "");
  for (const char* one : {"abc1", "''", "\"abc\\n\""}) EXPECT_EQ(fault(name, one), "AllowedPattern: [a-z]+") << one;
  EXPECT_EQ(fault("{Type: String, AllowedPattern: '^(a|b)?$'}", "c"), "AllowedPattern: ^(a|b)?$");
  EXPECT_EQ(fault(R"({Type: String, AllowedPattern: '(\d{1,3})\.[\[\]x^-]'})", "1.]"), "");
}

TEST(TemplateParameters, PatternsThatJavaAloneKnowsAreLeft) {
  for (const char* pattern : {"(?=a).*", "(?!x)y", R"((a)\1)", "[a-z&&[^b]]+", "[a[bc]]", "[[:alpha:]]+", "a++",
                              R"(\Qx\E)", R"(\p{Alpha}+)", ".{1,2000}", "(?iU)a", R"(\v)", "("}) {
    EXPECT_EQ(fault("{Type: String, AllowedPattern: '" + std::string(pattern) + "'}", "???"), "") << pattern;
  }
  EXPECT_EQ(fault("{Type: String, AllowedPattern: '(?i)a'}", "A"), "");
  EXPECT_EQ(fault("{Type: String, AllowedPattern: '(?:U)'}", "u"), "AllowedPattern: (?:U)");
  EXPECT_EQ(fault(R"({Type: String, AllowedPattern: '[]\]^[]'})", "x"), "");
}

TEST(TemplateParameters, PartsOfLists) {
  const char* zones = "{Type: CommaDelimitedList, AllowedValues: [a, b], AllowedPattern: '[ab]'}";
  for (const char* one : {"a", "'a, b'", "[a, b]", "['a,b', a]", "''", "[]"}) EXPECT_EQ(fault(zones, one), "") << one;
  EXPECT_EQ(fault(zones, "'a,c'"), "AllowedValues: a, b");
  EXPECT_EQ(fault("{Type: CommaDelimitedList, AllowedPattern: '[ab]'}", "'a,'"), "AllowedPattern: [ab]");
  EXPECT_EQ(fault("{Type: CommaDelimitedList, MinLength: 5}", "a"), "");
  EXPECT_EQ(fault("{Type: List<Number>, MinValue: 5}", "'1, 2.5'"), "");
  EXPECT_EQ(fault("{Type: List<Number>}", "[1, x]"), "Type: List<Number>");
}

TEST(TemplateParameters, WhatOnlyAwsKnowsIsLeft) {
  for (const char* type : {"AWS::EC2::VPC::Id", "List<AWS::EC2::Subnet::Id>", "AWS::SSM::Parameter::Name",
                           "AWS::SSM::Parameter::Value<String>", "Strange"}) {
    EXPECT_EQ(fault("{Type: '" + std::string(type) + "', AllowedValues: [a]}", "b"), "") << type;
  }
  EXPECT_EQ(fault("{AllowedValues: [a]}", "b"), "");
  EXPECT_EQ(fault("{Type: String, AllowedValues: [a]}", "'{{resolve:ssm:b}}'"), "");
  EXPECT_EQ(fault("{Type: String, AllowedValues: [a]}", "{b: c}"), "");
  const Value declared = value_of("{Type: CommaDelimitedList, AllowedValues: [a]}");
  EXPECT_FALSE(not_taken("P", declared, Value(List{Value(Unknown{}), Value("a")}), false));
  EXPECT_TRUE(not_taken("P", declared, Value(List{Value(Unknown{}), Value("b")}), false));
}

TEST(TemplateParameters, SecretsAreNotTold) {
  const std::string rest = "Type: String, MinLength: 8, ConstraintDescription: 'longer, please'}";
  Value given("pa55");
  const std::optional<NotTaken> shown = not_taken("P", value_of("{" + rest), given, false);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->message, "the parameter 'P' does not take 'pa55' (MinLength: 8)");
  EXPECT_EQ(shown->hint, "the template says: longer, please");
  const char* hidden = "the parameter 'P' does not take the secret that it is given (MinLength: 8)";
  EXPECT_EQ(not_taken("P", value_of("{NoEcho: true, " + rest), given, false)->message, hidden);
  given.secret = true;
  EXPECT_EQ(not_taken("P", value_of("{" + rest), given, false)->message, hidden);
  const std::optional<NotTaken> all = not_taken("P", value_of("{" + rest), given, true);
  EXPECT_EQ(all->message, "the parameter 'P' does not take the secret that it is given (MinLength)");
  EXPECT_EQ(all->hint, "");
}

}  // namespace
}  // namespace verba
