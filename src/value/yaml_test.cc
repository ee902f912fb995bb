// SPDX-License-Identifier: Apache-2.0
#include "value/yaml.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "value/json.h"

namespace verba {
namespace {

struct Parsed {
  explicit Parsed(std::string text, YamlLimits limits = {}) {
    source = sources.add("a.yaml", std::move(text));
    documents = parse_yaml(sources, source, diagnostics, limits);
  }
  const Value& only() const {
    EXPECT_TRUE(diagnostics.empty()) << render(diagnostics, sources);
    EXPECT_EQ(documents.size(), 1u);
    static const Value none;
    return documents.empty() ? none : documents.front();
  }
  std::string json() const { return to_json(only()); }
  /// "code line:column message" of each finding.
  std::vector<std::string> findings() const {
    std::vector<std::string> all;
    for (const Diagnostic& d : diagnostics.all()) {
      Position at = sources.position(d.where);
      all.push_back(std::string(d.code) + " " + std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
                    d.message);
    }
    return all;
  }
  std::string text(Where where) const {
    return std::string(sources.text(where.source).substr(where.begin, where.end - where.begin));
  }

  Sources sources;
  Diagnostics diagnostics;
  SourceId source = 0;
  std::vector<Value> documents;
};

std::string json_of(std::string text) {
  return Parsed(std::move(text)).json();
}

/// The one finding of a text.
std::string finding(std::string text) {
  Parsed parsed(std::move(text));
  auto all = parsed.findings();
  EXPECT_EQ(all.size(), 1u) << render(parsed.diagnostics, parsed.sources);
  return all.empty() ? "" : all.front();
}

TEST(Yaml, ReadsMapsListsAndDocuments) {
  EXPECT_EQ(json_of("a: 1\nb:\n- x\n- {c: [1, 2]}\nd: {}\ne: []\n"), R"({"a":1,"b":["x",{"c":[1,2]}],"d":{},"e":[]})");
  EXPECT_EQ(json_of(R"({"a": [true, null, "x\u0041"]})"), R"({"a":[true,null,"xA"]})");
  Parsed many("a: 1\n---\n---\nb: 2\n...\n");
  ASSERT_EQ(many.documents.size(), 3u);
  EXPECT_TRUE(many.documents[1].is_null());
  EXPECT_EQ(to_json(many.documents[2]), R"({"b":2})");
  EXPECT_TRUE(Parsed("").documents.empty());
  EXPECT_TRUE(Parsed("# only a comment\n").documents.empty());
}

TEST(Yaml, GivesTypesToPlainScalarsOnlyByTheCoreSchema) {
  EXPECT_EQ(json_of("[true, True, FALSE, null, ~, Null, NULL]"), "[true,true,false,null,null,null,null]");
  EXPECT_EQ(
      json_of("[yes, no, on, off, y, 2001-01-01, 1_000, 12:30:45, 1.2.3, 0b1, 08x, '1', \"true\", -, +, .]"),
      R"(["yes","no","on","off","y","2001-01-01","1_000","12:30:45","1.2.3","0b1","08x","1","true","-","+","."])");
  EXPECT_EQ(json_of("[0, -7, +7, 010, 0o17, 0xfF, 9223372036854775807, -9223372036854775808]"),
            "[0,-7,7,10,15,255,9223372036854775807,-9223372036854775808]");
  EXPECT_EQ(json_of("[1.5, 1e3, .5, 1., -1.5E-2, 9223372036854775808, 0x10000000000000000]"),
            "[1.5,1000.0,0.5,1.0,-0.015,\"9223372036854775808\",\"0x10000000000000000\"]");
  EXPECT_EQ(json_of("[!!str 1, !!int \"1\", !!float 1, !!bool 'true', ! 1, !!null '']"),
            R"(["1",1,1.0,true,"1",null])");
}

TEST(Yaml, MarksPlainScalars) {
  Parsed parsed("[yes, 'yes', !!str yes]");
  EXPECT_TRUE(parsed.only().list()[0].plain);
  EXPECT_FALSE(parsed.only().list()[1].plain);
  EXPECT_FALSE(parsed.only().list()[2].plain);
}

TEST(Yaml, KnowsThePlaceOfEveryNode) {
  for (std::string before :
       {"", "\xef\xbb\xbf", "# gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\r\n", "\xef\xbb\xbf# \xc3\xa4\n"}) {
    Parsed p(
        before +
        "a: 'x''y'\nb:   [1, \"t\\n\"]\nc: |\n  text\n  more\n\nd: !!str 5 # c\ne: {f: g}\n&x h:\n- i\n- &y\n  j\n");
    const Map& map = p.only().map();
    EXPECT_EQ(p.text(map.find("a")->where), "'x''y'");
    EXPECT_EQ(p.text(map.find_key("b")->where), "b");
    EXPECT_EQ(p.text(map.find("b")->where), "[1, \"t\\n\"]");
    EXPECT_EQ(p.text(map.find("b")->list()[1].where), "\"t\\n\"");
    EXPECT_EQ(p.text(map.find("c")->where), "|\n  text\n  more");
    EXPECT_EQ(p.text(map.find("d")->where), "5");
    EXPECT_EQ(p.text(map.find("e")->where), "{f: g}");
    EXPECT_EQ(p.text(map.find_key("h")->where), "h");
    EXPECT_EQ(p.text(map.find("h")->where), "- i\n- &y\n  j");
    EXPECT_EQ(p.text(map.find("h")->list()[1].where), "j");
    EXPECT_EQ(p.only().where.begin, before.size());
  }
}

TEST(Yaml, KnowsPlacesFarIntoTextThatIsNotAscii) {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "k" + std::to_string(i) + ": '\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" + std::to_string(i) + "'\n";
  Parsed p(text);
  for (int i = 0; i < 500; ++i) {
    const Value* value = p.only().find("k" + std::to_string(i));
    ASSERT_EQ(p.text(value->where), "'" + value->string() + "'");
  }
}

TEST(Yaml, KeepsTheLastLineEndOfABlock) {
  EXPECT_EQ(json_of("a: |\n  x"), R"({"a":"x\n"})");
  EXPECT_EQ(json_of("a: |\n  x\n"), R"({"a":"x\n"})");
  EXPECT_EQ(json_of("a: |-\n  x"), R"({"a":"x"})");
  EXPECT_EQ(json_of("a: |+\n  x\n\n"), R"({"a":"x\n\n"})");
  EXPECT_EQ(json_of("a: |\r\n  x\r\n  y\r\n"), R"({"a":"x\ny\n"})");
}

TEST(Yaml, ExpandsAliasesAndMerges) {
  EXPECT_EQ(json_of("a: &a {x: 1}\nb: *a\nc: [*a, *a]\n"), R"({"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]})");
  EXPECT_EQ(json_of("- &a {x: 1, y: 1}\n- &b {y: 2, z: 2}\n- {<<: *a, x: 0}\n- {<<: [*b, *a], w: 0}\n"),
            R"([{"x":1,"y":1},{"y":2,"z":2},{"x":0,"y":1},{"w":0,"y":2,"z":2,"x":1}])");
  EXPECT_EQ(json_of("- &k a\n- {*k : 1}\n"), R"(["a",{"a":1}])");
  EXPECT_EQ(json_of("- &a 1\n- &a 2\n- *a\n"), "[1,2,2]");
  EXPECT_EQ(json_of("'<<': 1\n"), R"({"<<":1})") << "quoted it is a name like any other";
}

