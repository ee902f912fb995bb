#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Planted failures in random graphs: what a failed deployment did is undone, and nothing else.

usage: undo.py VERBA [SEEDS] [FIRST_SEED]

Each task is a file. Checked for each seed: a first apply in which a task fails leaves nothing of its deployment, has undone
it in reverse order, has begun nothing that needs it, and has finished everything else; an update in which a task fails puts
back the contents that were there; the same where verba was killed a few times on the way, in whatever it was at, and where
deployments got other names meanwhile; prune deletes what left the manifests and nothing else; destroy is in reverse;
temporary things never survive; a second apply runs nothing. Prints 'N passed, N failed'.
"""

import json
import os
import random
import subprocess
import tempfile

from seeds import check, run_seeds


class World:
    def __init__(self, verba, seed):
        self.verba = verba
        self.random = r = random.Random(seed)
        self.directory = tempfile.mkdtemp(prefix="verba-undo-")
        os.mkdir(os.path.join(self.directory, "things"))
        self.deployments = {}
        self.names = {}  # of today
        self.former = {}  # of those that got another one since an apply succeeded
        self.tasks = {}
        for i in range(r.randint(2, 4)):
            self.deployments[f"d{i}"] = [f"d{j}" for j in range(i) if r.random() < 0.4]
            self.names[f"d{i}"] = f"d{i}"
            mine = []
            for t in range(r.randint(2, 6)):
                address = f"d{i}.t{t}"
                self.tasks[address] = {"needs": [a for a in mine if r.random() < 0.4], "text": str(r.randint(0, 999)),
                                       "temporary": r.random() < 0.15, "fail": False}
                mine.append(address)

    def manifest(self):
        with open(os.path.join(self.directory, "verba.yaml"), "w") as f:
            for d, needs in self.deployments.items():
                tasks = []
                for address, t in self.tasks.items():
                    if not address.startswith(d + "."):
                        continue
                    run = 'echo "run $ME" >>log; sleep 0.01\n' + ("echo half >things/$ME; exit 3" if t["fail"] else
                                                      'echo "$TEXT" >things/$ME')
                    tasks.append({"name": address.split(".")[1], "type": "ShellScript", "temporary": t["temporary"],
                                  "dependsOn": [n.split(".")[1] for n in t["needs"]],
                                  "with": {"run": run, "delete": 'echo "delete $ME" >>log; rm -f things/$ME',
                                           "environment": {"ME": address, "TEXT": t["text"]}}})
                moved = {"movedFrom": self.former[d]} if d in self.former else {}
                document = {"apiVersion": "verbacratis/v1", "kind": "Deployment", "metadata": {"name": self.names[d]},
                            "spec": {"dependsOn": [self.names[n] for n in needs], "onFailure": "rollback", "tasks": tasks, **moved}}
                f.write("---\n" + json.dumps(document) + "\n")

    def run(self, *arguments, expect):
        self.manifest()
        log = os.path.join(self.directory, "log")
        open(log, "w").close()
        done = subprocess.run([self.verba, *arguments, "-j", str(self.random.randint(1, 6))], cwd=self.directory,
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        check(done.returncode == expect, arguments, "gave", done.returncode, "not", expect, done.stdout[-3000:], done.stderr[-2000:])
        if expect == 0:
            self.former = {}
        with open(log) as f:
            return f.read().split("\n")[:-1]

    def rename_some(self):
        """An apply may be killed before it has recorded that: then nobody knows a name that was between."""
        for d in self.deployments:
            if d not in self.former and self.random.random() < 0.2:
                self.former[d] = self.names[d]
                self.names[d] = self.names[d] + "x" if self.random.random() < 0.7 or self.names[d] == d else d

    def things(self):
        directory = os.path.join(self.directory, "things")
        return {name: open(os.path.join(directory, name)).read().strip() for name in os.listdir(directory)}

    def wanted(self):
        return {a: t["text"] for a, t in self.tasks.items() if not t["temporary"]}

    def waits_for(self, deployment):
        """Deployments that need it, directly or not."""
        found, grew = set(), True
        while grew:
            more = {d for d, needs in self.deployments.items() if d not in found and (set(needs) & (found | {deployment}))}
            grew = bool(more)
            found |= more
        return found

    def of(self, things, deployments):
        return {a: text for a, text in things.items() if a.split(".")[0] in deployments}

    def check_reverse(self, lines):
        """Of two that were deleted, the one that needs the other went first."""
        deleted = [line.split()[1] for line in lines if line.startswith("delete ")]
        for i, address in enumerate(deleted):
            needs = set(self.tasks[address]["needs"]) if address in self.tasks else set()
            check(not needs & {a for a in deleted[:i] if not self.tasks[a]["temporary"]}, address, "was deleted after what it needs", lines)

    def kill_a_few(self):
        """Begins an apply and kills it, a few times."""
        self.manifest()
        for _ in range(self.random.randint(0, 3)):
            with open(os.path.join(self.directory, "killed.log"), "w") as out:
                process = subprocess.Popen([self.verba, "apply", "--yes", "-j", str(self.random.randint(1, 6))], cwd=self.directory,
                                           stdout=out, stderr=out, stdin=subprocess.DEVNULL)
                try:
                    process.wait(self.random.random() * 0.3)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if self.random.random() < 0.5:
                self.rename_some()
                self.manifest()

    def fail_somewhere(self, candidates):
        failing = self.random.choice(sorted(candidates))
        self.tasks[failing]["fail"] = True
        return failing, failing.split(".")[0]

    def go(self):
        lasting = {a for a, t in self.tasks.items() if not t["temporary"]}
        # A first apply that fails.
        failing, deployment = self.fail_somewhere(lasting)
        blocked = self.waits_for(deployment)
        self.kill_a_few()
        check(self.run("apply", "--yes", expect=1), "nothing was run")
        check(self.of(self.things(), {deployment}) == {}, "after kills and a failure of", failing, "there is", self.things())
        ran = self.run("apply", "--yes", expect=1)
        others = set(self.deployments) - blocked - {deployment}
        check(self.things() == self.of(self.wanted(), others), "after a failure of", failing, "there is", self.things())
        began = {line.split()[1] for line in ran if line.startswith("run ")}
        check(not {a for a in began if a.split(".")[0] in blocked}, "something was begun that needs", deployment, ran)
        undone = {line.split()[1] for line in ran if line.startswith("delete ")}
        check({a for a in began if a.startswith(deployment + ".")} <= undone, "not everything was undone", ran)
        self.check_reverse(ran)

        # Mended.
        self.tasks[failing]["fail"] = False
        self.run("apply", "--yes", expect=0)
        check(self.things() == self.wanted(), "after the mended apply there is", self.things())
        check(self.run("apply", "--yes", expect=0) == [], "a second apply ran something")

        # An update that fails: what was there before is put back.
        before = self.things()
        self.rename_some()
        for t in self.tasks.values():
            if self.random.random() < 0.6:
                t["text"] += "x"
        failing, deployment = self.fail_somewhere(lasting)
        blocked = self.waits_for(deployment)
        others = set(self.deployments) - blocked - {deployment}
        self.kill_a_few()
        self.run("apply", "--yes", expect=1)
        now = self.things()
        check(self.of(now, {deployment}) == self.of(before, {deployment}), "was not put back:", self.of(now, {deployment}), "before:", before)
        check(self.of(now, blocked) == self.of(before, blocked), "what needs", deployment, "was changed")
        check(self.of(now, others) == self.of(self.wanted(), others), "others were not finished")
        self.tasks[failing]["fail"] = False
        self.run("apply", "--yes", expect=0)
        check(self.things() == self.wanted(), "after the mended update there is", self.things())

        # One leaves the manifests.
        gone = self.random.choice(sorted(lasting))
        left = self.tasks.pop(gone)
        for t in self.tasks.values():
            t["needs"] = [n for n in t["needs"] if n != gone]
        self.rename_some()
        self.run("apply", "--yes", expect=0)
        check(gone in self.things(), gone, "was deleted without --prune")
        ran = self.run("apply", "--yes", "--prune", expect=0)
        check([line for line in ran if line.startswith("delete ")] == [f"delete {gone}"], "prune did", ran, left)
        check(self.things() == self.wanted(), "after prune there is", self.things())

        ran = self.run("destroy", "--yes", expect=0)
        check(self.things() == {}, "after destroy there is", self.things())
        self.check_reverse(ran)


if __name__ == "__main__":
    run_seeds(World, 10)
