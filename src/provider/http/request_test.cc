// SPDX-License-Identifier: Apache-2.0
#include "provider/http/request.h"

#include <gtest/gtest.h>

#include "value/yaml.h"

namespace verba {
namespace {

Value parsed(std::string_view yaml) {
  Sources sources;
  Diagnostics diagnostics;
  auto documents = parse_yaml(sources, sources.add("with", std::string(yaml)), diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << render(diagnostics, sources);
  return documents.empty() ? Value() : documents.front();
}

HttpRequest read(std::string_view yaml, const Value& outputs = Map{}) {
  std::variant<HttpRequest, BadHttpRequest> read = read_request(parsed(yaml), &outputs);
  if (const auto* bad = std::get_if<BadHttpRequest>(&read)) {
    ADD_FAILURE() << bad->message;
    return {};
  }
  return std::get<HttpRequest>(read);
}

TEST(HttpRequest, MethodAndBody) {
  HttpRequest request = read("{url: 'http://h/?secret=1'}");
  EXPECT_EQ(request.name(), "GET http://h/");
  EXPECT_FALSE(request.ask.body);
  EXPECT_TRUE(request.is_safe());
  request = read("{url: 'http://h/', body: {a: [1, true]}, headers: {X: 5}}");
  EXPECT_EQ(request.name(), "POST http://h/");
  EXPECT_EQ(request.ask.body, R"({"a":[1,true]})");
  EXPECT_EQ(request.ask.headers.at(0), std::pair(std::string("X"), std::string("5")));
  EXPECT_EQ(request.ask.headers.at(1).second, "application/json");
  EXPECT_FALSE(request.can_be_repeated());
  request = read("{url: 'http://h/', method: PUT, body: text, headers: {content-type: a/b}}");
  EXPECT_EQ(request.ask.headers.size(), 1u);
  EXPECT_EQ(request.ask.body, "text");
  EXPECT_TRUE(request.can_be_repeated());
}

TEST(HttpRequest, Statuses) {
  HttpRequest request = read("{url: 'http://h/'}");
  EXPECT_TRUE(request.accepts(204));
  EXPECT_FALSE(request.accepts(301));
  EXPECT_FALSE(request.accepts(404));
  request.gone_is_fine = true;
  EXPECT_TRUE(request.accepts(404));
  request = read("{url: 'http://h/', status: [404]}");
  EXPECT_TRUE(request.accepts(404));
  EXPECT_FALSE(request.accepts(200));
}

TEST(HttpRequest, OutputsAreFilledIn) {
  const Value outputs = parsed("{status: 201, json: {id: 'a/b', list: [1]}, body: x}");
  const HttpRequest request = read(
      "{url: 'http://h/{outputs.json.id}/x', headers: {If: '{outputs.status}'}, "
      "body: {id: ['{outputs.json.id}', '{x}']}}",
      outputs);
  EXPECT_EQ(request.ask.url, "http://h/a%2Fb/x");
  EXPECT_EQ(request.ask.headers.at(0).second, "201");
  EXPECT_EQ(request.ask.body, R"({"id":["a/b","{x}"]})");
  for (const char* name : {"json.none", "json.list", "none"}) {
    const Value written = parsed(std::string("{url: 'http://h/{outputs.") + name + "}'}");
    const std::variant<HttpRequest, BadHttpRequest> bad = read_request(written, &outputs);
    ASSERT_TRUE(std::holds_alternative<BadHttpRequest>(bad)) << name;
    EXPECT_NE(std::get<BadHttpRequest>(bad).message.find(name), std::string::npos);
  }
}

TEST(HttpRequest, WhatIsWrongIsSaid) {
  const auto mistakes = [](std::string_view yaml) {
    Diagnostics diagnostics;
    check_request(parsed(yaml), false, diagnostics);
    std::string all;
    for (const Diagnostic& one : diagnostics.all()) all += one.message + "\n";
    return all;
  };
  EXPECT_EQ(mistakes("{url: 'localhost:80'}"), "'localhost:80' is no URL\n");
  EXPECT_EQ(mistakes("{url: 'http://h/', headers: {'a b': x}}"), "that cannot be the name of a header\n");
  EXPECT_EQ(mistakes("{url: 'http://h/', headers: {a: \"x\\ny: z\"}}"), "that cannot be the value of the header a\n");
  EXPECT_EQ(mistakes("{url: 'http://ann:pw@h/'}"), "'http://h/' has credentials in it\n");
  EXPECT_EQ(mistakes("{url: 'http://h/', headers: {a: [x]}}"), "that cannot be the value of the header a\n");
}

}  // namespace
}  // namespace verba