TEST(Yaml, RefusesBadAliasesAndMerges) {
  EXPECT_EQ(finding("a: &base 1\nb: *bsae\n"), "yaml.unknown-anchor 2:4 no anchor '&bsae' stands before this alias");
  EXPECT_EQ(finding("a: &a [*a]\n"), "yaml.unknown-anchor 1:8 the alias '*a' stands inside what it stands for");
  EXPECT_EQ(finding("--- &a 1\n--- *a\n"), "yaml.unknown-anchor 2:5 no anchor '&a' stands before this alias");
  EXPECT_EQ(finding("<<: 1\n"), "yaml.syntax 1:5 '<<' merges maps, and this is none");
  EXPECT_EQ(finding("<<: [[]]\n"), "yaml.syntax 1:6 '<<' merges maps, and this is none");
  EXPECT_EQ(finding("a: &a {}\nb:\n  <<: *a\n  <<: *a\n"), "yaml.duplicate-key 4:3 the key '<<' is there twice");
}

TEST(Yaml, RefusesAliasBombs) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  Parsed parsed(bomb);
  ASSERT_EQ(parsed.findings().size(), 1u);
  EXPECT_EQ(parsed.diagnostics.all()[0].code, "yaml.alias-bomb");
  EXPECT_TRUE(parsed.documents.empty());

  std::string long_text = "a: &a '" + std::string(1 << 20, 'x') + "'\nb: [";
  for (int i = 0; i < 1000; ++i) long_text += "*a, ";
  EXPECT_EQ(Parsed(long_text + "]\n").diagnostics.all().at(0).code, "yaml.alias-bomb") << "bytes count too";

  std::string deep = "a0: &a0 []\n";
  for (int i = 1; i < 400; ++i)
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_EQ(Parsed(deep).diagnostics.all().at(0).code, "yaml.too-deep");
}

