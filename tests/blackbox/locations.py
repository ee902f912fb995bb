#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Manifests from real servers on loopback: https with a CA of its own, Git over smart HTTP with basic auth, git daemon.

    locations.py VERBA

Each case runs VERBA in a fresh directory, with a fresh cache. Without openssl or git daemon the cases that need them
are skipped, loudly. Credentials given in locations must show up nowhere: not in output, state, plan files or cache,
nor on any command line while it runs.
"""
import base64
import functools
import gzip
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

MANIFEST = """apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: web}
spec:
  tasks:
  - name: page
    type: ShellScript
    with: {run: echo page}
"""
PASSWORD = "s3cret-Pa55word"
TOKEN = "t0ken-0f-a-header"
COMMAND_LIMIT_SECONDS = 60


class Handler(http.server.BaseHTTPRequestHandler):
    """Files that misbehave in one way each, and Git below /git/."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def logged_in(self):
        wanted = "Basic " + base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == wanted:
            return True
        self.answer(401, WWW_Authenticate='Basic realm="git"')
        return False

    def do_GET(self):
        path = self.path.split("?")[0]
        if path.startswith("/git/"):
            return self.git()
        if path.startswith("/lfs/"):
            return self.large(path[5:])
        text = MANIFEST.encode()
        if path == "/web.yaml":
            return self.answer(200, text)
        if path == "/private.yaml":
            return self.answer(200, text) if self.logged_in() else None
        if path == "/header.yaml":
            return self.answer(200 if self.headers.get("X-Token") == TOKEN else 403, text)
        if path == "/moved.yaml":
            return self.answer(302, Location="/web.yaml")
        if path == "/away.yaml":
            return self.answer(302, Location=f"http://127.0.0.1:{self.server.server_port}/web.yaml")
        if path == "/file.yaml":
            return self.answer(302, Location="file:///etc/hostname")
        if path == "/slow.yaml":
            time.sleep(4)
            return self.answer(200, text)
        if path == "/circle.yaml":
            return self.answer(302, Location="/circle.yaml")
        if path == "/flaky.yaml":
            self.server.flaky += 1
            return self.answer(200 if self.server.flaky % 3 == 0 else 503, text)
        if path == "/down.yaml":
            return self.answer(503)
        if path == "/bomb.yaml":
            return self.answer(200, gzip.compress(b"# " + b"x" * (80 << 20)), Content_Encoding="gzip")
        if path == "/endless.yaml":
            return self.endless()
        return self.answer(404)

    def endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(400):  # 400 MiB at most
                self.wfile.write(b"#" * (1 << 20))
        except OSError:
            pass

    def do_POST(self):
        return self.batch() if self.path.endswith("/info/lfs/objects/batch") else self.git()

    def batch(self):
        """Git LFS: where each object is, for who may know."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.trouble:
            return self.answer(self.server.trouble)
        if not self.logged_in():
            return
        objects = []
        for one in body["objects"]:
            found = {"download": {"href": f"https://{self.headers['Host']}/lfs/{one['oid']}", "header": {"X-Lfs": TOKEN}}}
            lost = {"code": 404, "message": "it was lost"}
            objects.append({**one, "authenticated": True,
                            **({"actions": found} if one["oid"] in self.server.large else {"error": lost})})
        self.answer(200, json.dumps({"transfer": "basic", "objects": objects}).encode(),
                    Content_Type="application/vnd.git-lfs+json")

    def large(self, oid):
        return self.answer(200, self.server.large[oid]) if self.headers.get("X-Lfs") == TOKEN else self.answer(403)

    def git(self):
        if self.server.broken:
            return self.answer(503)
        if self.path.startswith("/git/away/"):
            return self.answer(302, Location=f"http://127.0.0.1:{self.server.plain_port}/git/{self.path[10:]}")
        if not self.logged_in():
            return
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        environment = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.server.repositories),
                       "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path[4:], "QUERY_STRING": query,
                       "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                       "CONTENT_LENGTH": str(len(body)), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                       "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_USER": "ann",
                       "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                       "GIT_CONFIG_VALUE_0": "*"}
        output = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True).stdout
        head, _, rest = output.partition(b"\r\n\r\n")
        headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest)


def serve(directory, tls=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.flaky = 0
    server.repositories = directory
    server.large = {}  # what Git LFS keeps, by its digest
    server.trouble = None
    server.broken = False
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def make_certificates(directory):
    """A CA, and a certificate of it for 127.0.0.1."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=Test CA")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    (directory / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "server.pem")


