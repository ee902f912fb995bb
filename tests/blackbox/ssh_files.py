#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files on other machines, and what sh is there: verba against private sshds on 127.0.0.1.

usage: ssh_files.py VERBA [WORD]     only the cases whose name holds WORD

Prints 'N passed, N failed, N skipped'; skips loudly what this machine cannot do.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from seeds import Checked, check  # noqa: E402
from ssh_world import alive, main, pid_in  # noqa: E402


def timeout(w):
    timeout_on(w, w.host())


def timeout_on(w, host):
    """TERM at the timeout, KILL five seconds later."""
    w.account(host, workDirectory=w.directory)
    w.tasks({"name": "a", "timeout": "1s", "with": {
        "run": "trap 'echo told >&2; touch told' TERM; echo $$ >pid; while :; do sleep 0.2 || :; done"}})
    began = time.time()
    out = w.apply(code=1)
    check("timed out after 1s" in out and w.exists("told"), out)
    check(5 < time.time() - began < 20, "took", time.time() - began)
    check(not alive(pid_in(w.path("pid"))), "it is left")


def files(w):
    files_on(w, w.host())


def files_on(w, host):
    """Files and trees there: written, found drifted, put back, removed; the content is in no argument list and no log."""
    word = "Zq7-planted-secret"
    os.mkdir(w.path("there"))
    os.makedirs(w.path("conf/sub"))
    controls = "".join(map(chr, range(1, 32))) + "\x7f -n \\c %s\n"
    for name, text in (("conf/a", "A\n"), ("conf/c", controls), ("conf/sub/b", "it's $HOME `x` \\\n" * 20_000)):
        with open(w.path(name), "w", newline="") as f:
            f.write(text)
    w.account(host, workDirectory=w.path("there"))

    def ask_for(text, code=0, check_script="true"):
        w.tasks({"name": "one", "type": "File", "with": {"path": "etc/one", "content": text + " ${{ secret('env:S') }}"}},
                {"name": "tree", "type": "File", "dependsOn": ["one"],
                 "with": {"path": w.path("there/tree"), "source": "conf", "mode": "0640"}},
                {"name": "check", "dependsOn": ["tree"], "with": {"run": check_script}}, onFailure="rollback")
        return w.apply(code=code, S=word)

    def there(name):
        with open(w.path("there/" + name)) as f:
            return f.read()

    out = ask_for("one")
    check(there("etc/one") == "one " + word, there("etc/one"))
    check(os.stat(w.path("there/etc/one")).st_mode & 0o777 == 0o600, "a secret for everybody")
    check(there("tree/a") == "A\n" and len(there("tree/sub/b")) == 340_000, "the tree")
    with open(w.path("there/tree/c"), newline="") as f:
        check(f.read() == controls, "controls")
    check(w.outputs("one")["path"] == w.path("there/etc/one"), w.outputs("one"))
    check("Nothing to do" in ask_for("one"), "it is there")
    os.chmod(w.path("there/tree/a"), 0o600)
    drift = w.run("drift", code=3)
    check("a: its mode is 0600, not 0640" in drift, drift)
    check("1 in sync" in drift, drift)
    with open(w.path("conf/a"), "w") as f:
        f.write("A2\n")
    out += ask_for("two", code=1, check_script="cat tree/a; false")
    check("A2" in out and "rolled-back" in out, out)
    check(there("etc/one") == "one " + word and there("tree/a") == "A\n", "put back")
    check(os.stat(w.path("there/tree/a")).st_mode & 0o777 == 0o640, "put back")
    check(word not in out and word not in w.run("logs", "last"), "the secret is shown", out)
    w.run("destroy", "--yes")
    check(os.listdir(w.path("there")) == [], os.listdir(w.path("there")))


def other_shells(w):
    """What sh is differs between machines."""
    shells = {"dash": "exec dash", "bash": "exec bash --posix", "ksh": "exec ksh", "mksh": "exec mksh",
              "busybox": "exec busybox sh"}
    installed = {name: command for name, command in shells.items() if shutil.which(name)}
    for name, command in installed.items():
        os.mkdir(w.path(name))
        with open(w.path(name + "/sh"), "w") as f:
            f.write(f"#!/bin/bash\n{command} \"$@\"\n")
        os.chmod(w.path(name + "/sh"), 0o755)
        if name == "busybox":  # its own tools, too
            subprocess.run(["busybox", "--install", "-s", w.path(name)], check=True, stderr=subprocess.DEVNULL)
        w.documents = []
        host = w.host(path=w.path(name) + ":/usr/bin:/bin")
        try:
            files_on(w, host)
            w.documents = []
            timeout_on(w, host)
        except Checked as problem:
            raise Checked(f"with {name}: {problem}")
        for left in ("there", "conf", ".verba"):
            shutil.rmtree(w.path(left))
        for left in ("told", "pid"):
            os.remove(w.path(left))


def many_files(w):
    """A thousand files, quickly; what may be executed stays so."""
    w.account(w.host(), workDirectory=w.directory)
    for i in range(1000):
        os.makedirs(w.path(f"conf/{i % 20}"), exist_ok=True)
        with open(w.path(f"conf/{i % 20}/it's {i}"), "w") as f:
            f.write(f"it's {i} $HOME `x` \\n\n")
        os.chmod(w.path(f"conf/{i % 20}/it's {i}"), 0o755 if i % 3 == 0 else 0o644)
    w.tasks({"name": "tree", "type": "File", "with": {"path": "there", "source": "conf"}})
    began = time.time()
    w.apply()
    took = time.time() - began
    done = subprocess.run(["diff", "-r", w.path("conf"), w.path("there")], capture_output=True, text=True)
    check(done.returncode == 0, done.stdout)
    check(os.stat(w.path("there/1/it's 21")).st_mode & 0o777 == 0o755, "it may not be executed")
    check(os.stat(w.path("there/2/it's 22")).st_mode & 0o777 == 0o644, "it may be executed")
    check(took < 60, "it took", took)
    check("1 in sync" in w.run("drift"), "drift")
    w.run("destroy", "--yes")
    check(not w.exists("there"), "left")


CASES = [timeout, files, other_shells, many_files]


if __name__ == "__main__":
    main(CASES)