TEST(Yaml, MakesLongFormsOfCloudFormationTags) {
  EXPECT_EQ(json_of("!Ref x"), R"({"Ref":"x"})");
  EXPECT_EQ(json_of("a: !Sub 'x-${y}'"), R"({"a":{"Fn::Sub":"x-${y}"}})");
  EXPECT_EQ(json_of("- !GetAtt a.b.c\n- !GetAtt [a, b]\n- !GetAtt a\n"),
            R"([{"Fn::GetAtt":["a","b.c"]},{"Fn::GetAtt":["a","b"]},{"Fn::GetAtt":"a"}])");
  EXPECT_EQ(json_of("!If [c, !Ref a, !Ref 'AWS::NoValue']"), R"({"Fn::If":["c",{"Ref":"a"},{"Ref":"AWS::NoValue"}]})");
  EXPECT_EQ(json_of("!Transform {Name: n}"), R"({"Fn::Transform":{"Name":"n"}})");
  EXPECT_EQ(json_of("!EachMemberIn [!ValueOfAll [a, b], !RefAll c]"),
            R"({"Fn::EachMemberIn":[{"Fn::ValueOfAll":["a","b"]},{"Fn::RefAll":"c"}]})");
  EXPECT_EQ(json_of("a: !Join\n- ','\n- [x]\nb: !Condition c\nd: !Ref 5\n"),
            R"({"a":{"Fn::Join":[",",["x"]]},"b":{"Condition":"c"},"d":{"Ref":"5"}})");
  EXPECT_EQ(json_of("a: &r !Ref x\nb: *r\n"), R"({"a":{"Ref":"x"},"b":{"Ref":"x"}})");
}

TEST(Yaml, RefusesUnknownTags) {
  EXPECT_EQ(finding("a: !Rfe x\n"), "yaml.unknown-tag 1:4 the tag '!Rfe' is unknown");
  EXPECT_EQ(finding("a: !!binary x\n"), "yaml.unknown-tag 1:4 the tag '!!binary' is unknown");
  EXPECT_EQ(finding("a: !!int x\n"), "yaml.unknown-tag 1:4 this value does not fit its tag '!!int'");
  EXPECT_EQ(finding("a: !!map [x]\n"), "yaml.unknown-tag 1:4 this value does not fit its tag '!!map'");
  EXPECT_EQ(finding("a: !include {b: 1}\n"), "yaml.unknown-tag 1:4 the tag '!include' is unknown");
}

TEST(Yaml, RefusesNumbersThatAreNone) {
  for (std::string text : {".nan", "-.inf", "!!float .inf"}) {
    Parsed parsed("a: " + text + "\n");
    ASSERT_EQ(parsed.findings().size(), 1u) << text;
    EXPECT_EQ(parsed.diagnostics.all()[0].code, "yaml.number") << text;
    EXPECT_FALSE(std::isfinite(parsed.documents.at(0).find("a")->real())) << text;
  }
  EXPECT_FALSE(std::isfinite(Parsed("a: !!int abc\n").documents.at(0).find("a")->real()));
}

TEST(Yaml, RefusesDuplicateKeysAndRelatesTheFirst) {
  Parsed few("a: 1\nb: 2\na: 3\n");
  ASSERT_EQ(few.findings(), std::vector<std::string>{"yaml.duplicate-key 3:1 the key 'a' is there twice"});
  EXPECT_EQ(few.sources.position(few.diagnostics.all()[0].related.at(0).where).line, 1u);
  EXPECT_EQ(to_json(few.documents.at(0)), R"({"a":3,"b":2})");

  std::string many;
  for (int i = 0; i < 100; ++i) many += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(finding(many + "k7: 2\n"), "yaml.duplicate-key 101:1 the key 'k7' is there twice");
  EXPECT_EQ(Parsed("{a: 1, a: 2, a: 3}").findings().size(), 2u);
}

