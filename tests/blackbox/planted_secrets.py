#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Twenty planted secrets through the real program; then every byte that it wrote is searched for them.

usage: planted_secrets.py VERBA

The secrets come from variables, files and commands, and go into environments, standard input, outputs, what scripts
print (as they are, in JSON, base64, URL-encoded, torn in pieces), failing scripts, retries, rollback and destroy.
Meanwhile the arguments of all processes are looked at (/proc/*/cmdline). Nowhere may a secret stand, as it is or in
another spelling; the key file alone is not looked into. Prints 'N passed, N failed'.
"""

import base64
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

PLANTED = [
    "plain-horse-battery", "with spaces and more", "quote\"double'single`back", "back\\slash\\n\\t", "tab\there\tand there",
    "first line of two\nsecond line of two", "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----",
    "gr\u00fc\u00dfe-\u4f60\u597d-\U0001F511", "{\"json\": [1, \"two\"]}", "percent%41&amp;=?/#", "$HOME $(id) `id` ${x}",
    "x" * 300 + "-long-" + "y" * 3000, "line\r\nwith carriage", "<script>alert(1)</script>", "*** not stars ***",
    "postgres://user:p%40ss@host:5432/db?a=b", "aaaaaaaaaaaaaaaa", "trailing-space ", "--looks-like-an-option",
    "\n\nleading line ends then text",
]
SOURCES = ["env", "file", "command"]


def spellings(secret):
    """What must be nowhere, as bytes."""
    raw = secret.encode()
    yield raw
    yield base64.b64encode(raw)
    yield base64.urlsafe_b64encode(raw)
    yield urllib.parse.quote(secret, safe="").encode()
    yield urllib.parse.quote_plus(secret).encode()
    yield json.dumps(secret, ensure_ascii=False)[1:-1].encode()
    yield json.dumps(secret)[1:-1].encode()
    for line in secret.split("\n"):
        if len(line) >= 8:
            yield line.encode()
    # Somewhere in a longer text that was encoded as a whole: what does not depend on its neighbours.
    if len(raw) >= 8:
        for before in range(3):
            encoded = base64.b64encode(b"\0" * before + raw)
            yield encoded[(before * 8 + 5) // 6:(before + len(raw)) * 8 // 6]


class World:
    def __init__(self, verba):
        self.verba = verba
        self.directory = tempfile.mkdtemp(prefix="verba-secrets-")
        self.said = tempfile.mkdtemp(prefix="verba-secrets-said-")
        self.variables = {k: v for k, v in os.environ.items() if not k.startswith("VERBA_")}
        self.found = []
        self.calls = 0
        self.needles = [(i, s) for i, secret in enumerate(PLANTED) for s in set(spellings(secret))]
        self.seen = set()
        self.make()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def make(self):
        self.kept = tempfile.mkdtemp(prefix="verba-secrets-source-")  # where the secrets come from
        for i, secret in enumerate(PLANTED):
            if SOURCES[i % 3] == "env":
                self.variables[f"PLANTED_{i}"] = secret
            else:
                with open(os.path.join(self.kept, str(i)), "w", newline="") as f:
                    f.write(secret)

    def secret(self, i):
        reference = {"env": f"env:PLANTED_{i}", "file": f"file:{self.kept}/{i}",
                     "command": f"command:cat {self.kept}/{i}"}[SOURCES[i % 3]]
        return "secret('" + reference + "')"

    def task(self, name, i, run, **more):
        fields = {"run": run, "outputs": "json", "environment": {"S": "${{ " + self.secret(i) + " }}"},
                  "delete": 'printf "gone: %s\\n" "$S"; printf %s "$VERBA_OUTPUT_TOKEN" | base64; cat >&2',
                  "stdin": "in: ${{ " + self.secret(i) + " }}"}
        fields.update(more.pop("fields", {}))
        return {"name": name, "type": "ShellScript", "with": fields, **more}

    def script(self):
        tool = self.path("say.py")
        with open(tool, "w") as f:
            f.write("""import base64, json, os, sys, time, urllib.parse
s = os.environ["S"]
given = sys.stdin.read()
out = sys.stderr.buffer
def say(data):
    out.write(data); out.flush()
say(s.encode() + b"\\n" + given.encode() + b"\\n")
for text in (s, "a" + s, "ab" + s + "c"):
    say(base64.b64encode(text.encode()) + b"\\n")
    say(base64.urlsafe_b64encode(text.encode()) + b"\\n")
say((urllib.parse.quote(s, safe="") + " " + urllib.parse.quote_plus(s) + "\\n").encode())
say((json.dumps({"a": s}) + json.dumps({"a": s}, ensure_ascii=False) + "\\n").encode())
step = 7 + len(s) // 20
for i in range(0, len(s.encode()), step):
    say(s.encode()[i:i + step])
    time.sleep(0.001)
say(b"x" * 65530 + s.encode() + b"y" * 70000 + b"\\n")
say(s.encode() * 2 + b"\\n" + s.encode())
if "answer" in sys.argv:
    print(json.dumps({"token": s, "inside": "pre " + s + " post", "list": [s, {s[:20]: s}],
                      "coded": base64.b64encode(("u:" + s).encode()).decode()}))
sys.exit(9 if "fail" in sys.argv else 0)
""")
        return f"{sys.executable} {tool}"

    def write(self, failing):
        say = self.script()
        tasks = [self.task(f"t{i}", i, f"{say} answer") for i in range(len(PLANTED))]
        for i in range(len(PLANTED)):
            read = "${{ tasks.t%d.outputs.token }}" % i
            tasks.append({"name": f"r{i}", "type": "ShellScript",
                          "with": {"run": 'printf "%s\\n" "$S" "$T"; printf "T=%s" "$T" | base64 -w0; echo "$VERBA_RUN"',
                                   "delete": 'printf "%s\\n" "$T"',
                                   "environment": {"S": "${{ tasks.t%d.outputs.inside }}" % i, "T": read}}})
        docs = [self.deployment("good", tasks)]
        if failing:
            tasks = [self.task(f"u{i}", i, f"{say} answer", fields={"rollback": f"{say}; exit {i % 2}"}) for i in range(6, 12)]
            tasks += [self.task(f"f{i}", i, f"{say} fail", retry={"attempts": 2, "delay": "10ms"}, dependsOn=["u6"])
                      for i in range(12)]
            docs.append(self.deployment("bad", tasks))
        with open(self.path("verba.yaml"), "w") as f:
            f.write("\n---\n".join(json.dumps(d, indent=1) for d in docs) + "\n")

    @staticmethod
    def deployment(name, tasks):
        return {"apiVersion": "verbacratis/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"tasks": tasks}}

    def run(self, *arguments, expect=0, core=False):
        self.calls += 1
        base = os.path.join(self.said, str(self.calls))
        with open(base + ".out", "wb") as out, open(base + ".err", "wb") as err:
            child = subprocess.Popen([self.verba, *arguments], cwd=self.directory, env=self.variables, stdout=out, stderr=err,
                                     stdin=subprocess.DEVNULL)
            while child.poll() is None:
                self.look_at_arguments()
                time.sleep(0.02)
        if expect is not None and child.returncode != expect:
            with open(base + ".err", "rb") as err, open(base + ".out", "rb") as out:
                self.found.append(f"{arguments} gave {child.returncode}, not {expect}: {err.read()[-500:]} {out.read()[-500:]}")
        with open(base + ".out", "rb") as out:
            return out.read().decode("utf-8", "replace")

    def look_at_arguments(self):
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/cmdline", "rb") as f:
                    words = f.read()
            except OSError:
                continue
            if words and words not in self.seen:
                self.seen.add(words)
                self.search(words.replace(b"\0", b" "), "arguments of " + words[:60].decode("utf-8", "replace"))

    def search(self, content, where):
        for i, needle in self.needles:
            at = content.find(needle)
            if at >= 0 and len(needle) >= 6:
                self.found.append(f"secret {i} {needle[:40]!r} in {where}: ...{content[max(0, at - 60):at + 40]!r}")
                return

    def search_files(self):
        for top in (self.directory, self.said):
            for folder, _, names in os.walk(top):
                for name in names:
                    path = os.path.join(folder, name)
                    if path != self.path(".verba", "key"):
                        with open(path, "rb") as f:
                            self.search(f.read(), path)

    def read_everything(self, tag):
        plan = self.path(f"plan-{tag}.json")
        self.run("plan", "--out", plan, expect=None)
        for words in (["plan"], ["diff"], ["status"], ["history"], ["show", "last"], ["logs", "last"], ["output"],
                      ["state", "list"], ["graph"], ["validate"]):
            for form in ([], ["-o", "json"]):
                self.run(*words, *form, expect=None)
        for address in ("good.t2", "good.r8", "bad.u7"):
            self.run("state", "show", address, expect=None)
            self.run("state", "show", address, "-o", "json", expect=None)
        self.run("state", "export", expect=None)
        self.search_files()

    def go(self):
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        self.write(failing=False)
        self.run("plan")
        self.run("apply", "--yes", "-o", "jsonl")
        self.read_everything("first")
        self.run("plan", "--exit-code")
        self.write(failing=True)
        self.run("apply", "--yes", expect=1)
        self.read_everything("failed")
        self.crash()
        self.run("destroy", "--yes", "-o", "json", expect=None)
        self.read_everything("destroyed")

    def crash(self):
        """No core file holds what verba had in memory; children keep the limit of the person. Not of a build for
        AddressSanitizer: its search for leaks needs what forbids core files (src/main.cc)."""
        if b"__asan_init" in open(self.verba, "rb").read():
            return
        child = subprocess.Popen([self.verba, "apply", "--yes", "--on-failure", "continue"], cwd=self.directory,
                                 env=self.variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 stdin=subprocess.DEVNULL)
        time.sleep(0.3)
        os.kill(child.pid, signal.SIGABRT)
        _, status = os.waitpid(child.pid, 0)
        child.returncode = 0
        if os.WIFSIGNALED(status) and os.WCOREDUMP(status):
            self.found.append("verba left a core dump")
        time.sleep(0.5)


def main():
    world = World(os.path.abspath(sys.argv[1]))
    world.go()
    for problem in sorted(set(world.found))[:40]:
        print(problem)
    if world.found:
        print(f"kept: {world.directory} {world.said} {world.kept}")
    else:
        for directory in (world.directory, world.said, world.kept):
            shutil.rmtree(directory)
    print("0 passed, 1 failed" if world.found else "1 passed, 0 failed")
    sys.exit(1 if world.found else 0)


if __name__ == "__main__":
    main()
