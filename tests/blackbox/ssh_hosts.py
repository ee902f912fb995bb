#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Steps on other machines: verba against private sshds on 127.0.0.1.

usage: ssh_hosts.py VERBA [WORD]     only the cases whose name holds WORD

Prints 'N passed, N failed, N skipped'; skips loudly what this machine cannot do.
"""

import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from network import Network, lacking  # noqa: E402
from seeds import check  # noqa: E402
from ssh_world import Skipped, alive, command_lines, main, masters, pid_in  # noqa: E402


def contract(w):
    """Environment, standard input, outputs, exit codes, streams, interpreters, directories: as on this machine."""
    w.account(w.host(), workDirectory=w.directory)
    awkward = "it's \"a\" $HOME `x` \\n\nsecond line\ttab é "
    w.tasks(
        {"name": "values", "with": {
            "run": 'printf %s "$V" >v; cat >in; pwd >wd; echo "$1|$2" >args; env >env; printf no-line-end',
            "environment": {"V": awkward, "EMPTY": ""}, "stdin": awkward + "\n\n", "arguments": ["a b", "'"]}},
        {"name": "printed", "with": {"run": 'echo \'{"a": [1, 2]}\'; echo heard >&2', "outputs": "json"}},
        {"name": "written", "with": {"run": 'echo ignored; echo "x=$V" >"$VERBA_OUTPUT"', "outputs": "dotenv",
                                     "environment": {"V": "${{ tasks.printed.outputs.a[1] }}"}}},
        {"name": "file", "with": {"interpreter": "python3", "stdin": "from input", "outputs": "text",
                                  "run": "import sys, os\nprint(sys.stdin.read(), os.path.exists(sys.argv[0]))"}},
        # One-letter names are what a shell script around it could take for its own.
        {"name": "names", "with": {"outputs": "text", "environment": {name: w.path("names/" + name) for name in "bcdgilnpv"},
                                   "run": "mkdir -p names; for n in b c d g i l p v; do eval echo \\$$n; done"}},
        {"name": "big", "with": {"interpreter": "sh", "outputs": "text", "environment": {"V": "y" * 100_000},
                                 "run": "#" + "x" * 150_000 + '\nprintf %s "${#V}"', "stdin": "z" * 2_000_000}})
    out = w.apply()
    check(open(w.path("v")).read() == awkward, "the variable:", open(w.path("v")).read())
    check(open(w.path("in")).read() == awkward + "\n\n", "standard input")
    check(open(w.path("wd")).read().strip() == w.directory, "working directory", open(w.path("wd")).read())
    check(open(w.path("args")).read() == "a b|'\n", "arguments")
    variables = open(w.path("env")).read()
    check("VERBA_TASK=values\n" in variables and "VERBA_ACTION=create\n" in variables and "EMPTY=\n" in variables,
          variables)
    check("XDG_RUNTIME_DIR=" + w.environment["XDG_RUNTIME_DIR"] not in variables, "ours went there", variables)
    check(w.outputs("printed") == {"a": [1, 2]}, w.outputs("printed"))
    check(w.outputs("written") == {"x": "2"}, w.outputs("written"))
    check(w.outputs("file") == {"text": "from input True"}, w.outputs("file"))
    check(w.outputs("names") == {"text": "\n".join(w.path("names/" + name) for name in "bcdgilpv")}, w.outputs("names"))
    check(w.exists("names"), "a directory that a variable names is gone")
    check(w.outputs("big") == {"text": "100000"}, w.outputs("big"))
    check("heard" in out and "no-line-end" in out, out)
    lines = [json.loads(line) for line in w.run("logs", "last", "d.printed", "-o", "jsonl").splitlines()]
    streams = {line["stream"] for line in lines}
    check(len(streams) == 2, "streams apart:", lines)
    check(not os.listdir(w.environment["XDG_RUNTIME_DIR"]), "left:", os.listdir(w.environment["XDG_RUNTIME_DIR"]))


def shell_variables(w):
    """What a shell obeys, or what it calls its own, reaches the command alone."""
    w.account(w.host(), workDirectory=w.directory)
    os.makedirs(w.path("sub"))
    os.makedirs(w.path("else/sub"))
    variables = {"IFS": "0123456789a", "CDPATH": w.path("else"), "PATH": w.environment["PATH"] + ":/nowhere", "ENV": "/no/rc",
                 "BASH_ENV": "/no/rc", "POSIXLY_CORRECT": "1", "PS4": "$(touch ps4)", "LC_ALL": "C", "OPTIND": "3",
                 "verba_d": "/nowhere", "verba_c": "7", "verba_n": "x", "verba_i": "y", "verba_bad": "z"}
    values = {
        "name": "values", "with": {
            "interpreter": "python3", "outputs": "json", "environment": variables, "workdir": "sub",
            "run": f"import json, os\nprint(json.dumps(dict(n=os.getcwd(), **{{k: os.environ[k] for k in {list(variables)}}})))",
            "delete": "raise SystemExit(os.environ['IFS'] != '0123456789a')".replace("os", "__import__('os')")}}
    w.tasks(
        values,
        {"name": "fails", "with": {"run": "echo ran; exit 103", "environment": {"IFS": "0123456789"}},
         "dependsOn": ["values"]}, onFailure="rollback")
    out = w.apply(code=1)
    check("exit code 103" in out and "1 undone" in out and "begun" not in out, out)
    check(not re.search("verba-[0-9a-f]{32}", out), "a word of ours is in the log", out)
    w.tasks(values)
    w.apply()
    given = w.outputs("values")
    check(given == {"n": w.path("sub"), **variables}, given)
    w.run("destroy", "--yes")


def lifecycle(w):
    """Update, check after doubt aside, failure with its code, rollback, delete."""
    w.account(w.host(), workDirectory=w.directory)
    task = {"name": "a", "with": {"run": "touch made; echo made", "delete": "rm made", "outputs": "text",
                                  "update": 'echo "was $VERBA_OUTPUT_TEXT"', "environment": {"V": "1"}}}
    w.tasks(task)
    w.apply()
    check(w.exists("made"), "made")
    task["with"]["environment"]["V"] = "2"
    w.tasks(task)
    w.apply()
    check(w.outputs("a") == {"text": "was made"}, w.outputs("a"))
    task["with"]["update"] = "exit 255"
    w.tasks(task)
    out = w.apply(code=1)
    check("exit code 255" in out, out)
    w.run("destroy", "--yes")
    check(not w.exists("made"), "still made")


def gone_account(w):
    """What is deployed on a host can be deleted when the account's manifest is gone."""
    w.account(w.host(), workDirectory=w.directory)
    w.tasks({"name": "a", "with": {"run": "touch made", "delete": "rm made"}})
    w.apply()
    w.documents = []
    w.manifest("Deployment", "other", {"tasks": [{"name": "b", "type": "ShellScript", "with": {"run": ":"}}]})
    w.run("apply", "--yes", "--prune")
    check(not w.exists("made"), "still made")


