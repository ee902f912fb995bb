// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/outputs.h"

#include <gtest/gtest.h>

#include "value/json.h"

namespace verba {
namespace {

/// The outputs as JSON, or what is wrong.
std::string outputs(OutputFormat format, std::string_view text) {
  std::string why;
  std::optional<Map> map = parse_outputs(format, text, why);
  return map ? to_json(Value(std::move(*map))) : why;
}

TEST(Outputs, KnowsItsFormats) {
  EXPECT_EQ(output_format("dotenv"), OutputFormat::dotenv);
  EXPECT_EQ(output_format("none"), OutputFormat::none);
  EXPECT_EQ(output_format("xml"), std::nullopt);
}

TEST(Outputs, TextLosesOneLineEnd) {
  EXPECT_EQ(outputs(OutputFormat::text, "a\nb\n"), R"({"text":"a\nb"})");
  EXPECT_EQ(outputs(OutputFormat::text, "a\n\n"), R"({"text":"a\n"})");
  EXPECT_EQ(outputs(OutputFormat::text, "a\r\n"), R"({"text":"a"})");
  EXPECT_EQ(outputs(OutputFormat::text, ""), R"({"text":""})");
  EXPECT_EQ(outputs(OutputFormat::none, "a\n"), "{}");
}

TEST(Outputs, LinesNeedNoLastEnd) {
  EXPECT_EQ(outputs(OutputFormat::lines, "a\r\n\nb"), R"({"lines":["a","","b"]})");
  EXPECT_EQ(outputs(OutputFormat::lines, "a\n"), R"({"lines":["a"]})");
  EXPECT_EQ(outputs(OutputFormat::lines, ""), R"({"lines":[]})");
}

TEST(Outputs, JsonMustBeOneObject) {
  EXPECT_EQ(outputs(OutputFormat::json, R"({"Url": "x", "n": [1, 2.5, null]})"
                                        "\n"),
            R"({"Url":"x","n":[1,2.5,null]})");
  EXPECT_EQ(outputs(OutputFormat::json, " \n"), "{}");
  EXPECT_EQ(outputs(OutputFormat::json, "[1]"), "must be a JSON object, but is a list");
  EXPECT_TRUE(outputs(OutputFormat::json, "{\"a\": }").starts_with("is not JSON: "));
  EXPECT_TRUE(outputs(OutputFormat::json, "{} {}").starts_with("is not JSON: "));
}

TEST(Outputs, DotenvHasQuotesCommentsAndExport) {
  EXPECT_EQ(
      outputs(OutputFormat::dotenv, "# first\n\nURL=https://x/#top\nexport NAME = a b  # comment\r\nEMPTY=\nURL=y\n"),
      R"({"URL":"y","NAME":"a b","EMPTY":""})");
  EXPECT_EQ(outputs(OutputFormat::dotenv, "A='$x \\n #'\nB=\"1\\n\\\"2\\\" \\$x \\q\" # c\nC='two\nlines'\nexport=1"),
            R"({"A":"$x \\n #","B":"1\n\"2\" $x \\q","C":"two\nlines","export":"1"})");
  EXPECT_EQ(outputs(OutputFormat::dotenv, ""), "{}");
  EXPECT_EQ(outputs(OutputFormat::dotenv, "A=#x"), R"({"A":""})");
}

TEST(Outputs, DotenvMistakesNameTheLine) {
  EXPECT_EQ(outputs(OutputFormat::dotenv, "A=1\nhello world\n"), "line 2: expected NAME=VALUE");
  EXPECT_EQ(outputs(OutputFormat::dotenv, "=1"), "line 1: expected NAME=VALUE");
  EXPECT_EQ(outputs(OutputFormat::dotenv, "A='x\n\ny"), "line 1: the closing ' is missing");
  EXPECT_EQ(outputs(OutputFormat::dotenv, "A='x\ny' z"), "line 2: there is more after the closing quote");
}

TEST(Outputs, WhatIsNotUtf8IsRefused) {
  for (const std::string_view bad : {"\xff", "\xc0\xaf", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80"}) {
    EXPECT_EQ(outputs(OutputFormat::text, bad), "is not UTF-8 text");
    EXPECT_EQ(outputs(OutputFormat::dotenv, bad), "is not UTF-8 text");
  }
  EXPECT_EQ(outputs(OutputFormat::text, "é€😀"), R"({"text":"é€😀"})");
}

}  // namespace
}  // namespace verba
