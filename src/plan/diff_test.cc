// SPDX-License-Identifier: Apache-2.0
#include "plan/diff.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

std::string shown(const std::vector<DiffLine>& lines) {
  std::string text;
  for (const DiffLine& line : lines) {
    text += line.kind == DiffLine::Kind::same      ? ' '
            : line.kind == DiffLine::Kind::added   ? '+'
            : line.kind == DiffLine::Kind::removed ? '-'
                                                   : '@';
    text += line.text + '\n';
  }
  return text;
}

TEST(DiffLines, ShowsAChangeWithItsContext) {
  EXPECT_EQ(shown(diff_lines("a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nD\ne\nf\ng\n", 1)),
            "@2 unchanged lines\n c\n-d\n+D\n e\n@2 unchanged lines\n");
}

TEST(DiffLines, SameTextsHaveOneGap) {
  EXPECT_EQ(shown(diff_lines("a\nb\n", "a\nb\n")), "@2 unchanged lines\n");
}

TEST(DiffLines, CountsWhatIsTooMuchToShow) {
  std::string before, after;
  for (int i = 0; i < 1500; ++i) before += "x" + std::to_string(i) + "\n", after += "y" + std::to_string(i) + "\n";
  EXPECT_EQ(shown(diff_lines(before, after)), "@1500 lines became 1500: too many to show\n");
}

TEST(DiffValues, NamesFieldsByPath) {
  Map inner, before, after, inner_after;
  inner.set("A", "1");
  inner.set("B", "2");
  inner_after.set("A", "one");
  inner_after.set("C", "3");
  before.set("environment", Value(inner));
  before.set("run", "echo");
  after.set("environment", Value(inner_after));
  after.set("run", "echo");
  const std::vector<FieldChange> changes = diff_values(Value(before), Value(after));
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].field, "environment.A");
  EXPECT_EQ(changes[0].before->string(), "1");
  EXPECT_EQ(changes[1].field, "environment.C");
  EXPECT_FALSE(changes[1].before);
  EXPECT_EQ(changes[2].field, "environment.B");
  EXPECT_FALSE(changes[2].after);
}

TEST(DiffValues, MarksTextsOfSeveralLines) {
  const auto changes = diff_values(Value("a\nb\n"), Value("a\nc\n"));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].text);
}

}  // namespace
}  // namespace verba