def moved_account(w):
    """Another port, key or user is no change of a task, but is recorded: without manifests one gets in by the new one."""
    old, new = w.host(), w.host()
    w.account(old, workDirectory=w.directory)
    task = {"name": "a", "with": {"run": "echo $V >made", "delete": "rm made", "check": "test -e made || exit 3",
                                  "environment": {"V": "1"}}}
    back = {"name": "back", "with": {"run": "touch back", "delete": "rm back", "environment": {"V": "1"}}}
    w.tasks(task, back)
    w.apply()
    task["with"]["environment"]["V"] = back["with"]["environment"]["V"] = "2"
    w.tasks(task, back)
    w.apply()
    old.kill()
    w.documents = []
    w.account(new, workDirectory=w.directory)
    w.tasks(task, back)
    check("Nothing to do" in w.apply(), "it is a change")
    back["with"]["environment"]["V"], back["with"]["delete"] = "1", "rm back; touch deleted"
    w.tasks(task, back)
    w.apply()
    os.remove(w.path("verba.yaml"))
    w.write = lambda: None
    check("1 in sync" in w.run("drift"), "drift")
    w.run("rollback", "d", "--to", "1", "--yes")
    check(open(w.path("made")).read() == "1\n", "it was not rolled back")
    check("1 in sync" in w.run("drift"), "a rollback does not go back to the old way in")
    w.run("destroy", "--yes")
    check(not w.exists("made") and not w.exists("back") and not w.exists("deleted"), "not as it was then")


def newest_way_in(w):
    """Who looks without manifests gets in as was recorded last, whatever older records of the account say."""
    old, new = w.host(), w.host()
    w.account(old, workDirectory=w.directory)
    tasks = [{"name": name, "with": {"run": "touch " + name, "check": f"test -e {name} || exit 3"}} for name in "abc"]
    w.tasks(*tasks)
    w.apply()
    old.kill()
    w.documents = []
    w.account(new, workDirectory=w.directory)
    tasks[1]["with"]["run"] = "touch b anew"
    w.tasks(*tasks)
    w.run("apply", "--yes", "d.b")
    os.remove(w.path("verba.yaml"))
    w.write = lambda: None
    out = w.run("drift")
    check("3 in sync" in out, out)
    w.run("destroy", "--yes", "d.a")