class World:
    """A directory to work in, and what is served."""

    def __init__(self, verba, root):
        self.verba = verba
        self.root = root
        self.repositories = root / "repositories"
        self.repositories.mkdir()
        (root / "home").mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(root / "home"), "LC_ALL": "C.UTF-8",
                            "GIT_CONFIG_NOSYSTEM": "1"}
        self.make_repository()
        self.plain = serve(self.repositories)
        self.secure = None
        if shutil.which("openssl"):
            make_certificates(root)
            self.secure = serve(self.repositories, (root / "server.pem", root / "server.key"))
            self.secure.plain_port = self.plain.server_port
        self.seen = set()
        self.said = set()  # command lines
        self.number = 0

    def git(self, *words, where):
        environment = dict(self.environment, GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="ann@example.org",
                           GIT_COMMITTER_NAME="Ann", GIT_COMMITTER_EMAIL="ann@example.org")
        return subprocess.run(["git", *words], cwd=where, env=environment, check=True, capture_output=True,
                              text=True).stdout.strip()

    def make_repository(self):
        work = self.root / "team"
        (work / "deploy").mkdir(parents=True)
        (work / "deploy/web.yaml").write_text(MANIFEST)
        self.git("init", "-q", "-b", "main", where=work)
        self.git("add", "-A", where=work)
        self.git("commit", "-qm", "one", where=work)
        self.git("clone", "-q", "--bare", str(work), str(self.repositories / "team.git"), where=self.root)
        self.commit = self.git("rev-parse", "HEAD", where=work)

    def fresh(self):
        self.number += 1
        directory = self.root / f"case-{self.number}"
        directory.mkdir()
        return directory

    def run(self, *words, where=None, **variables):
        """Exit code and all output; notes every command line that is seen meanwhile."""
        where = where or self.fresh()
        environment = dict(self.environment, XDG_CACHE_HOME=str(where / "cache"), **variables)
        child = subprocess.Popen([self.verba, *words], cwd=where, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        watching = threading.Event()
        watcher = threading.Thread(target=self.watch, args=(watching, [self.verba, *words]))
        watcher.start()
        try:
            output, _ = child.communicate(timeout=COMMAND_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            output = child.communicate()[0] + f"\nkilled after {COMMAND_LIMIT_SECONDS}s"
        watching.set()
        watcher.join()
        self.where = where
        return child.returncode, output

    def watch(self, done, own):
        """Notes command lines but for those that we said; a child has them too, for a moment longer than its parent."""
        self.said.add(b"".join(word.encode() + b"\0" for word in own))
        while not done.is_set():
            for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = entry.read_bytes()
                    if line not in self.said:
                        self.seen.add(line)
                except OSError:
                    pass
            time.sleep(0.005)

    def leaks(self, secret):
        found = [str(path) for path in self.where.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        return found + [line.replace(b"\0", b" ").decode() for line in self.seen if secret.encode() in line]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


CASES = []


def case(function):
    CASES.append(function)
    return function


def expect(run, code, *words):
    got, output = run
    assert got == code, f"exit code {got}, not {code}:\n{output}"
    for word in words:
        assert word in output, f"'{word}' is not in:\n{output}"
    return output


def secure(function):
    @functools.wraps(function)
    def wrapped(world):
        if world.secure is None:
            return "openssl is not installed"
        return function(world, f"https://127.0.0.1:{world.secure.server_port}", {"SSL_CERT_FILE": str(world.root / "ca.pem"),
                                                                               "GIT_SSL_CAINFO": str(world.root / "ca.pem")})
    return wrapped


@case
@secure
def certificates_are_checked(world, url, ca):
    expect(world.run("validate", "-f", f"{url}/web.yaml", **ca), 0, "Valid: 1 manifest")
    expect(world.run("validate", "-f", f"{url}/web.yaml"), 2, "certificate", "CURL_CA_BUNDLE")
    expect(world.run("validate", "-f", f"git::{url}/git/team.git"), 2, "certificate")


@case
@secure
def no_verification_is_told_loudly(world, url, _):
    where = world.fresh()
    (where / "verba.yaml").write_text("apiVersion: v1-alpha\nkind: FileUrlManifestLocation\nmetadata: {name: a}\n"
                                      f"spec: {{location: {url}/web.yaml, set_no_verify_ssl: true}}\n")
    expect(world.run("validate", where=where), 0, "warning[manifest.no-tls-verification]", "Valid: 2 manifests")


@case
@secure
def checksums_pin_a_file(world, url, ca):
    import hashlib
    right = hashlib.sha256(MANIFEST.encode()).hexdigest()
    expect(world.run("plan", "-f", f"{url}/web.yaml?checksum=sha256:{right}", **ca), 0, f"From {url}/web.yaml (sha256:{right})")
    expect(world.run("plan", "-f", f"{url}/web.yaml?checksum=sha256:{'0' * 64}", **ca), 2, "is not what its checksum says")


@case
@secure
def what_came_serves_offline(world, url, ca):
    where = world.fresh()
    file = f"{url}/web.yaml"
    expect(world.run("validate", "-f", file, "--offline", where=where, **ca), 2, "has not been fetched before", "without --offline")
    expect(world.run("validate", "-f", file, where=where, **ca), 0)
    expect(world.run("validate", "-f", file, "--offline", where=where), 0, "Valid: 1 manifest")
    expect(world.run("validate", "-f", file + "?checksum=sha256:" + "0" * 64, "--offline", where=where), 2, "has not been fetched")


@case
@secure
def redirects(world, url, ca):
    expect(world.run("validate", "-f", f"{url}/moved.yaml", **ca), 0)
    expect(world.run("validate", "-f", f"{url}/away.yaml", **ca), 2, "cannot be fetched", "away from https")
    expect(world.run("validate", "-f", f"{url}/file.yaml", **ca), 2, "cannot be fetched")
    expect(world.run("validate", "-f", f"{url}/circle.yaml", **ca), 2, "cannot be fetched")


@case
@secure
def what_has_no_end_is_cut(world, url, ca):
    expect(world.run("validate", "-f", f"{url}/endless.yaml", **ca), 2, "larger than 64 MiB")
    expect(world.run("validate", "-f", f"{url}/bomb.yaml", **ca), 2, "larger than 64 MiB")


@case
@secure
def what_fails_for_a_moment_is_tried_again(world, url, ca):
    expect(world.run("validate", "-f", f"{url}/flaky.yaml", **ca), 0)
    expect(world.run("validate", "-f", f"{url}/nothing.yaml", **ca), 2, "404")


@case
@secure
def what_cannot_be_reached_is_no_mistake(world, url, ca):
    expect(world.run("validate", "-f", f"{url}/down.yaml", **ca), 1, "503")
    closed = f"127.0.0.1:{free_port()}"
    for location in (f"https://{closed}/web.yaml", f"git::https://{closed}/team.git", f"git::ssh://git@{closed}/team.git",
                     f"git://{closed}/team.git"):
        expect(world.run("validate", "-f", location, **ca), 1, "cannot")
    site = url.replace("https://", f"https://ann:{PASSWORD}@")
    expect(world.run("validate", "-f", f"{site}/git/nobody.git", **ca), 2, "not found")
    expect(world.run("validate", "-f", f"{site}/git/team.git?ref=nosuch", **ca), 2, "has no branch or tag")
    world.secure.broken = True
    try:
        expect(world.run("validate", "-f", f"{site}/git/team.git", **ca), 1, "503")
    finally:
        world.secure.broken = False
    # What is missing may be in what did not come: that is not known to be a mistake.
    where = world.fresh()
    (where / "verba.yaml").write_text(MANIFEST.replace("spec:\n", "spec:\n  dependsOn: [other]\n"))
    expect(world.run("validate", "-f", "verba.yaml", "-f", f"https://{closed}/web.yaml", where=where, **ca), 1)


@case
@secure
def credentials_of_a_file(world, url, ca):
    site = url.replace("https://", f"https://ann:{PASSWORD}@")
    output = expect(world.run("apply", "--yes", "-f", f"{site}/private.yaml", **ca), 0)
    assert PASSWORD not in output and not world.leaks(PASSWORD), world.leaks(PASSWORD)
    output = expect(world.run("validate", "-f", f"{url.replace('//', '//ann:wrong-Pa55word@')}/private.yaml", **ca), 2, "401")
    assert "wrong-Pa55word" not in output


@case
@secure
def headers_are_for_one_server(world, url, ca):
    def manifest(path):
        where = world.fresh()
        (where / "verba.yaml").write_text(
            "apiVersion: verbacratis/v1\nkind: FileUrlManifestLocation\nmetadata: {name: a}\nspec:\n"
            f"  location: {url}/{path}\n  headers: {{X-Token: '${{{{ secret(\"env:THE_TOKEN\") }}}}'}}\n")
        return where
    output = expect(world.run("apply", "--yes", where=manifest("header.yaml"), THE_TOKEN=TOKEN, **ca), 0)
    assert TOKEN not in output and not world.leaks(TOKEN), world.leaks(TOKEN)
    expect(world.run("validate", where=manifest("moved.yaml"), THE_TOKEN=TOKEN, **ca), 2, "headers are not carried")
    expect(world.run("validate", where=manifest("header.yaml"), **ca), 2, "THE_TOKEN is not set")
    two = {"THE_TOKEN": TOKEN + "\nEvil: 1"}
    output = expect(world.run("validate", where=manifest("header.yaml"), **two, **ca), 2, "'X-Token' makes no header")
    assert TOKEN not in output


@case
@secure
def git_with_a_password(world, url, ca):
    site = url.replace("https://", f"https://ann:{PASSWORD}@")
    where = world.fresh()
    output = expect(world.run("apply", "--yes", "-f", f"{site}/git/team.git//deploy", where=where, **ca), 0,
                    f"From git::{url}/git/team.git//deploy at {world.commit[:12]}")
    output += expect(world.run("plan", "--out", "plan.json", "-f", f"{site}/git/team.git//deploy", where=where, **ca), 0)
    assert PASSWORD not in output and not world.leaks(PASSWORD), world.leaks(PASSWORD)
    assert any(b"team.git" in line for line in world.seen), "no command line was seen at all"
    # The plan file has no password; it may be given again.
    output = expect(world.run("apply", "plan.json", where=where, **ca), 2, "credential")
    expect(world.run("apply", "plan.json", "-f", f"{site}/git/team.git//deploy", where=where, **ca), 0)


@case
@secure
def git_does_not_leave_https(world, url, ca):
    site = url.replace("https://", f"https://ann:{PASSWORD}@")
    expect(world.run("validate", "-f", f"{site}/git/away/team.git//deploy", **ca), 2, "from https to http")


@case
@secure
def git_without_a_password(world, url, ca):
    expect(world.run("validate", "-f", f"{url}/git/team.git", **ca), 2, "could not read Username", "credential helper")
    output = expect(world.run("validate", "-f", f"{url.replace('//', '//ann:wrong-Pa55word@')}/git/team.git", **ca), 2,
                    "Authentication failed", "the user and password in the location were refused")
    assert "wrong-Pa55word" not in output and "credential helper" not in output


@case
@secure
def git_with_a_credential_helper(world, url, ca):
    where = world.fresh()
    (where / "store").write_text(url.replace("https://", f"https://ann:{PASSWORD}@") + "\n")
    (where / "gitconfig").write_text(f"[credential]\n\thelper = store --file {where / 'store'}\n")
    expect(world.run("validate", "-f", f"{url}/git/team.git//deploy", where=where,
                     GIT_CONFIG_GLOBAL=str(where / "gitconfig"), **ca), 0)


@case
def names_in_full(world):
    repository = f"file://{world.repositories}/team.git"
    world.git("update-ref", "refs/pull/7/head", world.commit, where=world.repositories / "team.git")
    world.git("tag", "-a", "-m", "one", "v1", world.commit, where=world.repositories / "team.git")
    for name in ("refs/heads/main", "heads/main", "refs/tags/v1", "tags/v1", "refs/pull/7/head"):
        expect(world.run("validate", "-f", f"{repository}?ref={name}"), 0, "Valid: 1 manifest")
    expect(world.run("validate", "-f", f"{repository}?branch=refs/heads/main"), 0)
    expect(world.run("validate", "-f", f"{repository}?branch=refs/tags/v1"), 2, "has no branch 'refs/tags/v1'")


@case
def git_daemon(world):
    if not pathlib.Path("/usr/lib/git-core/git-daemon").exists():
        return "git daemon is not installed"
    port = free_port()
    daemon = subprocess.Popen(["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", "--reuseaddr",
                               f"--base-path={world.repositories}", str(world.repositories)],
                              env=world.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True)
    try:
        wait_for_port(port)
        expect(world.run("validate", "-f", f"git://127.0.0.1:{port}/team.git//deploy?branch=main"), 0)
        expect(world.run("validate", "-f", f"git://127.0.0.1:{port}/team.git?ref={world.commit}"), 0)
        expect(world.run("validate", "-f", f"git://127.0.0.1:{port}/nobody.git"), 2, "git cannot fetch")
    finally:
        os.killpg(daemon.pid, 15)
        daemon.wait()


@case
def git_over_ssh(world):
    if not pathlib.Path("/usr/sbin/sshd").exists():
        return "sshd is not installed"
    where = world.fresh()
    port = free_port()
    for name in ("host", "key", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(where / name)], check=True)
    (where / "authorized").write_text((where / "key.pub").read_text())
    (where / "known").write_text(f"[127.0.0.1]:{port} " + (where / "host.pub").read_text())
    (where / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {where}/host\nPidFile none\nAuthorizedKeysFile {where}/authorized\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUseDNS no\n")
    (where / "ssh_config").write_text(f"Host *\n  UserKnownHostsFile {where}/known\n  GlobalKnownHostsFile /dev/null\n")
    os.makedirs("/run/sshd", exist_ok=True)
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", str(where / "sshd_config"), "-E", str(where / "log")],
                              start_new_session=True)
    try:
        wait_for_port(port)
        import getpass
        user = getpass.getuser()
        repository = f"ssh://{user}@127.0.0.1:{port}{world.repositories}/team.git"
        (where / "verba.yaml").write_text(
            "apiVersion: v1-alpha\nkind: GitManifestLocation\nmetadata: {name: a}\n"
            f"spec: {{location: '{repository}', ssh_private_key_path: key, relative_start_directory: deploy}}\n")
        ssh = {"GIT_SSH_COMMAND": f"ssh -F {where}/ssh_config", "SSH_AUTH_SOCK": ""}
        expect(world.run("validate", where=where, **ssh), 0, "Valid: 2 manifests")
        text = (where / "verba.yaml").read_text()
        shutil.rmtree(where / "cache")
        (where / "verba.yaml").write_text(text.replace("path: key", "path: other"))
        expect(world.run("validate", where=where, **ssh), 2, "Permission denied", f"accept the key '{where}/other'")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(where / "locked")], check=True)
        shutil.copy(where / "key", where / "open")
        os.chmod(where / "open", 0o644)
        for name, words in (("nofile", f"there is no key '{where}/nofile'"), ("locked", "has a passphrase: load it"),
                            ("open", f"chmod 600 '{where}/open'")):
            (where / "verba.yaml").write_text(text.replace("path: key", f"path: {name}"))
            expect(world.run("validate", where=where, **ssh), 2, "git cannot fetch", words)
        (where / "verba.yaml").write_text(text)
        (where / "known").write_text("")
        expect(world.run("validate", where=where, **ssh), 2, "the host key of", "is not known", "known_hosts")
        (where / "known").write_text(f"[127.0.0.1]:{port} " + (where / "other.pub").read_text())
        expect(world.run("validate", where=where, **ssh), 2, "is not the one in known_hosts", "in between")
        # The way that ssh goes by itself: what it shows is told, and nothing is written down.
        (where / "bin").mkdir()
        (where / "bin/ssh").write_text(f"#!/bin/sh\nexec /usr/bin/ssh -F {where}/own \"$@\"\n")
        (where / "bin/ssh").chmod(0o755)
        (where / "own").write_text(f"Host *\n  UserKnownHostsFile {where}/nobody\n  GlobalKnownHostsFile /dev/null\n")
        line = f"[127.0.0.1]:{port} " + " ".join((where / "host.pub").read_text().split()[:2])
        own = {"PATH": f"{where}/bin:" + os.environ["PATH"], "SSH_AUTH_SOCK": ""}
        expect(world.run("validate", where=where, **own), 2, "is not known", "SHA256:", line)
        assert not (where / "nobody").exists(), "it was taken for known"
    finally:
        server.terminate()
        server.wait()


