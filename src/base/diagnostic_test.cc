// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace verba {
namespace {

/// The Where of the first `word` in the text.
Where at(const Sources& sources, SourceId id, std::string_view word) {
  const auto begin = static_cast<std::uint32_t>(sources.text(id).find(word));
  return {id, begin, begin + static_cast<std::uint32_t>(word.size())};
}

TEST(Render, ShowsPlaceSourceLineCaretTrailAndHint) {
  Sources sources;
  const SourceId id = sources.add("infra/web.yaml", "kind: Deployment\nspec:\n  dependsOn:\n    - prod-vpc\n");
  Diagnostic finding{Severity::error, "manifest.unknown-reference", "no manifest is named 'prod-vpc'", {}, {}, {}, {}};
  finding.where = at(sources, id, "prod-vpc");
  finding.trail = {{"resolving dependsOn of Deployment 'web'", {}}, {"validating", at(sources, id, "kind")}};
  finding.hint = "did you mean 'prod-vpc-eu'?";
  EXPECT_EQ(render(finding, sources),
            "error[manifest.unknown-reference]: no manifest is named 'prod-vpc'\n"
            "  --> infra/web.yaml:4:7\n"
            "4 |     - prod-vpc\n"
            "  |       ^^^^^^^^ while resolving dependsOn of Deployment 'web'\n"
            "  while validating (infra/web.yaml:1:1)\n"
            "hint: did you mean 'prod-vpc-eu'?\n");
}

TEST(Render, ShowsRelatedPlacesWithTheirOwnWords) {
  Sources sources;
  const SourceId id = sources.add("a.yaml", "name: one\nname: two\n");
  Diagnostic finding{Severity::warning, "yaml.duplicate", "the key 'name' is there twice", {}, {}, {}, {}};
  finding.where = {id, 10, 14};
  finding.related = {{"first defined here", {id, 0, 4}}, {"see the manual", {}}};
  EXPECT_EQ(render(finding, sources),
            "warning[yaml.duplicate]: the key 'name' is there twice\n"
            "  --> a.yaml:2:1\n"
            "2 | name: two\n"
            "  | ^^^^\n"
            "  --> a.yaml:1:1\n"
            "1 | name: one\n"
            "  | ^^^^ first defined here\n"
            "  see the manual\n");
}

TEST(Render, WithoutAPlaceShowsThePlaceOfTheWorkThatMetIt) {
  Sources sources;
  const SourceId id = sources.add("a.yaml", "source: x.sh\n");
  const Diagnostic finding{
      Severity::error, "system.read", "x.sh is not there", {}, {{"reading the script", {id, 8, 12}}}, {}, {}};
  EXPECT_EQ(render(finding, sources),
            "error[system.read]: x.sh is not there\n"
            "  --> a.yaml:1:9\n"
            "1 | source: x.sh\n"
            "  |         ^^^^ while reading the script\n");
}

TEST(Render, WithoutAnyPlaceIsOneLine) {
  const Diagnostic finding{Severity::note, "", "nothing to do", {}, {}, {}, {}};
  EXPECT_EQ(render(finding, Sources()), "note: nothing to do\n");
}

TEST(Render, MarksToTheEndOfTheFirstLineOfSeveral) {
  Sources sources;
  const SourceId id = sources.add("a", "x: [1,\n 2]\n");
  EXPECT_NE(render({Severity::error, "c", "m", {id, 3, 10}, {}, {}, {}}, sources).find("1 | x: [1,\n  |    ^^^\n"),
            std::string::npos);
}

TEST(Render, MarksTheEndOfATextWithOneCaret) {
  Sources sources;
  const SourceId id = sources.add("a", "x: [1");
  EXPECT_NE(render({Severity::error, "c", "m", {id, 5, 5}, {}, {}, {}}, sources).find("a:1:6\n1 | x: [1\n  |      ^\n"),
            std::string::npos);
  const SourceId empty = sources.add("b", "");
  EXPECT_NE(render({Severity::error, "c", "m", {empty, 0, 0}, {}, {}, {}}, sources).find("b:1:1\n1 | \n  | ^\n"),
            std::string::npos);
}

TEST(Render, AlignsTheCaretUnderWideAndManyByteCharacters) {
  Sources sources;
  const SourceId id = sources.add("a", "é日: here\n");
  EXPECT_NE(render({Severity::error, "c", "m", at(sources, id, "here"), {}, {}, {}}, sources)
                .find("a:1:5\n1 | é日: here\n  |      ^^^^\n"),
            std::string::npos);
}

TEST(Render, LetsNoControlCharacterThrough) {
  Sources sources;
  const SourceId id = sources.add("a\x1b[2J", "\tx\x1b[31m\xE2\x80\xAE\xff z\n");
  const std::string text =
      render({Severity::error, "c", "bad '\x1b]0;title\x07'", at(sources, id, "z"), {{"at\rwork", {}}}, "line\x1b", {}},
             sources);
  EXPECT_EQ(text,
            "error[c]: bad '.]0;title.'\n"
            "  --> a.[2J:1:11\n"
            "1 |  x.[31m.. z\n"
            "  |           ^ while at.work\n"
            "hint: line.\n");
}

TEST(Render, CutsAVeryLongLineAroundThePlace) {
  Sources sources;
  const SourceId id = sources.add("a.json", std::string(5000, 'x') + "HERE" + std::string(5000, 'y'));
  const std::string text = render({Severity::error, "c", "m", at(sources, id, "HERE"), {}, {}, {}}, sources);
  EXPECT_LT(text.size(), 400U);
  const std::size_t line = text.find("1 | ");
  const std::size_t marks = text.find("  | ", line);
  EXPECT_EQ(text.find("HERE") - line, text.find("^^^^\n") - marks);
}

TEST(Render, ColoursOnlyWhenAsked) {
  const Diagnostic finding{Severity::error, "c", "m", {}, {}, "h", {}};
  EXPECT_EQ(render(finding, Sources()).find('\x1b'), std::string::npos);
  EXPECT_NE(render(finding, Sources(), true).find("\x1b[1;31merror"), std::string::npos);
}

TEST(Render, SortsByPlaceErrorsFirstAndCounts) {
  Sources sources;
  const SourceId one = sources.add("1", "abc");
  const SourceId two = sources.add("2", "abc");
  Diagnostics findings;
  findings.error("e", "placeless");
  findings.warning("w", "second file", {two, 0, 1});
  findings.warning("w", "warning of a place", {one, 1, 2});
  findings.error("e", "error of a place", {one, 1, 2});
  findings.error("e", "first", {one, 0, 1});
  const std::string text = render(findings, sources);
  std::size_t before = 0;
  for (const std::string_view words : {"first", "error of a place", "warning of a place", "second file", "placeless"}) {
    const std::size_t found = text.find(words);
    ASSERT_NE(found, std::string::npos) << words;
    EXPECT_GE(found, before) << words;
    before = found;
  }
  EXPECT_TRUE(text.ends_with("3 errors, 2 warnings\n")) << text;
}

TEST(Render, CountsWhatIsBeyondTheLimit) {
  Diagnostics findings;
  for (int i = 0; i < 5; ++i) findings.error("e", "m");
  EXPECT_EQ(render(findings, Sources(), false, 2), "error[e]: m\nerror[e]: m\n... and 3 more\n5 errors\n");
}

TEST(Render, OfNoFindingsIsEmpty) {
  EXPECT_EQ(render(Diagnostics(), Sources()), "");
}

TEST(Diagnostics, OnlyErrorsAreErrors) {
  Diagnostics findings;
  findings.warning("w", "m");
  EXPECT_FALSE(findings.has_errors());
  EXPECT_FALSE(findings.empty());
  findings.error("e", "m");
  EXPECT_TRUE(findings.has_errors());
  EXPECT_EQ(findings.errors(), 1U);
}

TEST(Nearest, FindsTypingMistakes) {
  const std::vector<std::string_view> kinds{"Deployment", "Environment", "Project", "Policy"};
  EXPECT_EQ(nearest("Deploymnet", kinds), "Deployment");
  EXPECT_EQ(nearest("project", kinds), "Project");
  EXPECT_EQ(nearest("Polcy", kinds), "Policy");
  EXPECT_EQ(nearest("Secret", kinds), "");
  EXPECT_EQ(nearest("", kinds), "");
  EXPECT_EQ(nearest("prod-vpc", {"prod-vpc-eu"}), "prod-vpc-eu");
  EXPECT_EQ(nearest("profile_name", {"region", "profileName"}), "profileName");
}

TEST(Nearest, TakesTheNearestOfSeveralAndTheFirstOfEquals) {
  EXPECT_EQ(nearest("tasks", {"task", "tasks_", "tasks"}), "tasks");
  EXPECT_EQ(nearest("webx", {"web1", "web2"}), "web1");
}

TEST(Nearest, DoesNotLabourOverLongTexts) {
  EXPECT_EQ(nearest(std::string(101, 'x'), {std::string_view("x")}), "");
}

TEST(DidYouMean, SaysSoOrOtherwise) {
  EXPECT_EQ(did_you_mean("wbe", {"web"}), "did you mean 'web'?");
  EXPECT_EQ(did_you_mean("zzz", {"web"}, "there is 'web'"), "there is 'web'");
}

TEST(Error, GathersFramesInnermostFirst) {
  const Where where{1, 2, 3};
  try {
    while_doing("outer", {}, [&] {
      return while_doing("inner", where,
                         []() -> int { throw Error(Error::Kind::locked, "state.locked", "in use", "wait"); });
    });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::locked);
    EXPECT_STREQ(error.what(), "in use");
    EXPECT_EQ(error.diagnostic().code, "state.locked");
    EXPECT_EQ(error.diagnostic().hint, "wait");
    ASSERT_EQ(error.diagnostic().trail.size(), 2U);
    EXPECT_EQ(error.diagnostic().trail[0].doing, "inner");
    EXPECT_EQ(error.diagnostic().trail[0].where, where);
    EXPECT_EQ(error.diagnostic().trail[1].doing, "outer");
  }
}

TEST(Error, WhileDoingPassesTheResultOn) {
  int number = 0;
  int& same = while_doing("adding", {}, [&]() -> int& { return ++number; });
  EXPECT_EQ(&same, &number);
  EXPECT_EQ(number, 1);
}

TEST(BugDeathTest, SaysWhereAndAborts) {
  EXPECT_DEATH(bug("a step without an id"), "diagnostic_test.cc:[0-9]+: a mistake in verba: a step without an id");
}

}  // namespace
}  // namespace verba