def passphrase(w):
    host = w.host()
    w.account(host, key="locked", passphrase="${{ secret('env:DEPLOY_PASS') }}")
    w.tasks({"name": "a", "with": {"run": "id -un", "outputs": "text"}})
    w.apply(DEPLOY_PASS="open sesame")
    check(w.outputs("a") == {"text": host.user}, w.outputs("a"))
    out = w.run("accounts", "test", "web1", code=1, DEPLOY_PASS="wrong one")
    check("cannot connect to web1" in out and "wrong one" not in out, out)


def agent(w):
    host = w.host()
    w.manifest("UnixHostAuthentication", "127.0.0.1", {})
    w.manifest("UnixInfrastructureAccount", "web1", {"authentication": "127.0.0.1", "port": host.port,
                                                     "hostKey": host.host_key})
    w.tasks({"name": "a", "with": {"run": "id -un", "outputs": "text"}})
    place = w.path("agent")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", place], stdout=subprocess.DEVNULL)
    try:
        w.wait_for(lambda: os.path.exists(place), "the agent")
        subprocess.run(["ssh-add", "-q", f"{host.d}/id"], check=True, env={**os.environ, "SSH_AUTH_SOCK": place})
        w.apply(SSH_AUTH_SOCK=place)
    finally:
        process.terminate()
        process.wait()
    check(w.outputs("a") == {"text": host.user}, w.outputs("a"))


