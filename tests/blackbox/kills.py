#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of one apply, again and again; then a plain apply has to finish the work.

usage: kills.py VERBA [SEEDS] [FIRST_SEED]

Checked for each seed: in the end every task is live; no task came to its end twice; no two copies of a task ran at the
same time; a task came to its end only after what it needs; a second apply runs nothing; nothing is left in the scratch
directory. Prints 'N passed, N failed'.
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
                    "delete": 'echo "delete $ME" >> "$LOG"', "environment": environment}})
            documents.append({"apiVersion": "verbacratis/v1", "kind": "Deployment", "metadata": {"name": f"d{d}"},
                              "spec": {"tasks": tasks}})
        with open(os.path.join(self.directory, "verba.yaml"), "w") as f:
            for document in documents:
                f.write("---\n" + json.dumps(document, indent=1) + "\n")

    def start(self):
        return subprocess.Popen([self.verba, "apply", "--yes", "-j", "3"], cwd=self.directory, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def kill_some(self):
        for _ in range(self.random.randint(1, 12)):
            child = self.start()
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
        check(len(state["records"]) == len(self.needs), state)
        left = os.listdir(os.path.join(self.directory, ".verba", "scratch"))
        check(not left, "left in the scratch directory:", left)


if __name__ == "__main__":
    run_seeds(World, 8)
