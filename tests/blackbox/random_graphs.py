#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random graphs through the real program: every script writes what it did into a log, and the log is checked.

usage: random_graphs.py VERBA [SEEDS] [FIRST_SEED]

Checked for each seed: everything ran exactly once and after what it needs; a second apply runs nothing; after random
edits exactly what changed (and what reads changed outputs) runs again; a failing script stops what needs it and nothing
else; destroy runs every delete in reverse; exit codes. Prints 'N passed, N failed'.
"""

import json
import os
import random
import subprocess
import tempfile

from seeds import check, run_seeds


class World:
    """One project directory, its random graph, and the log its scripts write."""

    def __init__(self, verba, seed):
        self.verba = verba
        self.random = random.Random(seed)
        self.directory = tempfile.mkdtemp(prefix="verba-graph-")
        self.log = os.path.join(self.directory, "ran.log")
        self.tasks = {}
        self.make()

    def make(self):
        r = self.random
        deployments = [f"d{i}" for i in range(r.randint(1, 5))]
        self.deployment_needs = {d: [e for e in deployments[:i] if r.random() < 0.3] for i, d in enumerate(deployments)}
        addresses = []
        for d in deployments:
            for t in range(r.randint(1, 8)):
                address = f"{d}.t{t}"
                inside = [a for a in addresses if a.startswith(d + ".") and r.random() < 0.35]
                outside = [a for a in addresses if not a.startswith(d + ".") and r.random() < 0.1]
                reads = [a for a in inside + outside if r.random() < 0.5]
                self.tasks[address] = {
                    "needs": [a for a in inside if a not in reads],
                    "reads": reads + [a for a in outside if a not in reads],
                    "text": str(r.randint(0, 9999)),
                    # A value that others read; "fixed" ones do not depend on the text, so a change stops there.
                    "fixed": r.random() < 0.3,
                    "fail": False,
                }
                addresses.append(address)

    def manifest(self):
        docs = []
        for d, needs in self.deployment_needs.items():
            tasks = []
            for address, t in self.tasks.items():
                if not address.startswith(d + "."):
                    continue
                name = address.split(".")[1]
                environment = {"TEXT": t["text"], "LOG": self.log, "ME": address}
                for i, read in enumerate(t["reads"]):
                    rd, rt = read.split(".")
                    path = f"tasks.{rt}" if rd == d else f"deployments.{rd}.tasks.{rt}"
                    environment[f"IN{i}"] = "${{ " + path + ".outputs.value }}"
                value = "fixed" if t["fixed"] else "$TEXT-" + "-".join(f"$IN{i}" for i in range(len(t["reads"])))
                run = 'echo "run $ME" >> "$LOG"\n'
                run += "exit 7\n" if t["fail"] else f'echo "value=v-$(echo "{value}" | cksum | cut -d" " -f1)"\n'
                tasks.append({
                    "name": name, "type": "ShellScript", "dependsOn": [n.split(".")[1] for n in t["needs"]],
                    "with": {"run": run, "delete": 'echo "delete $ME" >> "$LOG"', "environment": environment,
                             "outputs": "dotenv"}})
            docs.append({"apiVersion": "verbacratis/v1", "kind": "Deployment", "metadata": {"name": d},
                         "spec": {"dependsOn": needs, "onFailure": "continue", "tasks": tasks}})
        with open(os.path.join(self.directory, "verba.yaml"), "w") as f:
            for doc in docs:
                f.write("---\n" + json.dumps(doc, indent=1) + "\n")

    def run(self, *arguments, expect):
        self.manifest()
        open(self.log, "w").close()
        done = subprocess.run([self.verba, *arguments], cwd=self.directory, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)
        check(done.returncode == expect, arguments, "gave", done.returncode, "not", expect, done.stdout[-3000:], done.stderr[-3000:])
        with open(self.log) as f:
            return f.read().split("\n")[:-1], done.stdout

    def all_needs(self, address):
        """Direct needs, those through dependsOn of deployments included."""
        t = self.tasks[address]
        needs = set(t["needs"]) | set(t["reads"])
        for d in self.deployment_needs[address.split(".")[0]]:
            needs |= {a for a in self.tasks if a.startswith(d + ".")}
        return needs

    def users_of(self, changed):
        found, grew = set(changed), True
        while grew:
            more = {a for a in self.tasks if a not in found and self.all_needs(a) & found}
            grew = bool(more)
            found |= more
        return found

    def check_order(self, lines, verb, reverse=False):
        place = {}
        for i, line in enumerate(lines):
            check(line.startswith(verb + " "), "unexpected line", line)
            address = line.split(" ")[1]
            check(address not in place, address, "ran twice")
            place[address] = i
        for address in place:
            for need in self.all_needs(address):
                if need in place:
                    check((place[need] < place[address]) != reverse, address, "and", need, "ran in the wrong order")
        return set(place)

    def values(self):
        """What each task's output should be, computed here."""
        values = {}
        def value(a):
            if a not in values:
                t = self.tasks[a]
                values[a] = "fixed" if t["fixed"] else (t["text"], tuple(value(r) for r in t["reads"]))
            return values[a]
        for a in self.tasks:
            value(a)
        return values

    def go(self):
        parallel = str(self.random.randint(1, 8))
        ran, _ = self.run("apply", "--yes", "--parallelism", parallel, expect=0)
        check(self.check_order(ran, "run") == set(self.tasks), "first apply did not run everything")
        ran, _ = self.run("apply", "--yes", expect=0)
        check(ran == [], "second apply ran", ran)
        self.run("plan", "--exit-code", expect=0)

        before = self.values()
        changed = {a for a in self.tasks if self.random.random() < 0.2}
        for a in changed:
            self.tasks[a]["text"] += "x"
        self.run("plan", "--exit-code", expect=3 if changed else 0)
        after = self.values()
        expected = changed | {a for a in self.tasks if any(before[r] != after[r] for r in self.tasks[a]["reads"])}
        ran, _ = self.run("apply", "--yes", "--parallelism", parallel, expect=0)
        check(self.check_order(ran, "run") == expected, "after the edit ran", sorted(ran), "not", sorted(expected))

        failing = self.random.choice(sorted(self.tasks))
        self.tasks[failing]["fail"] = True
        ran, _ = self.run("apply", "--yes", expect=1)
        check(ran == [f"run {failing}"], "with a failure ran", ran)
        self.tasks[failing]["fail"] = False
        ran, _ = self.run("apply", "--yes", expect=0)
        check(f"run {failing}" in ran, "the failed one did not run again")
        check(self.check_order(ran, "run") <= self.users_of({failing}), "more ran than what needs it", ran)

        ran, _ = self.run("destroy", "--yes", "--parallelism", parallel, expect=0)
        check(self.check_order(ran, "delete", reverse=True) == set(self.tasks), "destroy did not delete everything")
        ran, _ = self.run("destroy", "--yes", expect=0)
        check(ran == [], "second destroy ran", ran)


if __name__ == "__main__":
    run_seeds(World, 20)