def host_config(w):
    """ssh's own configuration says where and how."""
    host = w.host()
    os.mkdir(w.path("bin"))
    with open(w.path("config"), "w") as f:
        f.write(f"Host web\n HostName 127.0.0.1\n Port {host.port}\n IdentityFile {host.d}/id\n"
                f" UserKnownHostsFile {w.path('known')}\n")
    with open(w.path("known"), "w") as f:
        f.write(f"[127.0.0.1]:{host.port} {host.host_key}\n")
    # ssh finds its configuration by the user's home in passwd, which is not ours to write to.
    with open(w.path("bin/ssh"), "w") as f:
        f.write(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {w.path("config")} "$@"\n')
    os.chmod(w.path("bin/ssh"), 0o755)
    w.environment["PATH"] = w.path("bin") + ":" + w.environment["PATH"]
    w.manifest("SshHostBasedAuthenticationConfig", f"{host.user}@web", {})
    w.manifest("UnixInfrastructureAccount", "web1", {"authentication": f"{host.user}@web"})
    w.tasks({"name": "a", "with": {"run": "id -un", "outputs": "text"}})
    w.apply()
    check(w.outputs("a") == {"text": host.user}, w.outputs("a"))


def password(w):
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("openssl"):
        raise Skipped("needs root, unshare and openssl for a user of its own")
    host = w.host(password_user=("deploy", "s3cret pw"))
    w.manifest("SshCredentialsBasedAuthenticationConfig", "deploy@127.0.0.1",
               {"password": "${{ secret('env:DEPLOY_PASSWORD') }}"})
    w.manifest("UnixInfrastructureAccount", "web1", {"authentication": "deploy@127.0.0.1", "port": host.port,
                                                     "hostKey": host.host_key})
    w.tasks({"name": "a", "with": {"run": "id -un; printf 's3cret %s\\n' pw", "outputs": "text"}})
    out = w.apply(DEPLOY_PASSWORD="s3cret pw")
    check("s3cret pw" not in out, "the password is shown:", out)
    out = w.run("accounts", "test", "web1", code=1, DEPLOY_PASSWORD="wrong pw")
    check("Permission denied" in out and "wrong pw" not in out, out)


def jump(w):
    through, host = w.host(), w.host()
    w.account(through, name="bastion")
    w.account(host, proxyJump="bastion")
    w.tasks({"name": "a", "with": {"run": "id -un", "outputs": "text"}})
    w.apply()
    check(w.outputs("a") == {"text": host.user}, w.outputs("a"))
    check(through.logins() == 1 and host.logins() == 1, "logins:", through.logins(), host.logins())


def gone_jump(w):
    """The host to go through is recorded as well: it is found again when no manifest is left."""
    through, host = w.host(), w.host()
    w.account(through, name="bastion")
    w.account(host, proxyJump="bastion", workDirectory=w.directory)
    task = {"name": "a", "with": {"run": "echo $V >made", "delete": "rm made", "check": "test -e made || exit 3",
                                  "environment": {"V": "1"}}}
    w.tasks(task)
    w.apply()
    task["with"]["environment"]["V"] = "2"
    w.tasks(task)
    w.apply()
    documents, w.documents = w.documents, []
    w.manifest("Deployment", "other", {"tasks": []})
    os.remove(w.path("verba.yaml"))
    w.write = lambda: None
    check("1 in sync" in w.run("drift"), "drift")
    w.run("rollback", "d", "--yes")
    check(open(w.path("made")).read() == "1\n", "it was not rolled back")
    w.run("destroy", "--yes")
    check(not w.exists("made"), "still made")
    del w.write
    w.documents = documents
    w.apply()
    check(w.exists("made"), "with its manifests again")


def cut_off(w, **task):
    """A step that is under way when the daemon and its sessions die; it works on."""
    host = w.host()
    w.account(host, workDirectory=w.directory)
    w.tasks({"name": "a", "with": task})
    child = w.start("apply", "--yes")
    w.wait_for(lambda: w.exists("begun"), "the step")
    host.kill()
    return host, child


UNTIL_GO = {"run": "echo x >>runs; touch begun; while [ ! -e go ]; do sleep 0.1; done; touch made",
            "check": "test -e made || exit 3"}


def lost_connection(w):
    """The daemon and its sessions die in mid-step: in doubt, then its check decides."""
    host, child = cut_off(w, **UNTIL_GO)
    out, _ = child.communicate(timeout=60)
    check(child.returncode == 1 and "the connection to web1 was lost while it ran" in out and "in doubt" in out, out)
    check("in-doubt" in w.run("show", "last", "-o", "json"), "it is not recorded as in doubt")
    host.start()
    open(w.path("go"), "w").close()
    w.wait_for(lambda: w.exists("made"), "its end over there")
    out = w.apply()
    check("its check says that it is there" in out, out)
    check("Nothing to do" in w.apply(), "it is to be run again")
    check(open(w.path("runs")).read() == "x\n", "it ran twice")


def blip(w):
    """The connection breaks and the host is there again: the end over there is waited for, and the check decides."""
    host, child = cut_off(w, **UNTIL_GO)
    host.start()
    time.sleep(3)
    check(child.poll() is None, "it does not wait")
    open(w.path("go"), "w").close()
    out, _ = child.communicate(timeout=60)
    check(child.returncode == 0 and "waiting for the end of what runs there" in out, child.returncode, out)
    check(open(w.path("runs")).read() == "x\n", "it ran twice")


def lost_without_check(w):
    """Without a check nobody is guessed for: the person is asked."""
    host, child = cut_off(w, run="echo x >>runs; touch begun; sleep 2")
    child.communicate(timeout=60)
    host.start()
    out = w.apply(code=1)
    check("in-doubt" in out and open(w.path("runs")).read() == "x\n", out)
    check("the connection to web1 was lost while it ran" in out and "verba was ended" not in out, out)
    w.run("apply", "--yes", "--in-doubt", "assume-done")
    check(open(w.path("runs")).read() == "x\n", "it was run again")


def interrupt(w):
    """Ctrl-C twice ends the whole process group over there."""
    w.account(w.host(), workDirectory=w.directory)
    w.tasks({"name": "a", "with": {"run": "sleep 300 & echo $! >child; echo $$ >pid; touch begun; wait; sleep 300"}})
    child = w.start("apply", "--yes")
    w.wait_for(lambda: w.exists("begun"), "the step")
    child.send_signal(signal.SIGINT)
    time.sleep(0.3)
    check(alive(pid_in(w.path("pid"))), "the first Ctrl-C lets it run")
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=30)
    check(child.returncode == 130 and "cancelled" in out, child.returncode, out)
    check(not alive(pid_in(w.path("pid"))) and not alive(pid_in(w.path("child"))), "processes are left")


def background(w):
    """What a script leaves running in the background, with the streams in hand, is not waited for."""
    w.account(w.host(), workDirectory=w.directory)
    w.tasks({"name": "a", "with": {"run": "sleep 20 & echo $! >pid; echo done"}})
    began = time.time()
    w.apply()
    check(time.time() - began < 10, "waited for the background")
    os.kill(pid_in(w.path("pid")), signal.SIGKILL)