TEST(Yaml, RefusesKeysThatAreNoText) {
  EXPECT_EQ(finding("? [a, b]\n: 1\n"), "yaml.complex-key 1:3 a key has to be a simple text");
  EXPECT_EQ(finding("{{a: 1}: 2, b: 3}\n"), "yaml.complex-key 1:2 a key has to be a simple text");
  EXPECT_EQ(finding("!Ref a: 1\n"), "yaml.complex-key 1:1 a key has to be a simple text");
  EXPECT_EQ(finding("a: &a []\n*a : 1\n"), "yaml.complex-key 2:1 a key has to be a simple text");
  EXPECT_EQ(json_of("1: a\ntrue: b\n? \n: c\n"), R"({"1":"a","true":"b","":"c"})");
}

TEST(Yaml, RefusesWhatIsTooDeepOrTooLarge) {
  for (std::string open : {"[", "{a: ", "- ", "? "}) {
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += open;
    EXPECT_EQ(Parsed(text).diagnostics.all().at(0).code, "yaml.too-deep") << open;
  }
  std::string deepest = std::string(256, '[') + std::string(256, ']');
  EXPECT_TRUE(Parsed(deepest).diagnostics.empty());
  YamlLimits limits;
  limits.text_bytes = 10;
  EXPECT_EQ(Parsed("a: 1234567890", limits).diagnostics.all().at(0).code, "yaml.too-large");
  limits.depth = 2;
  limits.text_bytes = 100;
  EXPECT_EQ(Parsed("[[[]]]", limits).findings(),
            std::vector<std::string>{"yaml.too-deep 1:3 the text is nested deeper than 2 levels"});
}

TEST(Yaml, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(finding("a: 1\nb: caf\xe9!\n"), "yaml.not-utf8 2:7 this is not UTF-8");
  EXPECT_EQ(finding("a: \xc3"), "yaml.not-utf8 1:4 this is not UTF-8");
  EXPECT_EQ(finding(std::string("\xff\xfe"
                                "a\0:\0",
                                6))
                .substr(0, 47),
            "yaml.not-utf8 1:1 the text is UTF-16, not UTF-8");
  EXPECT_EQ(finding(std::string("a: 1\nb: \0", 9)), "yaml.syntax 2:4 the character U+0000 is not allowed in YAML");
  EXPECT_EQ(finding("a: \x1b[0m\n"), "yaml.syntax 1:4 the character U+001B is not allowed in YAML");
}

struct Mistake {
  std::string text;
  std::string finding;
};

TEST(Yaml, SaysWhatIsWrongInWordsOfTheTrade) {
  const Mistake mistakes[] = {
      {"a:\n\tb: 1\n", "2:1 a tab stands where spaces of the indentation should be"},
      {"a:\n  b: 1\n\tc: 2\n", "3:1 a tab stands where spaces of the indentation should be"},
      {"a: 1\nb\nc: 2\n", "2:1 there is no ':' after this key"},
      {"a: 'x\nb: 1\n", "1:4 the quote that opens here is never closed"},
      {"a: \"x\nb: 1\n", "1:4 the quote that opens here is never closed"},
      {"a: 'x\n---\nb: 1\n", "1:4 the quote that opens here is not closed before the document ends"},
      {"a: b: c\n", "1:5 a value with ': ' in it needs quotes"},
      {"a: 1\n  b: 2\n", "2:4 a key cannot stand here: the line before is no map"},
      {"a: 'x' y\n", "1:8 this follows a value that has already ended"},
      {"a:\n    b: 1\n  c: 2\n",
       "3:3 this line does not fit the map above: it is neither one of its keys nor part of a value"},
      {"a: 1\n- b\n", "2:1 a list entry stands among the keys of a map"},
      {"- a\nb: 1\n", "2:1 this line does not continue the list above"},
      {"a: - b\n", "1:4 a list entry cannot start here"},
      {"a: [1, 2\nb: 3\n", "2:2 ',' or ']' is missing before this"},
      {"a: {b: 1\n", "2:1 ',' or '}' is missing before this"},
      {"a: [1, }]\n", "1:8 a value is missing here"},
      {"a: @x\n", "1:4 a value cannot start with '@'"},
      {"a: `x`\n", "1:4 a value cannot start with '`'"},
      {"a: %x\n", "1:4 a value cannot start with '%'"},
      {"a: *\n", "1:4 '*' starts an alias, and its name is missing"},
      {"a: *.txt\n", "1:4 '*' starts an alias, and its name is missing"},
      {"a: & b\n", "1:4 '&' starts an anchor, and its name is missing"},
      {"a: \"C:\\dir\"\n", "1:7 this escape is unknown in double quotes"},
      {"a: \"\\xzz\"\n", "1:7 the escape needs hexadecimal digits here"},
      {"a: | x\n", "1:6 text follows '|' or '>' on the same line"},
      {"%FOO bar\n---\na: 1\n", ""},
      {"a: 1\n...\nb\n", ""},
      {"a: !x!y z\n", "1:4 the tag begins with a handle nobody declared"},
      {"%YAML 3.0\n---\na\n", "1:1 the document wants another version of YAML"},
  };
  for (const Mistake& mistake : mistakes) {
    if (mistake.finding.empty()) continue;
    EXPECT_EQ(finding(mistake.text), "yaml.syntax " + mistake.finding) << mistake.text;
  }
}

