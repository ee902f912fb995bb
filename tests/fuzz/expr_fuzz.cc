// SPDX-License-Identifier: Apache-2.0
// Any bytes as an expression, evaluated in a small world with a secret: never a crash, and the secret is never shown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "value/expr.h"
#include "value/json.h"

namespace {

using namespace verba;

constexpr std::string_view kSecret = "s3cr3t-qzxj";

Value world() {
  Value secret(kSecret);
  secret.secret = true;
  Map vars;
  vars.set("n", 3);
  vars.set("r", 0.5);
  vars.set("s", "text");
  vars.set("l", List{Value(1), Value("a"), Value(Unknown{}), secret});
  vars.set("u", Unknown{});
  vars.set("x", secret);
  vars.set("z", Null{});
  Value all = vars;
  vars.set("m", all);
  return vars;
}

Scope scope() {
  Scope scope;
  scope.lookup = [](std::span<const Segment> path) -> std::variant<Found, NotFound> {
    if (path[0].name == "vars") return Found{world(), 1};
    return NotFound{"there is no '" + path[0].name + "'", ""};
  };
  scope.file = [](const std::string& path, Where) -> std::variant<std::string, NotFound> {
    if (path.size() % 2 == 0) return "content of " + path;
    return NotFound{"no file '" + path + "'", ""};
  };
  scope.secret = [](const std::string&, Where) -> TextAnswer { return std::string(kSecret); };
  scope.now = [] { return std::string("2026-11-22T09:55:11.250Z"); };
  return scope;
}

void check_shown(std::string_view shown, std::string_view input) {
  // An input may spell the secret out by itself.
  if (input.find("s3cr") == std::string_view::npos && shown.find(kSecret) != std::string_view::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(bytes), size);
  Sources sources;
  Diagnostics diagnostics;
  Value bare(text);
  bare.where = {sources.add("fuzz", text), 0, static_cast<std::uint32_t>(size)};
  Value whole = bare;
  Scope names = scope();
  if (auto parsed = parse_bare(bare, sources, diagnostics)) {
    for (const Reference& reference : parsed->references()) reference.text();
    if (auto value = evaluate(*parsed, names, diagnostics)) check_shown(to_json(*value), text);
  }
  parse_expressions(whole, sources, diagnostics);
  if (auto value = evaluate(whole, names, diagnostics)) check_shown(to_json(*value), text);
  check_shown(render(diagnostics, sources), text);
  return 0;
}
