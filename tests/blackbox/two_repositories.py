#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole way: systems out of one Git repository, a project out of another, to two hosts over SSH and this machine.

    two_repositories.py VERBA

Both repositories are served over https with a password; one key has a passphrase; the scripts and files get a secret.
None of these shows up anywhere: not in output, state, plan files or cache, nor on any command line meanwhile. Prints
'1 passed, 0 failed, 0 skipped', or why there is nothing to try.
"""
import json
import os
import pathlib
import shutil
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "support"), str(pathlib.Path(__file__).resolve().parent)]
from locations import PASSWORD, World, expect  # noqa: E402
from private_sshd import PrivateSshd, missing  # noqa: E402

PASSPHRASE = "Xk9 a passphrase of this story alone"
SECRET = "Zq7-planted-secret"


def documents(*all_of_them):
    return "".join("---\n" + json.dumps(document, indent=1) + "\n" for document in all_of_them)


def manifest(kind, name, spec):
    return {"apiVersion": "verbacratis/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


class Story:
    def __init__(self, verba, root):
        self.world = World(verba, root)
        self.where = self.world.fresh()
        self.hosts = [PrivateSshd(str(root / f"host{i}")) for i in (1, 2)]
        self.hosts[1].keygen("locked", PASSPHRASE)
        with open(f"{self.hosts[1].d}/authorized_keys", "a") as keys:
            keys.write(pathlib.Path(f"{self.hosts[1].d}/locked.pub").read_text())
        home = root / "home/.ssh"
        home.mkdir()
        shutil.copy(f"{self.hosts[0].d}/id", home / "plain")
        shutil.copy(f"{self.hosts[1].d}/locked", home / "locked")
        for i in (1, 2):
            (self.where / f"there{i}").mkdir()
        (root / "run").mkdir(mode=0o700)
        self.variables = {"DEPLOY_PASS": PASSPHRASE, "TOKEN": SECRET, "XDG_RUNTIME_DIR": str(root / "run"),
                          "CURL_CA_BUNDLE": str(root / "ca.pem"), "GIT_SSL_CAINFO": str(root / "ca.pem")}
        self.output = ""

    def commit(self, name, tag, files):
        work = self.world.root / name
        for path, text in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        if not (work / ".git").exists():
            self.world.git("init", "-q", "-b", "main", where=work)
        self.world.git("add", "-A", where=work)
        self.world.git("commit", "-qm", tag, where=work)
        self.world.git("tag", tag, where=work)
        bare = self.world.repositories / f"{name}.git"
        shutil.rmtree(bare, ignore_errors=True)
        self.world.git("clone", "-q", "--bare", str(work), str(bare), where=self.world.root)

    def systems(self):
        all_of_them = [manifest("Environment", "test", {"variables": {"greeting": "hello"}})]
        for i, (host, key) in enumerate(zip(self.hosts, ("plain", "locked")), 1):
            login = f"{host.user}@web{i}"
            spec = {"privateKeyPath": f"~/.ssh/{key}"}
            if key == "locked":
                spec["passphrase"] = "${{ secret('env:DEPLOY_PASS') }}"
            all_of_them += [manifest("SshPrivateKeyBasedAuthenticationConfig", login, spec),
                            manifest("UnixInfrastructureAccount", f"web{i}", {
                                "authentication": login, "host": host.address, "port": host.port,
                                "hostKey": host.host_key, "workDirectory": str(self.where / f"there{i}")})]
        self.commit("systems", "s1", {"systems.yaml": documents(*all_of_them)})

    def project(self, tag, version, install):
        token = "${{ secret('env:TOKEN') }}"
        self.commit("shop", tag, {
            "deploy/shop.yaml": documents(manifest("Deployment", "shop", {"tasks": [
                {"name": "config", "type": "File", "account": "web1",
                 "with": {"path": "etc/shop.conf", "template": "../templates/shop.conf",
                          "values": {"version": version, "token": token}}},
                {"name": "install", "type": "ShellScript", "account": "web2", "dependsOn": ["config"],
                 "with": {"source": "../scripts/install.sh", "delete": "rm -f installed", "outputs": "text",
                          "environment": {"VERSION": version, "TOKEN": token}}},
                {"name": "register", "type": "ShellScript",
                 "with": {"run": f'echo "$GREETING $INSTALLED" > {self.where}/registered',
                          "delete": f"rm -f {self.where}/registered",
                          "environment": {"GREETING": "${{ vars.greeting }}",
                                          "INSTALLED": "${{ tasks.install.outputs.text }}"}}}]})),
            "templates/shop.conf": "version=${{ values.version }}\ntoken=${{ values.token }}\n",
            "scripts/install.sh": install})

    def run(self, *words, tag, code=0, expected=()):
        site = f"https://ann:{PASSWORD}@127.0.0.1:{self.world.secure.server_port}/git"
        run = self.world.run(*words, "-e", "test", "-s", f"git::{site}/systems.git?ref=s1", "-p",
                             f"git::{site}/shop.git//deploy?ref={tag}", where=self.where, **self.variables)
        self.output += expect(run, code, *expected)

    def there(self, name):
        path = self.where / name
        return path.read_text() if path.exists() else None

    def check(self, version):
        assert self.there("there1/etc/shop.conf") == f"version={version}\ntoken={SECRET}\n", self.there("there1/etc/shop.conf")
        assert self.there("there2/installed") == f"{version}\n", self.there("there2/installed")
        assert self.there("registered") == f"hello installed {version}\n", self.there("registered")

    def tell(self):
        good = 'echo "$TOKEN" | base64 >&2\necho "$VERSION" > installed\necho "installed $VERSION"\n'
        self.systems()
        self.project("v1", "one", good)
        self.run("accounts", "test", tag="v1")
        self.run("apply", "--yes", tag="v1", expected=("From git::https://", "shop.register: created"))
        self.check("one")
        self.run("apply", "--yes", tag="v1", expected=("Nothing to do",))
        self.project("v2", "two", good)
        self.run("plan", "--out", "plan.json", tag="v2", expected=("3 to update",))
        self.run("apply", "plan.json", tag="v2", expected=("succeeded",))
        self.check("two")
        self.project("v3", "three", good + "echo broken >&2; exit 1\n")
        self.run("apply", "--yes", tag="v3", code=1, expected=("rolled back",))
        self.check("two")
        self.run("drift", tag="v2")
        self.run("rollback", "shop", "--yes", "--to", "1", tag="v2")
        self.check("one")
        self.run("destroy", "--yes", tag="v2")
        assert [self.there(name) for name in ("there1/etc/shop.conf", "there2/installed", "registered")] == [None] * 3
        for secret in (PASSWORD, PASSPHRASE, SECRET):
            assert secret not in self.output, self.output
            leaks = self.world.leaks(secret)
            assert not leaks, leaks
        assert any(b"shop.git" in line for line in self.world.seen), "no command line was seen at all"
        left = [str(path) for path in (self.world.root / "run").rglob("*")]
        assert not left, left

    def end(self):
        for host in self.hosts:
            host.stop()


def main():
    lacking = missing() + [name for name in ("openssl", "git") if not shutil.which(name)]
    result = {"name": "two_repositories", "classname": "two_repositories", "status": "RUN", "result": "COMPLETED"}
    if lacking:
        print(f"SKIPPED two_repositories: {', '.join(lacking)} is not installed")
        result["result"] = "SKIPPED"
    else:
        with tempfile.TemporaryDirectory(prefix="verba-story.") as root:
            os.chmod(root, 0o755)
            story = Story(str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(root).resolve())
            try:
                story.tell()
            except Exception as error:  # told like that of any other test
                result["failures"] = [{"failure": str(error)}]
                print(f"FAILED two_repositories\n{error}\n{story.output}", flush=True)
            finally:
                story.end()
    report = os.environ.get("GTEST_OUTPUT", "")
    if report.startswith("json:"):
        path = pathlib.Path(report[5:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"testsuites": [{"name": "two_repositories", "testsuite": [result]}]}))
    failed, skipped = int("failures" in result), int(result["result"] == "SKIPPED")
    print(f"{1 - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return failed


if __name__ == "__main__":
    sys.exit(main())