TEST(Yaml, TellsOpenBracketsFromMissingValues) {
  const Mistake mistakes[] = {
      {"with: {", "1:7 the map that opens here is never closed (add the closing '}')"},
      {"with: {run:", "1:7 the map that opens here is never closed (add the closing '}')"},
      {"a: [", "1:4 the list that opens here is never closed (add the closing ']')"},
      {"a: [b: ", "1:4 the list that opens here is never closed (add the closing ']')"},
      {"a: &x !Ref [\n", "1:12 the list that opens here is never closed (add the closing ']')"},
      {"a: [1, {b: 2,\n", "1:8 the map that opens here is never closed (add the closing '}')"},
      {"foo: [\n---\nb: 1\n", "1:6 the list that opens here is never closed (add the closing ']')"},
      {"[}", "1:2 a value is missing here (write one, or '' for an empty text)"},
      {"{run: x,, update: y}", "1:9 a value is missing here (write one, or '' for an empty text)"},
      {"a: }\n", "1:4 a value is missing here (put the value in quotes)"},
  };
  for (const Mistake& mistake : mistakes) {
    Parsed parsed(mistake.text);
    ASSERT_EQ(parsed.findings().size(), 1u) << mistake.text;
    EXPECT_EQ(parsed.findings().at(0) + " (" + parsed.diagnostics.all().at(0).hint + ")",
              "yaml.syntax " + mistake.finding)
        << mistake.text;
  }
}

TEST(Yaml, GoesOnWithTheDocumentsAfterAMistake) {
  Parsed parsed("a: 1\n---\nb: [\n---\nc: 1\n--- @\n---\n d: 1\n---e: 1\n--- f\n");
  std::vector<std::string> documents;
  for (const Value& document : parsed.documents) documents.push_back(to_json(document));
  EXPECT_EQ(documents, (std::vector<std::string>{R"({"a":1})", R"({"c":1})", R"({"d":1})", R"("f")"}));
  EXPECT_EQ(parsed.findings(), (std::vector<std::string>{
                                   "yaml.syntax 3:4 the list that opens here is never closed",
                                   "yaml.syntax 6:5 a value cannot start with '@'",
                                   "yaml.syntax 9:1 this stands after the end of the document",
                               }));
}

TEST(Yaml, GoesOnAtTheRightPlace) {
  Parsed parsed("\xef\xbb\xbf\xc3\xa9: '\n\xef\xbb\xbf---\n\xc3\xa9\xc3\xa9: {a: 1, a: 2}\n--- @\n--- &a b\n--- *a\n");
  EXPECT_EQ(parsed.findings(), (std::vector<std::string>{
                                   "yaml.syntax 1:5 the quote that opens here is not closed before the document ends",
                                   "yaml.duplicate-key 3:12 the key 'a' is there twice",
                                   "yaml.syntax 4:5 a value cannot start with '@'",
                                   "yaml.unknown-anchor 6:5 no anchor '&a' stands before this alias",
                               }));
}

