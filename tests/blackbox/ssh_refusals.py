#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What keeps one out of other machines, or from beginning there: verba against private sshds on 127.0.0.1.

usage: ssh_refusals.py VERBA [WORD]     only the cases whose name holds WORD

Prints 'N passed, N failed, N skipped'; skips loudly what this machine cannot do.
"""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from seeds import check  # noqa: E402
from ssh_world import main  # noqa: E402


def unknown_host_key(w):
    host = w.host()
    w.account(host)
    del w.documents[-1]["spec"]["hostKey"]
    w.tasks({"name": "a", "with": {"run": "touch made"}})
    out = w.apply(code=1)
    check("the host key of web1" in out and "is not known" in out and host.fingerprint() in out, out)
    check(f"[127.0.0.1]:{host.port} {host.host_key}" in out and "Nothing was done." in out, out)


def changed_host_key(w):
    host = w.host()
    w.account(host)
    host.kill()
    host.keygen("hostkey")
    host.start()
    w.tasks({"name": "a", "with": {"run": "touch made"}})
    out = w.apply(code=1)
    check("is not the one in `hostKey`" in out and host.fingerprint() in out and "Nothing was done." in out, out)
    check(f"write `hostKey: {host.host_key}`" in out and "add this line" not in out, out)
    check(not w.exists(".verba/scratch") or not os.listdir(w.path(".verba/scratch")), "a run was begun")


def mistakes(w):
    """What cannot be begun there, or got into, says so as it does here."""
    host = w.host()
    w.account(host, workDirectory=w.directory)
    w.account(host, name="web2", workDirectory="/nonexistent")
    tasks = {"dir": {"account": "web2", "with": {"run": ":"}}, "workdir": {"with": {"run": ":", "workdir": "nosuch dir"}},
             "interp": {"with": {"run": ":", "interpreter": "nosuchinterp"}}}
    w.tasks(*({"name": name, **task} for name, task in tasks.items()), onFailure="continue")
    out = w.apply(code=1)
    check("nothing could be begun on web2: cannot enter the directory '/nonexistent'" in out, out)
    check("note: web2: cannot enter the directory '/nonexistent'\n" in out, out)
    check(f"cannot enter the directory '{w.directory}/nosuch dir'" in out, out)
    check("nothing could be begun on web1: program 'nosuchinterp' is not on PATH" in out, out)
    check("Nothing is deployed" in w.run("status"), "what never began is recorded")
    out = w.run("accounts", "test", code=1)
    check("]: web2: cannot enter the directory '/nonexistent'\n" in out and "web1 " in out, out)
    out = w.run("exec", "--account", "web1", "--", "nosuchcmd", code=127)
    check(out.count("program 'nosuchcmd' is not on PATH") == 1, out)
    out = w.run("exec", "--account", "web2", "--", "pwd", code=126)
    check("cannot enter the directory '/nonexistent'" in out, out)
    out = w.run("exec", "--account", "web1", "--", "sh", "-c", "nosuchcmd", code=127)
    check("not found" in out, out)
    keys = pathlib.Path(host.d, "authorized_keys")
    let_in = keys.read_text()
    keys.write_text('command="echo This account is currently not available; exit 1" ' + let_in)
    out = w.run("exec", "--account", "web1", "--", "true", code=1)
    check("nothing could be begun on web1: This account is currently not available\n" in out, out)
    keys.write_text(let_in)
    if os.geteuid() == 0 and shutil.which("sudo"):
        w.documents[1]["spec"]["become"] = "nosuchuser"
        out = w.run("exec", "--account", "web1", "--", "true", code=1)
        check("nosuchuser" in out.split("nothing could be begun on web1:")[1], out)


def bad_keys(w):
    """A key that is not there, that others can read, that is locked, that the host does not know."""
    host = w.host()
    shutil.copy(f"{host.d}/id", f"{host.d}/open")
    os.chmod(f"{host.d}/open", 0o644)
    host.keygen("other")
    for name, key, passphrase, words in (
            ("none", "nofile", None, "there is no key"), ("wide", "open", None, "chmod 600 "),
            ("shut", "locked", None, "has a passphrase: say it in `passphrase`"),
            ("wrong", "locked", "${{ secret('env:P') }}", "`passphrase` does not open the key"),
            ("strange", "other", None, "it does not accept the key")):
        w.documents = []
        w.account(host, name=name, key=key, passphrase=passphrase)
        out = w.run("accounts", "test", name, code=1, P="not the one")
        check(words in out and "not the one" not in out and "@@@" not in out, name, out)
    check(not os.listdir(w.environment["XDG_RUNTIME_DIR"]), "left")


def preflight(w):
    """One account that cannot be got into: nothing is changed in the others either."""
    host = w.host()
    w.account(host, workDirectory=w.directory)
    w.account(host, name="web2", workDirectory=w.directory)
    w.documents[-1]["spec"]["port"] = 1
    w.tasks({"name": "a", "with": {"run": "touch made"}}, {"name": "b", "account": "web2", "with": {"run": ":"}})
    out = w.apply(code=1)
    check("cannot connect to web2" in out and "Nothing was done." in out and not w.exists("made"), out)


def preflight_of_the_record(w):
    """Without manifests one gets into all accounts first, too; where nothing is to be done there, they do not count."""
    one, two, three = w.host(), w.host(), w.host()
    for name, host in (("web1", one), ("web2", two), ("web3", three)):
        w.account(host, name=name, workDirectory=w.directory)
    w.tasks({"name": "a", "with": {"run": "touch a", "delete": "rm a"}},
            {"name": "b", "account": "web2", "with": {"run": "touch b", "delete": "rm b"}},
            {"name": "c", "account": "web3", "with": {"run": "touch c"}})
    w.apply()
    two.kill()
    three.kill()
    os.remove(w.path("verba.yaml"))
    w.write = lambda: None
    out = w.run("destroy", "--yes", code=1)
    check("cannot connect to web2" in out and "web3" not in out.split("Nothing was done.")[0].split("Plan:")[1], out)
    check("Nothing was done." in out and w.exists("a"), out)
    two.start()
    w.run("destroy", "--yes")
    check(not w.exists("a") and not w.exists("b"), "left")


CASES = [unknown_host_key, changed_host_key, mistakes, bad_keys, preflight, preflight_of_the_record]


if __name__ == "__main__":
    main(CASES)
