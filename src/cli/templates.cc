// SPDX-License-Identifier: Apache-2.0
#include "cli/templates.h"

namespace verba {
namespace {

constexpr std::string_view kHello = R"(# A deployment is a list of tasks. This one has two; the second needs the first.
apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: hello}
spec:
  variables:
    who: world
  tasks:
  - name: greeting
    type: ShellScript
    with:
      run: |
        echo "Hello, $WHO" > greeting.txt
        echo "$PWD/greeting.txt"
      delete: rm -f greeting.txt
      environment: {WHO: "${{ vars.who }}"}
      outputs: text

  - name: check
    type: ShellScript
    with:
      run: cat "$GREETING"
      environment: {GREETING: "${{ tasks.greeting.outputs.text }}"}
)";

constexpr std::string_view kWeb =
    R"(# A web site in three deployments: a folder to serve, a page in it, and a check of what is served.
apiVersion: verbacratis/v1
kind: Variables
metadata: {name: settings}
spec:
  values:
    title: My site
    folder: site
---
apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: storage}
spec:
  tasks:
  - name: folder
    type: ShellScript
    with:
      run: |
        mkdir -p "$FOLDER"
        echo "{\"path\": \"$PWD/$FOLDER\"}"
      delete: rm -rf "$FOLDER"
      environment: {FOLDER: "${{ vars.folder }}"}
      outputs: json
---
apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: site}
spec:
  dependsOn: [storage]
  tasks:
  - name: page
    type: ShellScript
    with:
      run: |
        printf '<!doctype html>\n<title>%s</title>\n<h1>%s</h1>\n' "$TITLE" "$TITLE" > "$FOLDER/index.html"
        echo "{\"page\": \"$FOLDER/index.html\"}"
      delete: rm -f "$FOLDER/index.html"
      environment:
        TITLE: ${{ vars.title }}
        FOLDER: ${{ deployments.storage.tasks.folder.outputs.path }}
      outputs: json

  # The same steps for each of a list: site.style[light] and site.style[dark].
  - name: style
    type: ShellScript
    forEach: [light, dark]
    with:
      run: echo "/* $NAME */" > "$FOLDER/$NAME.css"
      delete: rm -f "$FOLDER/$NAME.css"
      environment:
        NAME: ${{ each.value }}
        FOLDER: ${{ deployments.storage.tasks.folder.outputs.path }}
---
apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: smoke-test}
spec:
  dependsOn: [site]
  tasks:
  - name: page-is-there
    type: ShellScript
    trigger: always
    retry: {attempts: 3, delay: 1s}
    with:
      run: grep -q "<h1>" "$PAGE"
      environment: {PAGE: "${{ deployments.site.tasks.page.outputs.page }}"}
)";

constexpr std::string_view kEnvironments =
    R"(# One deployment in two environments. What differs between them is said once, where it differs.
apiVersion: verbacratis/v1
kind: Environment
metadata: {name: test}
spec:
  variables:
    domain: test.example.org
    servers: [one]
---
apiVersion: verbacratis/v1
kind: Environment
metadata: {name: production}
spec:
  extends: test
  variables:
    domain: www.example.org
    servers: [one, two, three]
---
apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: service}
spec:
  tasks:
  - name: server
    type: ShellScript
    forEach: ${{ vars.servers }}
    with:
      run: |
        mkdir -p "$FOLDER"
        echo "$DOMAIN on server $NAME" > "$FOLDER/$NAME.conf"
      delete: rm -f "$FOLDER/$NAME.conf"
      environment:
        FOLDER: out/${{ environment.name }}
        NAME: ${{ each.value }}
        DOMAIN: ${{ vars.domain }}

  - name: announce
    type: ShellScript
    environments: [production]
    dependsOn: [server]
    with:
      run: echo "https://$DOMAIN is live" > out/announcement.txt
      delete: rm -f out/announcement.txt
      environment: {DOMAIN: "${{ vars.domain }}"}
)";

constexpr ProjectTemplate kTemplates[] = {
    {"hello", "one deployment with two small tasks", kHello,
     "  verba plan       what would happen\n  verba apply      do it\n  verba status     what is deployed\n"},
    {"web", "three deployments that need each other, with outputs, forEach and a check", kWeb,
     "  verba graph      what needs what\n  verba apply      do it\n  verba apply --var title=Shop     the page "
     "changes, the folder stays\n"},
    {"environments", "one deployment in two environments", kEnvironments,
     "  verba plan -e test             what would happen there\n  verba apply -e production      do it\n  verba status "
     "                  what "
     "is deployed where\n"},
};

}  // namespace

std::span<const ProjectTemplate> project_templates() {
  return kTemplates;
}

}  // namespace verba