TEST(Yaml, LeavesTheRestAloneAfterManyMistakes) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "--- @\n";
  EXPECT_EQ(Parsed(text).diagnostics.errors(), 100u);
}

TEST(Yaml, RefusesLineBreaksOfOtherReaders) {
  EXPECT_EQ(finding("a: 1 # x\xc2\x85"
                    "b: 2\n"),
            "yaml.line-break 1:9 the character U+0085 ends a line for some readers of YAML and not for others");
  Parsed parsed("a: \"\xe2\x80\xa8\"\n\xe2\x80\xa9: [\"\\N\\L\\P\"]\n@: 1\n");
  EXPECT_EQ(parsed.findings(),
            (std::vector<std::string>{
                "yaml.line-break 1:5 the character U+2028 ends a line for some readers of YAML and not for others",
                "yaml.line-break 2:1 the character U+2029 ends a line for some readers of YAML and not for others",
                "yaml.syntax 3:1 a value cannot start with '@'",
            }));
  EXPECT_EQ(parsed.diagnostics.all().at(0).hint, "remove it; in double quotes it is written \\L");
  EXPECT_EQ(Parsed("\"\\N\\L\\P\"").only().string(), "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9");
}

TEST(Yaml, TakesByteOrderMarksAtTheStartOfDocuments) {
  EXPECT_EQ(json_of("\xef\xbb\xbf\xef\xbb\xbf"
                    "a: 1\nb: 2\n"),
            R"({"a":1,"b":2})");
  Parsed joined("a: 1\n\xef\xbb\xbf---\nb: 2\n\xef\xbb\xbf# of c\n\n--- {c: 1, c: 2}\n\xef\xbb\xbf");
  EXPECT_EQ(joined.documents.size(), 3u);
  EXPECT_EQ(joined.findings(), std::vector<std::string>{"yaml.duplicate-key 6:12 the key 'c' is there twice"});
  Parsed in_the_middle(
      "a: 1\n\xef\xbb\xbf"
      "b: 2\n\xef\xbb\xbf"
      "c: caf\xe9\n");
  EXPECT_EQ(in_the_middle.findings(), (std::vector<std::string>{
                                          "yaml.byte-order-mark 2:1 a byte order mark stands in the middle of the text",
                                          "yaml.byte-order-mark 3:1 a byte order mark stands in the middle of the text",
                                          "yaml.not-utf8 3:8 this is not UTF-8",
                                      }));
  EXPECT_EQ(in_the_middle.diagnostics.all().at(0).hint,
            "remove it; files that are joined need a line '---' between them");
}

TEST(Yaml, TellsWideEncodingsApart) {
  using namespace std::string_literals;
  EXPECT_EQ(finding("\xff\xfe\0\0a\0\0\0"s), "yaml.not-utf8 1:1 the text is UTF-32, not UTF-8");
  EXPECT_EQ(finding("\0\0\xfe\xff\0\0\0a"s), "yaml.not-utf8 1:1 the text is UTF-32, not UTF-8");
  EXPECT_EQ(finding("\xfe\xff\0a"s), "yaml.not-utf8 1:1 the text is UTF-16, not UTF-8");
  EXPECT_EQ(finding("a\0\0\0"s), "yaml.not-utf8 1:2 the text is UTF-32, not UTF-8");
  EXPECT_EQ(finding("a\0:\0"s), "yaml.not-utf8 1:2 the text is UTF-16, not UTF-8");
}

TEST(Yaml, SurvivesEveryByteCutOff) {
  std::string text =
      "\xef\xbb\xbf"
      "a: &x [1, 'b', \"c\\u00e9\", {d: !Sub |\n  e\n  f\n}]\n<<: *x\n? - g\n: \xf0\x9f\x98\x80\n---\n%\t";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    Parsed parsed(text.substr(0, n));
    for (const Diagnostic& d : parsed.diagnostics.all()) {
      EXPECT_LE(d.where.begin, d.where.end);
      EXPECT_LE(d.where.end, n);
    }
    render(parsed.diagnostics, parsed.sources);
  }
}

// Writing.

std::string written(const char* json) {
  std::string why;
  auto value = parse_json(json, why);
  EXPECT_TRUE(value) << why;
  return to_yaml(value.value_or(Value()));
}

