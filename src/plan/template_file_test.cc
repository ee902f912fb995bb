// SPDX-License-Identifier: Apache-2.0
#include "plan/template_file.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

Value values() {
  Map map;
  map.set("port", 80);
  map.set("names", List{"a", "b"});
  Value password("hunter2");
  password.secret = true;
  map.set("password", std::move(password));
  map.set("later", Unknown{});
  return map;
}

std::string mistake(const std::string& text) {
  const std::variant<Value, NotFound> filled = fill_template("app.conf.in", text, values());
  const NotFound* mistake = std::get_if<NotFound>(&filled);
  return mistake != nullptr ? mistake->message : "none";
}

Value filled(const std::string& text) {
  std::variant<Value, NotFound> filled = fill_template("app.conf.in", text, values());
  EXPECT_TRUE(std::holds_alternative<Value>(filled)) << mistake(text);
  return std::holds_alternative<Value>(filled) ? std::get<Value>(filled) : Value();
}

TEST(TemplateFile, FillsIn) {
  EXPECT_EQ(filled("a: \"${{ values.port }}\"\n\t'${{ join(values.names, ',') }}' \\n $HOME\n"),
            Value("a: \"80\"\n\t'a,b' \\n $HOME\n"));
  EXPECT_EQ(filled("${{ values.port }}"), Value("80"));
  EXPECT_EQ(filled(""), Value(""));
  EXPECT_EQ(filled("no end\n\n  $${{ x"), Value("no end\n\n  ${{ x"));
  EXPECT_TRUE(filled("x=${{ values.password }}").secret);
  EXPECT_FALSE(filled("x=${{ values.port }}").secret);
  EXPECT_TRUE(filled("x=${{ values.later }}").is_unknown());
}

TEST(TemplateFile, AMistakeNamesItsLine) {
  EXPECT_EQ(mistake("one\ntwo ${{ values.none }}\n"), "app.conf.in:2: there is no value 'none'");
  EXPECT_EQ(mistake("one\n\n  ${{ vars.port }}\n"), "app.conf.in:3: 'vars' means nothing in a template");
  EXPECT_TRUE(mistake("one\n${{ values. }}\n").starts_with("app.conf.in:2: ")) << mistake("one\n${{ values. }}\n");
  EXPECT_TRUE(mistake("${{ file('x') }}").starts_with("app.conf.in:1: ")) << mistake("${{ file('x') }}");
  EXPECT_EQ(mistake("${{ values.names }}"), "app.conf.in came to a list, not to text");
}

}  // namespace
}  // namespace verba
