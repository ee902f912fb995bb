#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments while CloudFormation stacks are made, updated and deleted, with calls that are throttled and
answers that are lost besides; each time a plain run has to go on with the work. AWS is the stand-in of the tests.

usage: stack_kills.py VERBA [SEEDS] [FIRST_SEED]

Checked for each seed: no operation was begun twice; there was never a second stack of a name; what is recorded is what is
there; in the end nothing is left. Prints 'N passed, N failed'.
"""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from seeds import check, run_seeds

STAND_IN = pathlib.Path(__file__).resolve().parents[1] / "support/aws"
ACTIONS = ("CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks", "DescribeStackEvents", "DeleteStack")
KINDS = ("throttle", "cut", "html", "busy")


class World:
    def __init__(self, verba, seed):
        self.verba = verba
        self.random = random.Random(seed)
        self.directory = tempfile.mkdtemp(prefix="verba-stacks-")
        shutil.copytree(STAND_IN, self.directory, dirs_exist_ok=True)
        self.stacks = [f"stack-{i}" for i in range(self.random.randint(1, 3))]

    def write(self, version):
        tasks = []
        for i, name in enumerate(self.stacks):
            looks = self.random.randint(1, 2)
            resources = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Version": version, "Looks": looks}}}
            task = {"name": name, "type": "CloudFormation", "account": "aws",
                    "with": {"stack": name, "data": {"Resources": resources}}}
            if i and self.random.random() < 0.5:
                task["dependsOn"] = [self.stacks[i - 1]]
            tasks.append(task)
        documents = [
            {"apiVersion": "verbacratis/v1", "kind": "AwsInfrastructureAccount", "metadata": {"name": "aws"},
             "spec": {"region": "eu-central-1", "accountId": "111111111111"}},
            {"apiVersion": "verbacratis/v1", "kind": "Deployment", "metadata": {"name": "d"},
             "spec": {"onFailure": "stop", "tasks": tasks}}]
        self.file("verba.yaml").write_text("---\n".join(json.dumps(one) + "\n" for one in documents))
        faults = [f"{self.random.choice(ACTIONS)} {self.random.choice(KINDS)}" for _ in range(self.random.randint(0, 3))]
        # One that is cut is carried out; a line counts once, so no two are the same.
        self.file("faults").write_text("".join(f"{line} 1\n" for line in sorted(set(faults))))

    def file(self, name):
        return pathlib.Path(self.directory, name)

    def start(self, *words):
        environment = {"PATH": os.environ["PATH"], "HOME": self.directory, "AWS_ENDPOINT_URL": self.file("aws").read_text(),
                       "AWS_ACCESS_KEY_ID": "AKIDDEPLOYER", "AWS_SECRET_ACCESS_KEY": "deployer-secret"}
        return subprocess.Popen([self.verba, *words], cwd=self.directory, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def until_done(self, *words):
        """Kills it a few times, then lets it go on to its end."""
        for _ in range(self.random.randint(1, 3)):
            child = self.start(*words)
            try:
                child.communicate(timeout=self.random.uniform(0.02, 1.5))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.communicate()
        child = self.start(*words)
        output, _ = child.communicate(timeout=60)
        check(child.returncode == 0, words[0], "ended with", child.returncode, output)

    def outputs(self):
        output, _ = self.start("output", "d", "-o", "json").communicate(timeout=30)
        return output

    def go(self):
        # Not killed with us: it is ended here, and by its own alarm.
        server = subprocess.Popen([sys.executable, "stand_in.py"], cwd=self.directory, stderr=subprocess.DEVNULL)
        try:
            while not self.file("aws").exists():
                time.sleep(0.02)
            self.live()
        finally:
            server.kill()
            server.wait()

    def live(self):
        for version in (1, 2):
            self.write(version)
            self.until_done("apply", "--yes")
            history = self.history()
            for name in self.stacks:
                begun = history[name]
                check(begun["made"] == 1, name, "was made", begun["made"], "times")
                check(begun["living"] == 1, name, "is there", begun["living"], "times")
                check(begun["operations"] == version, name, "saw", begun["operations"], "operations in version", version)
            check(all(begun["id"] in self.outputs() for begun in history.values()), "not all stacks are recorded")
        self.until_done("destroy", "--yes")
        for name, begun in self.history().items():
            check(begun["living"] == 0, name, "is still there")

    def history(self):
        """Of each stack: how often it was made and worked on, as the stand-in has it."""
        return json.loads(self.file("stacks").read_text())


if __name__ == "__main__":
    run_seeds(World, 6)