TEST(YamlWriting, IsBlockStyle) {
  EXPECT_EQ(written(R"({"a":1,"b":["x",{"c":true,"d":[]},[1,[2]]],"e":{"f":null},"g":{}})"),
            "a: 1\nb:\n- x\n- c: true\n  d: []\n- - 1\n  - - 2\ne:\n  f: null\ng: {}\n");
  EXPECT_EQ(written(R"({"run":"a\n  b\n","keep":"x\n\n","strip":"x\ny"})"),
            "run: |\n  a\n    b\nkeep: |+\n  x\n\nstrip: |-\n  x\n  y\n");
  EXPECT_EQ(
      written(R"(["yes","1.10","true","","a: b","#x"," x","http://a:80/b?c","2026-01-01","- x","a #b","*a","\u0007"])"),
      "- \"yes\"\n- \"1.10\"\n- \"true\"\n- \"\"\n- \"a: b\"\n- \"#x\"\n- \" x\"\n- http://a:80/b?c\n- "
      "\"2026-01-01\"\n- \"- x\"\n- \"a #b\"\n- \"*a\"\n- \"\\x07\"\n");
  EXPECT_EQ(written("5"), "5\n");
}

TEST(YamlWriting, HidesSecrets) {
  Map map;
  Value secret("hunter2");
  secret.secret = true;
  map.append(Key{"password", {}}, secret);
  EXPECT_EQ(to_yaml(map), "password: \"***\"\n");
}

/// Values of strings that are hard to write.
class Dice {
 public:
  std::string text() {
    static const std::vector<std::string> pieces = {"a",
                                                    "b",
                                                    " ",
                                                    "  ",
                                                    "\n",
                                                    "\n\n",
                                                    "\t",
                                                    ":",
                                                    ": ",
                                                    "#",
                                                    " #",
                                                    "-",
                                                    "- ",
                                                    "'",
                                                    "\"",
                                                    "\\",
                                                    "|",
                                                    ">",
                                                    "{",
                                                    "}",
                                                    "[",
                                                    "]",
                                                    ",",
                                                    "&",
                                                    "*",
                                                    "!",
                                                    "%",
                                                    "@",
                                                    "`",
                                                    "?",
                                                    "~",
                                                    "<<",
                                                    "---",
                                                    "...",
                                                    "1",
                                                    "0x1",
                                                    "1e3",
                                                    "true",
                                                    "null",
                                                    ".inf",
                                                    "\r",
                                                    "\x01",
                                                    "\x7f",
                                                    "\xc2\x85",
                                                    "\xc2\xa0",
                                                    "\xe2\x80\xa8",
                                                    "\xef\xbb\xbf",
                                                    "\xef\xbf\xbf",
                                                    "\xc3\xa9",
                                                    "\xf0\x9f\x98\x80",
                                                    "${{"};
    std::string out;
    for (int n = pick(6); n > 0; --n) out += pieces[static_cast<std::size_t>(pick(static_cast<int>(pieces.size())))];
    return out;
  }
  Value value(int depth) {
    switch (pick(depth > 0 ? 8 : 5)) {
      case 0:
        return pick(2) == 0;
      case 1:
        return std::int64_t{pick(1000)} - 500;
      case 2:
        return pick(1000) / 7.0 * std::pow(10, pick(40) - 20);
      case 3:
        return Null{};
      case 4:
        return text();
      case 5: {
        List list;
        for (int n = pick(4); n > 0; --n) list.push_back(value(depth - 1));
        return list;
      }
      default: {
        Map map;
        for (int n = pick(4); n > 0; --n) map.set(text(), value(depth - 1));
        return map;
      }
    }
  }
  int pick(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(engine_); }

 private:
  std::mt19937 engine_{20261122};
};

TEST(YamlWriting, ReadsBackEqual) {
  Dice dice;
  for (int i = 0; i < 20'000; ++i) {
    Value value = dice.value(4);
    std::string text = to_yaml(value);
    Parsed back(text);
    ASSERT_TRUE(back.diagnostics.empty()) << render(back.diagnostics, back.sources) << text;
    ASSERT_EQ(back.documents.size(), 1u) << text;
    ASSERT_EQ(to_json(back.documents[0]), to_json(value)) << text;
    ASSERT_EQ(back.documents[0], value) << text;
  }
  Map map;
  map.set(std::string(2000, 'k'), List{Value(1)});
  EXPECT_EQ(Parsed(to_yaml(map)).only(), Value(map));
}

}  // namespace
}  // namespace verba
