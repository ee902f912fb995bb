// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_retained.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "value/yaml.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Resource stack_of(const std::string& with) {
  Sources sources;
  Diagnostics diagnostics;
  Resource resource;
  resource.inputs = parse_yaml(sources, sources.add("m.yaml", with), diagnostics).at(0);
  return resource;
}

TEST(TemplateRemains, AreWhatTheTemplateRetains) {
  EXPECT_THAT(left_by_stack(stack_of("data: {Resources: {A: {Type: T}}}")), IsEmpty());
  EXPECT_THAT(
      left_by_stack(stack_of(R"(
retainResources: [F, G]
data:
  Resources:
    A: {Type: T, DeletionPolicy: Retain}
    B: {Type: T, DeletionPolicy: Delete}
    C: {Type: T, DeletionPolicy: RetainExceptOnCreate, Condition: Some}
    D: {Type: T, DeletionPolicy: Snapshot}
    E: {Type: T, DeletionPolicy: !Ref Policy}
    F: {Type: T, DeletionPolicy: Retain}
    G: {Type: T}
)")),
      ElementsAre("A (T)", "C (T), if it was made", "E (T), perhaps", "F (T)", "G (T), if it cannot be deleted"));
}

TEST(TemplateRemains, AreInNestedTemplatesToo) {
  Resource resource = stack_of("template: a/a.yaml");
  resource.files = {
      {"template", "a/a.yaml", {}, "Resources: {F: {Type: T, Properties: {TemplateURL: b.yaml}}, G: {Type: T}}"},
      {"artifact", "a/b.yaml", {}, "Resources: {L: {Type: T, DeletionPolicy: Retain}}", "a/b.yaml"}};
  EXPECT_THAT(left_by_stack(resource), ElementsAre("F/L (T)"));
}

}  // namespace
}  // namespace verba
