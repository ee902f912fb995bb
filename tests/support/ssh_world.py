# SPDX-License-Identifier: Apache-2.0
"""A project of verba's and the private sshds that it reaches, and what carries out cases in one: main(cases) of a script that
is called with VERBA [WORD]."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from private_sshd import PrivateSshd, missing
from seeds import Checked, check


class Skipped(Exception):
    pass


class World:
    """A project, and the hosts that it reaches."""

    def __init__(self, verba):
        self.verba = verba
        self.directory = tempfile.mkdtemp(prefix="verba-ssh-test-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.hosts = []
        self.network = None
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.directory, "XDG_RUNTIME_DIR": self.path("run"),
                            "LC_ALL": "C.UTF-8"}
        os.mkdir(self.path("run"), 0o700)
        self.documents = []

    def path(self, name):
        return os.path.join(self.directory, name)

    def host(self, **options):
        self.hosts.append(PrivateSshd(self.path(f"host{len(self.hosts)}"), **options))
        return self.hosts[-1]

    def manifest(self, kind, name, spec):
        self.documents.append({"apiVersion": "verbacratis/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})

    def account(self, host, name="web1", key="id", passphrase=None, **more):
        login = f"{host.user}@{name}"
        spec = {"privateKeyPath": f"{host.d}/{key}"}
        if passphrase:
            spec["passphrase"] = passphrase
        self.manifest("SshPrivateKeyBasedAuthenticationConfig", login, spec)
        self.manifest("UnixInfrastructureAccount", name, {
            "authentication": login, "host": host.address, "port": host.port, "hostKey": host.host_key, **more})

    def tasks(self, *tasks, **spec):
        all_tasks = [{"type": "ShellScript", "account": "web1", **task} for task in tasks]
        self.documents = [d for d in self.documents if d["kind"] != "Deployment"]
        self.manifest("Deployment", "d", {"onFailure": "stop", "tasks": all_tasks, **spec})

    def write(self):
        with open(self.path("verba.yaml"), "w") as f:
            for document in self.documents:
                f.write("---\n" + json.dumps(document, indent=1) + "\n")

    def start(self, *words, **more):
        self.write()
        return subprocess.Popen([self.verba, *words], cwd=self.directory, env={**self.environment, **more},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                start_new_session=True)

    def run(self, *words, code=0, **more):
        child = self.start(*words, **more)
        output, _ = child.communicate(timeout=90)
        check(child.returncode == code, " ".join(words), "gave", child.returncode, "and printed\n" + output)
        return output

    def apply(self, code=0, **more):
        return self.run("apply", "--yes", code=code, **more)

    def outputs(self, task):
        return json.loads(self.run("output", "d." + task, "-o", "json"))["outputs"]["d." + task]

    def wait_for(self, condition, what, seconds=20):
        for _ in range(int(seconds * 50)):
            if condition():
                return
            time.sleep(0.02)
        raise Checked("waited in vain for " + what)

    def exists(self, name):
        return os.path.exists(self.path(name))

    def end(self):
        for host in self.hosts:
            host.stop()
        if self.network:
            self.network.end()


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def pid_in(path):
    with open(path) as f:
        return int(f.read())


def masters(w):
    return [words for words in command_lines() if "-M" in words and any(word.startswith(w.path("run/")) for word in words)]


def command_lines():
    """Of all processes, as lists of words."""
    seen = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as f:
                    seen.append(f.read().decode(errors="replace").split("\0")[:-1])
            except OSError:
                pass
    return seen


def report(results):
    """As GoogleTest writes it, for who counts."""
    place = os.environ.get("GTEST_OUTPUT", "")
    if not place.startswith("json:"):
        return
    suite_name = os.path.basename(sys.argv[0]).removesuffix(".py")
    suite = [{"name": name, "classname": suite_name, "status": "RUN",
              "result": "SKIPPED" if result == "skipped" else "COMPLETED",
              **({"failures": [{"failure": "see the log"}]} if result == "failed" else {})} for name, result in results]
    with open(place[5:], "w") as f:
        json.dump({"testsuites": [{"name": suite_name, "testsuite": suite}]}, f)


def main(cases):
    verba = os.path.abspath(sys.argv[1])
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    lacking = missing()
    results = []
    for case in cases:
        if word not in case.__name__:
            continue
        result = "skipped"
        if lacking:
            print(f"SKIPPED {case.__name__}: {', '.join(lacking)} is not installed", flush=True)
        else:
            result = carry_out(case, World(verba))
        results.append((case.__name__, result))
    report(results)
    counts = {kind: sum(result == kind for _, result in results) for kind in ("passed", "failed", "skipped")}
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    sys.exit(1 if counts["failed"] else 0)


def carry_out(case, world):
    result = "passed"
    try:
        case(world)
    except Skipped as why:
        result = "skipped"
        print(f"SKIPPED {case.__name__}: {why}", flush=True)
    except (Checked, subprocess.TimeoutExpired, OSError) as problem:
        result = "failed"
        print(f"FAILED {case.__name__}: {str(problem)[-3000:]}\n  kept: {world.directory}", flush=True)
    world.end()
    if result != "failed":
        shutil.rmtree(world.directory)
    return result
