// SPDX-License-Identifier: Apache-2.0
#include "view/text/graph_text.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

/// db.schema; web: page, then site (needs page and schema); web needs db.
Model small() {
  Model model;
  model.deployments.resize(2);
  model.deployments[0].name = "db";
  model.deployments[0].tasks = {0};
  model.deployments[1].name = "web";
  model.deployments[1].tasks = {1, 2};
  model.deployments[1].needs = {0};
  model.tasks.resize(3);
  const char* names[] = {"schema", "page", "site"};
  for (TaskId id = 0; id < 3; ++id) {
    model.tasks[id].name = names[id];
    model.tasks[id].deployment = id == 0 ? 0 : 1;
    model.tasks[id].address = (id == 0 ? "db." : "web.") + model.tasks[id].name;
  }
  model.tasks[2].needs = {0, 1};
  return model;
}

TEST(GraphText, ListsWhatEachNeeds) {
  EXPECT_EQ(graph_lines(small()), "db\n  schema\nweb <- db\n  page\n  site <- db.schema, page\n");
}

TEST(GraphText, SpeaksMermaid) {
  EXPECT_EQ(graph_mermaid(small()), R"(flowchart LR
  subgraph d0["db"]
    t0["schema"]
  end
  subgraph d1["web"]
    t1["page"]
    t2["site"]
  end
  t0 --> t2
  t1 --> t2
  d0 ==> d1
)");
}

TEST(GraphText, SpeaksDot) {
  const std::string dot = graph_dot(small());
  EXPECT_NE(dot.find("subgraph cluster_1 {\n    label=\"web\";"), std::string::npos) << dot;
  EXPECT_NE(dot.find("task_0 -> task_2;"), std::string::npos);
  EXPECT_NE(dot.find("task_0 -> task_1 [ltail=cluster_0, lhead=cluster_1, style=bold];"), std::string::npos);
}

TEST(GraphText, QuotesNames) {
  Model model = small();
  model.tasks[0].name = "a\"b\x1b[1m";
  EXPECT_NE(graph_mermaid(model).find("[\"a#34;b\"]"), std::string::npos);
}

}  // namespace
}  // namespace verba
