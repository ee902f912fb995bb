// SPDX-License-Identifier: Apache-2.0
// Any bytes as YAML: never a crash, places inside the text, and what is read without a finding reads back equal when
// it is written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "value/expr.h"
#include "value/json.h"
#include "value/yaml.h"

namespace {

using namespace verba;

void check_places(const Value& value, std::size_t size) {
  if (value.where.begin > value.where.end || value.where.end > size) std::abort();
  if (value.is_list()) {
    for (const Value& item : value.list()) check_places(item, size);
  } else if (value.is_map()) {
    for (const Map::Entry& entry : value.map()) {
      if (entry.first.where.end > size) std::abort();
      check_places(entry.second, size);
    }
  }
}

void check_round_trip(const Value& value) {
  Sources sources;
  Diagnostics diagnostics;
  SourceId source = sources.add("again", to_yaml(value));
  std::vector<Value> again = parse_yaml(sources, source, diagnostics);
  if (!diagnostics.empty() || again.size() != 1 || !(again.front() == value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Sources sources;
  Diagnostics diagnostics;
  SourceId source = sources.add("fuzz", std::string(reinterpret_cast<const char*>(bytes), size));
  std::vector<Value> documents = parse_yaml(sources, source, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) {
    if (d.where.begin > d.where.end || d.where.end > size) std::abort();
  }
  render(diagnostics, sources);
  for (Value& document : documents) {
    check_places(document, size);
    if (diagnostics.empty()) check_round_trip(document);
    to_json(document);
    parse_expressions(document, sources, diagnostics);
  }
  render(diagnostics, sources);
  return 0;
}
