// SPDX-License-Identifier: Apache-2.0
#include "manifest/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/testing.h"
#include "value/expr.h"
#include "value/json.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<Field>& fields() {
  static const std::vector<Field> all = {
      {.name = "size", .type = FieldType::integer, .summary = "how large", .required = true, .minimum = 1},
      {.name = "ratio", .type = FieldType::number, .summary = "how much", .default_value = "0.5", .minimum = 0},
      {.name = "wait", .type = FieldType::duration, .summary = "how long", .default_value = "30s"},
      {.name = "mode", .summary = "which way", .default_value = "fast", .one_of = {"fast", "careful"}},
      {.name = "tags",
       .type = FieldType::list,
       .summary = "words",
       .fields = {{.name = "tag", .summary = "a word"}},
       .scalar_or_list = true},
      {.name = "on", .type = FieldType::boolean, .summary = "at all", .default_value = "true"},
      {.name = "text", .summary = "free text", .expressions = true},
      {.name = "anything", .type = FieldType::any, .summary = "any value"},
      {.name = "when", .type = FieldType::condition, .summary = "if at all"},
      {.name = "inner",
       .type = FieldType::object,
       .summary = "a part",
       .fields = {{.name = "deep",
                   .type = FieldType::map,
                   .summary = "names to numbers",
                   .fields = {{.name = "number", .type = FieldType::integer, .summary = "a number"}}}}},
      {.name = "key", .summary = "a secret", .expressions = true, .secret = true},
      {.name = "profileName", .summary = "a profile", .alpha = "profile_name"},
      {.name = "shown", .summary = "told only", .default_value = "x", .implied = true},
  };
  return all;
}

struct Checked {
  explicit Checked(std::string text, bool alpha = false) {
    auto documents = parse_yaml(sources, sources.add("m.yaml", std::move(text)), diagnostics);
    value = std::move(documents.at(0));
    check_fields(value, fields(), "Thing 'it'", alpha, sources, diagnostics);
  }
  std::string findings() const {
    std::string lines;
    for (const Diagnostic& finding : diagnostics.all()) {
      lines +=
          fmt::format("{} {}: {} ({})\n", sources.place(finding.where), finding.code, finding.message, finding.hint);
    }
    return lines;
  }
  Sources sources;
  Diagnostics diagnostics;
  Value value;
};

TEST(CheckFields, fills_in_defaults_but_not_implied_ones) {
  const Checked checked("size: 3\n");
  EXPECT_EQ(checked.findings(), "");
  EXPECT_EQ(to_json(checked.value), R"({"size":3,"ratio":0.5,"wait":"30s","mode":"fast","on":true})");
}

TEST(CheckFields, takes_every_type) {
  Checked checked(
      "size: 3\nratio: 2\nwait: 1h30m\nmode: careful\ntags: [a, b]\non: false\nanything: [1, {a: null}]\n"
      "inner: {deep: {a: 1}}\nwhen: true\n");
  EXPECT_EQ(checked.findings(), "");
}

TEST(CheckFields, makes_a_list_of_a_scalar_where_that_is_allowed) {
  const Checked checked("size: 3\ntags: web\n");
  EXPECT_EQ(checked.findings(), "");
  EXPECT_EQ(to_json(*checked.value.find("tags")), R"(["web"])");
  EXPECT_EQ(checked.sources.place(checked.value.find("tags")->where), "m.yaml:2:7");
}

TEST(CheckFields, marks_secrets) {
  const Checked checked("size: 3\nkey: hush\n");
  EXPECT_TRUE(checked.value.find("key")->secret);
  EXPECT_FALSE(checked.value.find("size")->secret);
}

TEST(CheckFields, turns_strings_into_expressions_where_they_are_allowed) {
  const Checked checked("size: 3\ntext: \"${{ vars.a }}\"\nwhen: vars.a == 'x'\n");
  EXPECT_EQ(checked.findings(), "");
  EXPECT_TRUE(checked.value.find("text")->is_expression());
  EXPECT_TRUE(checked.value.find("when")->is_expression());
}

TEST(CheckFields, renames_alpha_fields) {
  const Checked checked("size: 3\nprofile_name: x\n", true);
  EXPECT_EQ(checked.findings(), "");
  EXPECT_EQ(checked.value.find("profileName")->string(), "x");
  EXPECT_EQ(checked.value.find("profile_name"), nullptr);
}

TEST(CheckFields, accepts_the_new_spelling_in_alpha_too) {
  EXPECT_EQ(Checked("size: 3\nprofileName: x\n", true).findings(), "");
}