@case
def large_files_are_fetched_when_asked_for(world):
    if not shutil.which("git-lfs"):
        return "git-lfs is not installed"
    where = world.fresh()
    work = where / "large"
    work.mkdir()
    world.git("init", "-q", "-b", "main", where=work)
    world.git("lfs", "install", "--local", where=work)
    world.git("lfs", "track", "*.bin", where=work)
    (work / "deploy").mkdir()
    (work / "deploy/large.bin").write_bytes(b"x" * 100_000)
    (work / "verba.yaml").write_text(MANIFEST.replace("echo page", "wc -c <deploy/large.bin"))
    world.git("add", "-A", where=work)
    world.git("commit", "-qm", "one", where=work)
    location = f"git::file://{work}?branch=main"
    output = expect(world.run("apply", "--yes", "-f", location, where=where), 0)
    assert "web.page | 100000" not in output, output
    (where / ".verba").rename(where / "before")
    expect(world.run("apply", "--yes", "-f", location + "&lfs=true", where=where), 0, "web.page | 100000")
    for tree in (where / "cache").rglob("large.bin"):  # what was changed there is put back as it was fetched
        tree.write_text("other")
    expect(world.run("apply", "--yes", "-f", location + "&lfs=true", where=where), 0, "Nothing to do")
    assert sorted(path.stat().st_size for path in (where / "cache").rglob("large.bin"))[1] == 100_000
    expect(world.run("validate", "-f", location + "&lfs=true&sparse=deploy", where=where), 2, "exclude one another")
    shutil.rmtree(work / ".git/lfs/objects")
    shutil.rmtree(where / "cache")
    expect(world.run("validate", "-f", location + "&lfs=true", where=where), 2, "git cannot")