def one_master(w):
    """Twenty tasks, one login; no more at a time than the account says."""
    host = w.host(sessions=4)
    w.account(host, workDirectory=w.directory, concurrency=3)
    run = "mkdir run.$N; ls -d run.* | wc -l >>most; sleep 0.1; rmdir run.$N; echo $N"
    w.tasks(*({"name": f"t{i}", "with": {"run": run, "outputs": "text", "environment": {"N": i}}} for i in range(20)))
    w.run("apply", "--yes", "-j", "20")
    for i in range(20):
        check(w.outputs(f"t{i}") == {"text": str(i)}, i, w.outputs(f"t{i}"))
    check(host.logins() == 1, "logins:", host.logins())
    most = max(int(line) for line in open(w.path("most")).read().split())
    check(most <= 3, "at a time:", most)


def killed(w):
    """kill -9: the script works on over there; the next apply waits for it, asks its check, and clears what was left."""
    w.account(w.host(), workDirectory=w.directory)
    w.tasks({"name": "a", "with": {
        "run": "echo x >>runs; touch begun; while [ ! -e go ]; do echo alive; sleep 0.1; done; touch made",
        "check": "test -e made || exit 3"}})
    child = w.start("apply", "--yes")
    w.wait_for(lambda: w.exists("begun"), "the step")
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    check(masters(w), "no master to be left")
    second = w.start("apply", "--yes")
    time.sleep(1)
    check(second.poll() is None, "it does not wait")
    open(w.path("go"), "w").close()
    out, _ = second.communicate(timeout=60)
    check(second.returncode == 0 and "its check says that it is there" in out, second.returncode, out)
    check(open(w.path("runs")).read() == "x\n", "it ran twice")
    w.wait_for(lambda: not masters(w), "the end of the dead run's master")
    left = os.listdir(w.environment["XDG_RUNTIME_DIR"])
    check(not left, "left:", left)