TEST(CheckFields, takes_a_misspelt_field_for_what_was_meant) {
  const Checked checked("siez: 3\nMode: careful\n");
  EXPECT_EQ(to_json(checked.value), R"({"size":3,"mode":"careful","ratio":0.5,"wait":"30s","on":true})");
}

struct Case {
  std::string_view name;
  std::string text;
  std::string expected;
  bool alpha = false;
};

class BadFields : public testing::TestWithParam<Case> {};

TEST_P(BadFields, are_told_with_place_and_hint) {
  EXPECT_EQ(Checked(GetParam().text, GetParam().alpha).findings(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadFields,
    testing::ValuesIn(std::vector<Case>{
        {"unknown_near", "size: 3\nmodes: fast\n",
         "m.yaml:2:1 manifest.unknown-field: unknown field 'modes' (did you mean 'mode'?)\n"},
        {"missing", "mode: fast\n", "m.yaml:1:1 manifest.missing-field: 'size' is missing (add 'size': how large)\n"},
        {"wrong_type", "size: [1]\n",
         "m.yaml:1:7 manifest.wrong-type: 'size' must be a whole number, but is a list (size: how large)\n"},
        {"quoted_number", "size: '3'\n",
         "m.yaml:1:7 manifest.wrong-type: 'size' must be a whole number, but is a string (remove the quotes)\n"},
        {"unquoted_string", "size: 3\nprofileName: 7\n",
         "m.yaml:2:14 manifest.wrong-type: 'profileName' must be a string, but is a number "
         "(put it in quotes to make it a string)\n"},
        {"unquoted_one_of", "size: 3\nmode: true\n",
         "m.yaml:2:7 manifest.wrong-type: 'mode' must be a string, but is true or false "
         "(it must be one of fast, careful)\n"},
        {"too_large", "size: 9223372036854775808\n",
         "m.yaml:1:7 manifest.wrong-type: 'size' must be a whole number, and '9223372036854775808' does not fit in 64 "
         "bits (the largest is 9223372036854775807)\n"},
        {"too_small", "size: -9223372036854775809\n",
         "m.yaml:1:7 manifest.wrong-type: 'size' must be a whole number, and '-9223372036854775809' does not fit in "
         "64 bits (the smallest is -9223372036854775808)\n"},
        {"duration_too_long", "size: 3\nwait: 99999999999999h\n",
         "m.yaml:2:7 manifest.bad-value: '99999999999999h' is longer than a length of time can be "
         "(the longest is 36500d)\n"},
        {"no_number", "size: .nan\nratio: .inf\nwait: !!int abc\n",
         "m.yaml:1:7 yaml.number: '.nan' is a number that nothing can be done with "
         "(put it in quotes to mean the text)\n"
         "m.yaml:2:8 yaml.number: '.inf' is a number that nothing can be done with "
         "(put it in quotes to mean the text)\n"
         "m.yaml:3:7 yaml.unknown-tag: this value does not fit its tag '!!int' "
         "(leave the tag out, or write a value of that type)\n"},
        {"meant_what_is_missing", "siez: 3\n",
         "m.yaml:1:1 manifest.unknown-field: unknown field 'siez' (did you mean 'size'?)\n"},
        {"meant_something_else", "siez: [3]\n",
         "m.yaml:1:1 manifest.unknown-field: unknown field 'siez' (did you mean 'size'?)\n"},
        {"condition", "size: 3\nwhen: \"${{ true }} x\"\n",
         "m.yaml:2:20 expr.syntax: something follows the expression "
         "(write one expression, with or without '${{ }}' around all of it)\n"},
        {"null", "size:\n",
         "m.yaml:1:6 manifest.wrong-type: 'size' must be a whole number, but is nothing "
         "(give it a value)\n"},
        {"null_that_may_be_left_out", "size: 1\nmode:\n",
         "m.yaml:2:6 manifest.wrong-type: 'mode' must be a string, but is nothing "
         "(give it a value, or remove the line)\n"},
        {"minimum", "size: 0\n", "m.yaml:1:7 manifest.bad-value: 'size' must be at least 1 (write 1 or more)\n"},
        {"negative_real", "size: 1\nratio: -0.5\n",
         "m.yaml:2:8 manifest.bad-value: 'ratio' must be at least 0 (write 0 or more)\n"},
        {"one_of_near", "size: 1\nmode: carefull\n",
         "m.yaml:2:7 manifest.bad-value: 'mode' cannot be 'carefull' (did you mean 'careful'?)\n"},
        {"one_of_far", "size: 1\nmode: whatever\n",
         "m.yaml:2:7 manifest.bad-value: 'mode' cannot be 'whatever' (it must be one of fast, careful)\n"},
        {"duration_without_unit", "size: 1\nwait: 30\n",
         "m.yaml:2:7 manifest.wrong-type: 'wait' must be a length of time such as 30s, but is a number "
         "(a length of time needs a unit: 500ms, 30s, 5m, 1h30m, 2d)\n"},
        {"duration_with_bad_unit", "size: 1\nwait: 30 parsecs\n",
         "m.yaml:2:7 manifest.bad-value: '30 parsecs' is no length of time "
         "(write it with a unit: 500ms, 30s, 5m, 1h30m, 2d)\n"},
        {"item", "size: 1\ntags: [a, 7]\n",
         "m.yaml:2:11 manifest.wrong-type: 'tags[1]' must be a string, but is a number "
         "(put it in quotes to make it a string)\n"},
        {"deep", "size: 1\ninner:\n  deep:\n    a: 1\n    b: x\n",
         "m.yaml:5:8 manifest.wrong-type: 'b' must be a whole number, but is a string (b: a number)\n"},
        {"expression_in_string", "size: 1\nmode: \"${{ vars.a }}\"\n",
         "m.yaml:2:7 manifest.no-expression-here: an expression cannot stand in 'mode' "
         "(write the value itself; 'verba explain' shows which fields take ${{ }})\n"},
        {"expression_deep", "size: 1\nanything: [x, \"${{ vars.a }}\"]\n",
         "m.yaml:2:15 manifest.no-expression-here: an expression cannot stand in 'anything' "
         "(write the value itself; 'verba explain' shows which fields take ${{ }})\n"},
        {"alpha_name_elsewhere", "size: 1\nprofile_name: x\n",
         "m.yaml:2:1 manifest.unknown-field: 'profile_name' is the v1-alpha name of this field "
         "(write 'profileName')\n"},
        {"alpha_twice", "size: 1\nprofile_name: x\nprofileName: x\n",
         "m.yaml:2:1 manifest.duplicate-field: 'profile_name' and 'profileName' are the same field "
         "(remove one of them)\n",
         true},
        {"two_at_once", "size: 0\nmdoe: x\n",
         "m.yaml:1:7 manifest.bad-value: 'size' must be at least 1 (write 1 or more)\n"
         "m.yaml:2:1 manifest.unknown-field: unknown field 'mdoe' (did you mean 'mode'?)\n"},
    }),
    [](const auto& info) { return std::string(info.param.name); });

TEST(CheckFields, says_where_in_the_tree_it_is) {
  const Checked checked("size: 1\ninner: {deep: {b: x}}\n");
  ASSERT_EQ(checked.diagnostics.all().size(), 1u);
  EXPECT_EQ(checked.diagnostics.all()[0].trail.at(0).doing, "checking inner.deep of Thing 'it'");
}

TEST(CheckEvaluated, checks_types_and_lets_the_unknown_pass) {
  Value value = Map{};
  value.map().set("size", Value("three"));
  value.map().set("mode", Value(Unknown{}));
  value.map().set("tags", Value("web"));
  value.map().set("text", Value("a ${{ that came out of an evaluation"));
  value.map().set("key", Value("hush"));
  Diagnostics diagnostics;
  check_evaluated(value, fields(), "Thing 'it'", diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].message, "'size' must be a whole number, but is a string");
  EXPECT_TRUE(value.find("tags")->is_list());
  EXPECT_TRUE(value.find("key")->secret);
  EXPECT_EQ(value.find("wait"), nullptr);
}

TEST(TypeName, is_for_people) {
  EXPECT_EQ(type_name({.name = "a", .type = FieldType::duration, .summary = ""}), "duration");
  EXPECT_EQ(type_name({.name = "a", .type = FieldType::map, .summary = ""}), "map of any");
  EXPECT_EQ(type_name(fields()[4]), "string or list of string");
}

TEST(Tables, have_a_summary_and_fields_for_every_type) {
  const auto look = [](const auto& self, const std::vector<Field>& all) -> void {
    for (const Field& field : all) {
      EXPECT_FALSE(field.name.empty());
      EXPECT_FALSE(field.summary.empty()) << field.name;
      EXPECT_FALSE(field.summary.ends_with('.')) << field.name;
      EXPECT_FALSE(field.type == FieldType::object && field.fields.empty()) << field.name;
      self(self, field.fields);
    }
  };
  for (const Kind* kind : built_in_kinds()) look(look, kind->fields);
}

}  // namespace
}  // namespace verba