@case
@secure
def large_files_come_over_https(world, url, ca):
    if not shutil.which("git-lfs"):
        return "git-lfs is not installed"
    import hashlib
    where = world.fresh()
    work = where / "work"
    work.mkdir()
    content = os.urandom(200_000)
    oid = hashlib.sha256(content).hexdigest()
    (work / "verba.yaml").write_text(MANIFEST.replace("echo page", "sha256sum <large.bin"))
    (work / "large.bin").write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n")
    world.git("init", "-q", "-b", "main", where=work)
    world.git("add", "-A", where=work)
    world.git("commit", "-qm", "one", where=work)
    world.git("clone", "-q", "--bare", str(work), str(world.repositories / "large.git"), where=where)
    world.secure.large[oid] = content
    site = url.replace("https://", f"https://ann:{PASSWORD}@")
    location = f"{site}/git/large.git?branch=main&lfs=true"
    output = expect(world.run("apply", "--yes", "-f", location, **ca), 0, oid)
    assert PASSWORD not in output and not world.leaks(PASSWORD), world.leaks(PASSWORD)
    (where / "store").write_text(site + "\n")
    (where / "gitconfig").write_text(f"[credential]\n\thelper = store --file {where / 'store'}\n")
    helper = {"GIT_CONFIG_GLOBAL": str(where / "gitconfig"), **ca}
    expect(world.run("apply", "--yes", "-f", location.replace(site, url), **helper), 0, oid)
    world.secure.large = {}
    output = expect(world.run("validate", "-f", location, **ca), 2, "it was lost")
    assert PASSWORD not in output
    world.secure.trouble = 503
    try:
        expect(world.run("validate", "-f", location, **ca), 1, "503")
    finally:
        world.secure.trouble = None


