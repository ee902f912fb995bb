#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of one apply, again and again; then a plain apply has to finish the work. The same with a
destroy, where some deployments have delete.tasks.

usage: kills.py VERBA [SEEDS] [FIRST_SEED]

Checked for each seed: in the end every task is live; no task came to its end twice; no two copies of a task ran at the
same time; a task came to its end only after what it needs; a second apply runs nothing; nothing is left in the scratch
directory. Of the destroy: each delete came to its end once, users first; where there are delete.tasks they did, in their
order, and no delete of a task in their place. Prints 'N passed, N failed'.
"""

import json
import os
import random
import signal
import subprocess
import tempfile
import time

from seeds import check, run_seeds

TASK = """#!/bin/sh
# What a task does, as a program of its own: not even the shell that calls it is told that verba has died.
set -eu
echo "begin $ME $$" >> "$LOG"
sleep "$TIME"
echo "end $ME $$" >> "$LOG"
"""


class World:
    def __init__(self, verba, seed):
        self.verba = verba
        self.random = random.Random(seed)
        self.directory = tempfile.mkdtemp(prefix="verba-kill-")
        self.log = os.path.join(self.directory, "ran.log")
        open(self.log, "w").close()
        with open(os.path.join(self.directory, "task.sh"), "w") as f:
            f.write(TASK)
        os.chmod(os.path.join(self.directory, "task.sh"), 0o755)
        self.make()

    def make(self):
        r = self.random
        self.needs = {}
        self.byes = {}
        documents = []
        for d in range(r.randint(1, 3)):
            tasks = []
            for t in range(r.randint(3, 9)):
                address = f"d{d}.t{t}"
                before = [a for a in self.needs if a.startswith(f"d{d}.") and r.random() < 0.25]
                self.needs[address] = before
                environment = {"ME": address, "LOG": self.log, "TIME": f"0.{r.randint(1, 15):02d}"}
                for i, need in enumerate(before):
                    environment[f"IN{i}"] = "${{ tasks.%s.outputs.value }}" % need.split(".")[1]
                tasks.append({"name": f"t{t}", "type": "ShellScript", "with": {
                    "run": "./task.sh\n" + 'echo "value=$ME-made"' + "\n", "outputs": "dotenv",
                    "delete": 'ME=-$ME ./task.sh', "environment": environment}})
            spec = {"tasks": tasks}
            if r.random() < 0.5:
                self.byes[f"d{d}"] = [f"bye{i}" for i in range(r.randint(1, 3))]
                spec["delete"] = {"tasks": [self.bye(f"d{d}", i) for i in range(len(self.byes[f"d{d}"]))]}
            documents.append({"apiVersion": "verbacratis/v1", "kind": "Deployment", "metadata": {"name": f"d{d}"},
                              "spec": spec})
        with open(os.path.join(self.directory, "verba.yaml"), "w") as f:
            for document in documents:
                f.write("---\n" + json.dumps(document, indent=1) + "\n")

    def bye(self, deployment, i):
        environment = {"ME": f"-{deployment}.bye{i}", "LOG": self.log, "TIME": f"0.{self.random.randint(1, 15):02d}"}
        return {"name": f"bye{i}", "type": "ShellScript", "dependsOn": [f"bye{i - 1}"] if i else [],
                "with": {"run": "./task.sh\n", "environment": environment}}

    def start(self, verb="apply"):
        return subprocess.Popen([self.verba, verb, "--yes", "-j", "3"], cwd=self.directory, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def kill_some(self, verb="apply"):
        for _ in range(self.random.randint(1, 12)):
            child = self.start(verb)
            time.sleep(self.random.uniform(0, 0.4))
            if self.random.random() < 0.5:
                os.kill(child.pid, signal.SIGKILL)
            else:
                os.killpg(child.pid, signal.SIGKILL)
            child.communicate()

    def check_log(self):
        with open(self.log) as f:
            lines = [line.split() for line in f.read().splitlines()]
        ended = {}
        for word, address, process in lines:
            if word != "end":
                continue
            check(address not in ended, address, "came to its end twice:", lines)
            for need in self.needs[address]:
                check(need in ended, address, "ended before", need)
            ended[address] = process
        check(set(ended) == set(self.needs), "never ended:", set(self.needs) - set(ended))
        return len(lines)

    def go(self):
        self.kill_some()
        child = self.start()
        output, _ = child.communicate(timeout=120)
        check(child.returncode == 0, "the last apply gave", child.returncode, output)
        count = self.check_log()
        done = subprocess.run([self.verba, "apply", "--yes"], cwd=self.directory, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        check(done.returncode == 0, done.stdout, done.stderr)
        check(self.check_log() == count, "a second apply ran something:", done.stdout)
        state = json.loads(subprocess.run([self.verba, "state", "list", "-o", "json"], cwd=self.directory,
                                          capture_output=True, text=True, check=True).stdout)
        check(all(record["status"] == "deployed" for record in state["records"]), state)
        check(len(state["records"]) == len(self.needs) + sum(len(byes) for byes in self.byes.values()), state)
        left = os.listdir(os.path.join(self.directory, ".verba", "scratch"))
        check(not left, "left in the scratch directory:", left)
        self.destroy()

    def destroy(self):
        open(self.log, "w").close()
        self.kill_some("destroy")
        child = self.start("destroy")
        output, _ = child.communicate(timeout=120)
        check(child.returncode == 0, "the last destroy gave", child.returncode, output)
        with open(self.log) as f:
            lines = [line.split() for line in f.read().splitlines()]
        ended = [address[1:] for word, address, _ in lines if word == "end"]
        check(len(set(ended)) == len(ended), "came to its end twice:", lines)
        wanted = [a for a in self.needs if a.split(".")[0] not in self.byes]
        wanted += [f"{deployment}.{bye}" for deployment, byes in self.byes.items() for bye in byes]
        check(sorted(ended) == sorted(wanted), "ended:", ended, "wanted:", wanted)
        for address, before in self.needs.items():
            for need in before:
                if address in ended:
                    check(ended.index(address) < ended.index(need), need, "was deleted before", address)
        for deployment, byes in self.byes.items():
            order = [a for a in ended if a.startswith(f"{deployment}.")]
            check(order == [f"{deployment}.{bye}" for bye in byes], "not in order:", order)
        state = subprocess.run([self.verba, "state", "list", "-o", "json"], cwd=self.directory, capture_output=True,
                               text=True, check=True).stdout
        check(json.loads(state)["records"] == [], state)


if __name__ == "__main__":
    run_seeds(World, 8)
