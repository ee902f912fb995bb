// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/planning.h"
#include "os/process.h"
#include "view/json/graph_json.h"
#include "view/text/graph_text.h"

namespace verba {
namespace {

constexpr std::size_t kPictureBytes = 64u << 20;

/// Lets Graphviz draw it.
std::string svg(Call& call, const std::string& dot) {
  Stop never;
  std::string complaint;
  RunOptions options;
  options.capture_bytes = kPictureBytes;
  options.sink = [&](Stream stream, std::string_view bytes) {
    if (stream == Stream::error && complaint.size() < 2000) complaint += bytes;
  };
  const auto drawn = while_doing("drawing with Graphviz (Debian package graphviz)", {}, [&] {
    return wait_for(
        call.system,
        run(call.system, Command{{"dot", "-Tsvg"}, operators_environment(call.system), "", dot}, never, options));
  });
  if (!drawn.status.success())
    throw Error(Error::Kind::system, "system.dot", "dot could not draw the graph", complaint);
  return drawn.output;
}

int graph(Call& call) {
  const Format format = format_of(call);
  const std::string form = call.arguments.text("format").value_or("text");
  Project& project = load(call);
  Surroundings surroundings = planning_surroundings(call);
  const Model& model = resolve_in_order(call, project, choose_environment(call, project),
                                        command_line_variables(call.arguments.list("var")), surroundings);
  require(call, project);
  if (format != Format::text) {
    print(call, format, graph_value(model));
  } else if (form == "dot") {
    print(call, graph_dot(model));
  } else if (form == "mermaid") {
    print(call, graph_mermaid(model));
  } else if (form == "svg") {
    print(call, svg(call, graph_dot(model)));
  } else {
    print(call, graph_lines(model));
  }
  return kDone;
}

}  // namespace

CommandRow graph_command() {
  return {.name = "graph",
          .group = "Look",
          .summary = "what needs what, as a picture",
          .options = {{.name = "format",
                       .value = "FORM",
                       .summary = "text (default), dot for Graphviz, mermaid, or svg (needs the program dot)",
                       .one_of = {"text", "dot", "mermaid", "svg"}}},
          .function = graph};
}

}  // namespace verba