@case
def a_broken_cache_is_made_anew(world):
    where = world.fresh()
    location = f"git::file://{world.repositories}/team.git//deploy"
    expect(world.run("validate", "-f", location, where=where), 0)
    repository = next((where / "cache").rglob("repository"))
    shutil.rmtree(next((where / "cache").rglob("tree")).parent)
    (repository / "HEAD").write_text("junk")
    expect(world.run("validate", "-f", location, where=where), 0)
    shutil.rmtree(next((where / "cache").rglob("tree")).parent)
    shutil.rmtree(repository)
    repository.write_text("a file")
    expect(world.run("validate", "-f", location, where=where), 0)


@case
def a_plan_file_has_no_token_of_an_address(world):
    where = world.fresh()
    address = f"http://127.0.0.1:{world.plain.server_port}/web.yaml"
    expect(world.run("plan", "--out", "plan.json", "-f", f"{address}?token={TOKEN}", where=where), 0)
    assert TOKEN not in (where / "plan.json").read_text()
    expect(world.run("apply", "plan.json", "-f", f"{address}?token={TOKEN}", where=where), 0)


@case
def what_takes_its_time_is_told(world):
    address = f"http://127.0.0.1:{world.plain.server_port}/slow.yaml"
    expect(world.run("validate", "-f", address), 0, f"waiting for {address}")