def killed_connecting(w):
    """kill -9 while it connects: whoever is left removes the secret."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(5)
    w.manifest("SshCredentialsBasedAuthenticationConfig", "deploy@web1", {"password": "${{ secret('env:P') }}"})
    w.manifest("UnixInfrastructureAccount", "web1", {"authentication": "deploy@web1", "host": "127.0.0.1",
                                                     "port": silent.getsockname()[1]})
    w.tasks({"name": "a", "with": {"run": ":"}})

    def secret_files():
        return [f for _, _, names in os.walk(w.path("run")) for f in names if f.endswith((".secret", ".askpass"))]

    child = w.start("apply", "--yes", P="Zq7-planted-secret")
    w.wait_for(lambda: len(secret_files()) == 2, "the secret")
    silent.settimeout(20)
    connection, _ = silent.accept()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    connection.close()
    w.wait_for(lambda: not secret_files(), "its removal")
    silent.close()


def planted(w):
    """What somebody else puts where we look for leftovers is left alone, and costs no time."""
    if os.geteuid() != 0:
        raise Skipped("needs root for another owner")
    w.account(w.host())
    world = os.stat("/proc/self/ns/pid").st_ino & 0xffff
    place = w.path(f"run/verba-ssh-99999999-1-{world:04x}-aa")
    os.mkdir(place)
    socks = []
    for i in range(3):
        socks.append(socket.socket(socket.AF_UNIX))
        socks[-1].bind(f"{place}/{i}")
        socks[-1].listen(5)
    os.chown(place, 12345, 12345)
    began = time.time()
    w.run("accounts", "test", "web1")
    took = time.time() - began
    check(os.path.isdir(place), "it is gone")
    for sock in socks:
        sock.settimeout(0)
        try:
            sock.accept()
            check(False, "somebody knocked", took)
        except BlockingIOError:
            sock.close()


def carriers(w):
    """The programs that have commands run over a connection of ours right now."""
    return [words[0] for words in command_lines() if "-S" in words and any(word.startswith(w.path("run/")) for word in words)
            and any("read -r" in word for word in words)]


WITH_CODE = {"run": "cat >in; touch begun; while [ ! -e go ]; do sleep 0.1; done; echo heard >&2; echo out; exit $CODE",
             "stdin": "to there", "environment": {"CODE": 7}}


def own_client(w):
    """Commands go over the connection by a program of our own, which is quicker to start than ssh."""
    w.account(w.host(), workDirectory=w.directory)
    w.tasks({"name": "a", "with": WITH_CODE})
    child = w.start("apply", "--yes")
    w.wait_for(lambda: w.exists("begun"), "the step")
    by = carriers(w)
    check(len(by) == 1 and by[0].endswith("/session"), by)
    open(w.path("go"), "w").close()
    out, _ = child.communicate(timeout=60)
    check(child.returncode == 1 and "exit code 7" in out and "heard" in out and "| out" in out, out)
    check(open(w.path("in")).read() == "to there", "standard input")


def nothing_executable(w):
    """Where no program of ours may be executed, ssh itself carries the commands."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        raise Skipped("needs root and unshare to mount a file system without programs")
    w.account(w.host(), workDirectory=w.directory)
    w.tasks({"name": "a", "with": WITH_CODE})
    w.write()
    mount = 'mount -t tmpfs -o noexec,mode=700 none "$XDG_RUNTIME_DIR" && exec "$@"'
    child = subprocess.Popen(["unshare", "-m", "--propagation", "private", "sh", "-c", mount, "sh", w.verba, "apply", "--yes"],
                             cwd=w.directory, env=w.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    w.wait_for(lambda: w.exists("begun"), "the step")
    check(carriers(w) == ["ssh"], carriers(w))
    open(w.path("go"), "w").close()
    out, _ = child.communicate(timeout=60)
    check(child.returncode == 1 and "exit code 7" in out and "heard" in out and "| out" in out, out)
    check(open(w.path("in")).read() == "to there", "standard input")


def secrets(w):
    """No secret in any argument list, output or file of ours while a step is under way."""
    word = "Zq7-planted-secret"
    host = w.host()
    w.account(host, key="locked", passphrase="${{ secret('env:DEPLOY_PASS') }}", workDirectory=w.directory)
    w.tasks({"name": "a", "with": {"run": 'touch begun; echo "$S"; cat; sleep 1', "stdin": "${{ secret('env:S') }}",
                                   "environment": {"S": "${{ secret('env:S') }}"}}})
    child = w.start("apply", "--yes", S=word, DEPLOY_PASS="open sesame")
    w.wait_for(lambda: w.exists("begun"), "the step")
    seen = "\n".join(" ".join(words) for words in command_lines())
    for folder, _, files in os.walk(w.environment["XDG_RUNTIME_DIR"]):
        check(not [f for f in files if f.endswith((".secret", ".askpass"))], "left:", folder, files)
    out, _ = child.communicate(timeout=60)
    check(child.returncode == 0, out)
    for text in (word, "open sesame"):
        check(text not in seen, "in an argument list:", text)
        check(text not in out, "in the output:", out)
        for folder, _, files in os.walk(w.path(".verba")):
            for file in files:
                with open(os.path.join(folder, file), "rb") as f:
                    check(text.encode() not in f.read(), "in", folder, file)


def requests(w):
    """Waits and requests are made from there; no secret of theirs is in an argument list."""
    word = "Zq7-planted-secret"
    seen = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            seen["body"] = self.rfile.read(int(self.headers["Content-Length"])).decode()
            seen["token"] = self.headers["Token"]
            arguments = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
            seen["leaked"] = word in arguments
            self.send_response(201)
            self.end_headers()
            self.wfile.write(b'{"id": "a b"}')

        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"127.0.0.1:{server.server_port}"
    w.account(w.host())
    w.tasks({"name": "port", "type": "Wait", "with": {"tcp": place}},
            {"name": "name", "type": "Wait", "with": {"dns": "localhost"}},
            {"name": "url", "type": "Wait", "with": {"http": f"http://{place}/"}},
            {"name": "item", "type": "HttpRequest", "dependsOn": ["port", "name", "url"], "with": {
                "url": f"http://{place}/items", "headers": {"Token": "${{ secret('env:S') }}"},
                "body": {"text": "${{ secret('env:S') }} it's \"\u00e9\" " + "x" * 50_000}}})
    try:
        out = w.apply(S=word)
    finally:
        server.shutdown()
    check(seen["token"] == word and not seen["leaked"], seen["token"], seen["leaked"])
    check(json.loads(seen["body"])["text"] == word + " it's \"\u00e9\" " + "x" * 50_000, seen["body"][:200])
    check(w.outputs("item") == {"status": 201, "body": '{"id": "a b"}', "json": {"id": "a b"}}, w.outputs("item"))
    check(word not in out, out)


def rollback_in_batches(w):
    """`rollback` keeps to `rollout`, with the manifests and without."""
    host = w.host()
    for name in ("web1", "web2", "web3"):
        w.account(host, name=name, workDirectory=w.directory)
    run = "mkdir run.$$; ls -d run.* | wc -l >>most; sleep 0.3; rmdir run.$$; echo $V >$WHO"
    motd = {"name": "motd", "type": "ShellScript", "accounts": ["web3", "web2", "web1"], "rollout": {"batch": 1},
            "with": {"run": run, "environment": {"V": "1", "WHO": "${{ each.key }}"}}}
    w.manifest("Deployment", "d", {"tasks": [motd]})
    w.apply()
    for version in ("2", "3"):
        motd["with"]["environment"]["V"] = version
        w.apply()
    for version in ("2", "1"):
        out = w.run("rollback", "d", "--to", version, "--yes")
        check("batch 1 of 3: 1 done" in out and "batch 3 of 3: 1 done" in out, out)
        check(open(w.path("web2")).read() == version + "\n", "not rolled back")
        w.write = lambda: None
        if w.exists("verba.yaml"):
            os.remove(w.path("verba.yaml"))
    most = max(int(line) for line in open(w.path("most")).read().split())
    check(most == 1, "at a time:", most)


def become(w):
    if os.geteuid() != 0 or not shutil.which("sudo"):
        raise Skipped("needs root and sudo")
    w.account(w.host(), become="nobody", workDirectory="/")
    w.tasks({"name": "a", "with": {"run": "echo \"$(id -un) $V\"", "outputs": "text", "environment": {"V": "v"}}})
    w.apply()
    check(w.outputs("a") == {"text": "nobody v"}, w.outputs("a"))
    pids = w.path("host0/pids")
    w.tasks({"name": "b", "timeout": "1s", "with": {"run": "echo $$; sleep 300 & sleep 300"}})
    out = w.apply(code=1)
    check("timed out" in out, out, pids)
    left = subprocess.run(["pgrep", "-u", "nobody", "-f", "sleep 300"], capture_output=True, text=True).stdout
    check(not left, "left:", left)


def commands(w):
    """accounts list and test, exec."""
    host = w.host()
    w.account(host, workDirectory=w.directory)
    w.manifest("EnvironmentAuthentication", "cloud-login", {"variables": {"CLOUD_KEY": "${{ secret('env:KEY') }}"}})
    w.manifest("CloudInfrastructureAccount", "cloud", {"authentication": "cloud-login",
                                                       "identity": 'test "$CLOUD_KEY" = k3y; echo "user of ${#CLOUD_KEY}"'})
    out = w.run("accounts", "list")
    check("web1" in out and f"{host.user}@127.0.0.1 port {host.port}" in out, out)
    answer = json.loads(w.run("accounts", "test", "-o", "json", KEY="k3y"))
    who = {one["account"]: one["who"] for one in answer["accounts"]}
    check(who["cloud"] == "user of 3" and who["web1"].startswith(host.user + " on "), answer)
    check(w.run("exec", "--account", "web1", "--", "sh", "-c", "pwd; exit 3", code=3) == w.directory + "\n", "exec")
    check(w.run("exec", "--account", "cloud", "--", "sh", "-c", "echo ${#CLOUD_KEY}", KEY="k3y") == "3\n", "exec")
    check("did you mean 'web1'" in w.run("exec", "--account", "web", "--", "true", code=2), "no hint")


def fleet(w):
    """Accounts by their labels, in batches: what may fail stops nothing; one more, and its batch alone is undone."""
    host = w.host()
    for name in ("web1", "web2", "web3", "web4", "web5", "web6", "db1"):
        os.mkdir(w.path(name))
        w.account(host, name=name, workDirectory=w.path(name))
        w.documents[-1]["metadata"]["labels"] = {"role": name.rstrip("123456")}
    motd = {"name": "motd", "type": "ShellScript", "accounts": {"matchLabels": {"role": "web"}},
            "rollout": {"batch": "34%", "maxFailures": 1},
            "with": {"run": "! test -e ../broken.$WHO && echo $WHO >motd", "delete": "rm -f motd",
                     "environment": {"WHO": "${{ each.key }}"}}}
    w.manifest("Deployment", "d", {"tasks": [motd]})

    def there():
        return [name for name in sorted(os.listdir(w.directory)) if w.exists(f"{name}/motd")]

    for broken in ("web2", "web4"):
        open(w.path("broken." + broken), "w").close()
    out = w.apply(code=1)
    check("6 instances: web1 to web6, in 2 batches of 3, 1 may fail" in out, out)
    check("d.motd: batch 1 of 2: 2 done, 1 failed (1 allowed)" in out, out)
    check("d.motd: batch 2 of 2: " in out and "1 failed (2 so far, 1 allowed)" in out, out)
    check(there() == ["web1", "web3"], there(), out)
    os.remove(w.path("broken.web4"))
    out = w.apply(code=1)
    check("batch 1 of 2: 2 done, 1 failed (1 allowed)" in out and "batch 2 of 2: 1 done" in out, out)
    check(there() == ["web1", "web3", "web4", "web5", "web6"], there(), out)
    os.remove(w.path("broken.web2"))
    w.apply()
    check(open(w.path("web2/motd")).read() == "web2\n", "in its own account")
    w.run("destroy", "--yes")
    check(there() == [], there())


def missed(w):
    """A host that cannot be got into is one of those that may fail, where its rollout lets any."""
    host = w.host()
    for name in ("web1", "web2", "web3"):
        os.mkdir(w.path(name))
        w.account(host, name=name, workDirectory=w.path(name))
    w.documents[-1]["spec"]["port"] = 1
    motd = {"name": "motd", "type": "ShellScript", "accounts": ["web1", "web2", "web3"], "rollout": {"batch": 3, "maxFailures": 1},
            "with": {"run": "touch motd", "delete": "rm -f motd"}}
    w.manifest("Deployment", "d", {"tasks": [motd]})
    out = w.apply(code=1)
    check("note: web3 will fail, as its rollout allows: " in out and "cannot connect to web3" in out, out)
    check("batch 1 of 1: 2 done, 1 failed (1 allowed)" in out, out)
    check(w.exists("web1/motd") and w.exists("web2/motd"), out)
    motd["rollout"]["maxFailures"] = 0
    out = w.apply(code=1)
    check("Nothing was done." in out, out)


def network(w):
    """20 hosts with links of their own; one link goes down in mid-run, and only that host is in doubt."""
    if why := lacking():
        raise Skipped(why)
    w.network = Network(20)
    for i in range(20):
        os.mkdir(w.path(f"web{i:02}"))
        host = w.host(address=w.network.address(i), inside=w.network.inside(i))
        w.account(host, name=f"web{i:02}", workDirectory=w.path(f"web{i:02}"))
        w.documents[-1]["metadata"]["labels"] = {"role": "web"}
    every = {"type": "ShellScript", "accounts": {"matchLabels": {"role": "web"}}}
    w.manifest("Deployment", "d", {"onFailure": "continue", "tasks": [
        {**every, "name": "who", "with": {"run": "echo $SSH_CONNECTION | cut -d' ' -f3", "outputs": "text"}},
        {**every, "name": "work", "dependsOn": ["who"], "with": {
            "run": "echo x >>runs; touch begun; while [ ! -e ../go ]; do sleep 0.1; done; touch made",
            "check": "test -e made || exit 3"}},
        {**every, "name": "last", "rollout": {"batch": 10}, "dependsOn": ["work[${{ each.key }}]"],
         "with": {"run": "touch last"}}]})
    child = w.start("apply", "--yes", "-j", "40")
    w.wait_for(lambda: all(w.exists(f"web{i:02}/begun") for i in range(20)), "all to begin", 60)
    w.network.link(7, "down")
    open(w.path("go"), "w").close()
    w.wait_for(lambda: w.exists("web07/made"), "the end of what goes on over there")
    out, _ = child.communicate(timeout=90)
    check(child.returncode == 1 and "the connection to web07 was lost while it ran" in out, child.returncode, out)
    done = [i for i in range(20) if w.exists(f"web{i:02}/last")]
    check(done == [i for i in range(20) if i != 7], "the others:", done, out)
    for i in range(20):
        check(w.outputs(f"who[web{i:02}]")["text"] == w.network.address(i), "another host than", i)
    w.network.link(7, "up")
    w.wait_for(lambda: w.network.reaches(7, w.hosts[7].port), "web07 to be reached again", 60)
    out = w.apply()
    check("its check says that it is there" in out and w.exists("web07/last"), out)
    check(open(w.path("web07/runs")).read() == "x\n", "it ran twice")
    check("Nothing to do" in w.apply(), "it is to be run again")


CASES = [contract, shell_variables, lifecycle, gone_account, moved_account, newest_way_in, passphrase, agent,
         host_config, password, jump, gone_jump, lost_connection, blip, lost_without_check, interrupt, background,
         one_master, killed, killed_connecting, planted, rollback_in_batches, own_client, nothing_executable,
         secrets, requests, become, commands, fleet, missed, network]


if __name__ == "__main__":
    main(CASES)