@case
def systems_alone(world):
    where = world.fresh()
    (where / "systems.yaml").write_text("apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {name: test}\n")
    for words in (["validate"], ["accounts", "list"], ["exec", "--account", "deployment-host", "--", "true"]):
        expect(world.run(words[0], "-s", "systems.yaml", *words[1:], where=where), 0)
    expect(world.run("plan", "-s", "systems.yaml", where=where), 2, "-s names the systems alone")


@case
def many_at_once_share_a_cache(world):
    where = world.fresh()
    environment = dict(world.environment, XDG_CACHE_HOME=str(where / "cache"))
    location = f"git::file://{world.repositories}/team.git//deploy"
    children = [subprocess.Popen([world.verba, "validate", "-f", location], cwd=where, env=environment, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(8)]
    for child in children:
        output = child.communicate(timeout=COMMAND_LIMIT_SECONDS)[0]
        assert child.returncode == 0, output
    left = [path.name for path in where.glob("cache/verba/git/*/new-*")]
    assert not left, left


@case
def a_broken_index_is_made_anew(world):
    where = world.fresh()
    location = f"git::file://{world.repositories}/team.git//deploy"
    expect(world.run("validate", "-f", location, where=where), 0)
    index = next(where.glob("cache/verba/git/*/*/index"))
    index.write_bytes(b"garbage")
    expect(world.run("validate", "-f", location, where=where), 0)


@case
def many_repositories_at_once(world):
    where = world.fresh()
    words = []
    for number in range(12):
        name = world.repositories / f"copy-{number}.git"
        if not name.exists():
            shutil.copytree(world.repositories / "team.git", name)
        words += ["-f", f"git::file://{name}//nothing-{number}"]
    output = expect(world.run("validate", *words, where=where), 2)
    for number in range(12):
        assert f"copy-{number}.git//nothing-{number}" in output, output


@case
def signatures(world):
    if not shutil.which("ssh-keygen"):
        return "ssh-keygen is not installed"
    where = world.fresh()
    for name in ("ann", "eve"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(where / name)], check=True)
    (where / "signers").write_text("ann@example.org " + (where / "ann.pub").read_text())
    work = where / "signed"
    work.mkdir()
    (work / "web.yaml").write_text(MANIFEST)
    world.git("init", "-q", "-b", "main", where=work)
    (where / "verba.yaml").write_text("apiVersion: verbacratis/v1\nkind: GitManifestLocation\nmetadata: {name: a}\n"
                                      f"spec: {{location: 'file://{work}', verify: {{allowedSigners: signers}}}}\n")

    def commit(*signing):
        world.git("add", "-A", where=work)
        world.git(*signing, "commit", "-qm", "next", "--allow-empty", where=work)

    def by(key):
        return ("-c", "gpg.format=ssh", "-c", f"user.signingkey={where / key}", "-c", "commit.gpgsign=true")

    commit(*by("ann"))
    expect(world.run("validate", where=where), 0)
    commit(*by("eve"))
    expect(world.run("validate", where=where), 2, "is not signed by one of")
    commit()
    expect(world.run("validate", where=where), 2, "is not signed by one of")
    # A configuration that trusts more than the file does not help.
    (where / "gitconfig").write_text(f"[gpg \"ssh\"]\n\tallowedSignersFile = {where / 'eve.signers'}\n")
    (where / "eve.signers").write_text("eve@example.org " + (where / "eve.pub").read_text())
    commit(*by("eve"))
    expect(world.run("validate", where=where, GIT_CONFIG_GLOBAL=str(where / "gitconfig")), 2, "is not signed by one of")


def main():
    verba = pathlib.Path(sys.argv[1]).resolve()
    results = []
    with tempfile.TemporaryDirectory(prefix="locations.") as root:
        world = World(str(verba), pathlib.Path(root).resolve())
        for function in CASES:
            if len(sys.argv) > 2 and sys.argv[2] not in function.__name__:
                continue
            result = {"name": function.__name__, "classname": "locations", "status": "RUN", "result": "COMPLETED"}
            world.seen = set()
            try:
                skipped = function(world)
                if skipped:
                    result["result"] = "SKIPPED"
                    print(f"SKIPPED {function.__name__}: {skipped}", flush=True)
            except Exception as error:  # every case tells its own
                result["failures"] = [{"failure": str(error)}]
                print(f"FAILED {function.__name__}\n{error}\n", flush=True)
            results.append(result)
    report = os.environ.get("GTEST_OUTPUT", "")
    if report.startswith("json:"):
        path = pathlib.Path(report[5:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"testsuites": [{"name": "locations", "testsuite": results}]}))
    failed = sum("failures" in result for result in results)
    skipped = sum(result["result"] == "SKIPPED" for result in results)
    print(f"{len(results) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
