# SPDX-License-Identifier: Apache-2.0
"""A private sshd on 127.0.0.1, or on a host of network.py: keys, configuration and log in a directory of its own; nothing of the machine is
touched. `missing()` says what is not installed."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
CONFIG = """Port {port}
ListenAddress {address}
HostKey {d}/hostkey
PidFile {d}/sshd.pid
AuthorizedKeysFile {d}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication {password}
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin {root}
UseDNS no
PrintMotd no
PrintLastLog no
MaxSessions {sessions}
MaxStartups 200:30:400
LogLevel VERBOSE
SetEnv SHLVL=2{variables}
Subsystem sftp internal-sftp
"""


def missing():
    wanted = ["ssh", "ssh-keygen", "ssh-agent", "ssh-add"]
    return [name for name in wanted if not shutil.which(name)] + ([] if SSHD else ["sshd"])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def parents():
    """Parent of every process."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    fields = f.read().rsplit(")", 1)
                found[int(name)] = (int(fields[1].split()[1]), fields[0].split("(", 1)[1])
            except OSError:
                pass
    return found


class PrivateSshd:
    def __init__(self, directory, sessions=10, password_user=None, address="127.0.0.1", inside=(), path=None):
        self.d, self.port, self.user = directory, free_port(), getpass.getuser()
        self.address, self.inside = address, list(inside)
        self.process = None
        os.makedirs(directory, mode=0o755)
        for key, passphrase in (("hostkey", ""), ("id", ""), ("locked", "open sesame")):
            self.keygen(key, passphrase)
        with open(f"{directory}/authorized_keys", "w") as f:
            for key in ("id", "locked"):
                f.write(open(f"{directory}/{key}.pub").read())
        self.password_user = password_user
        with open(f"{directory}/sshd_config", "w") as f:
            f.write(CONFIG.format(port=self.port, address=address, d=directory, sessions=sessions,
                                  password="yes" if password_user else "no",
                                  root="yes" if password_user else "prohibit-password",
                                  variables=f" PATH={path}" if path else ""))
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.start()

    def keygen(self, name, passphrase=""):
        path = f"{self.d}/{name}"
        for old in (path, path + ".pub"):
            if os.path.exists(old):
                os.remove(old)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", path], check=True)

    @property
    def host_key(self):
        return " ".join(open(f"{self.d}/hostkey.pub").read().split()[:2])

    def fingerprint(self):
        return subprocess.run(["ssh-keygen", "-lf", f"{self.d}/hostkey.pub"], check=True, capture_output=True,
                              text=True).stdout.split()[1]

    def start(self):
        argv = [*self.inside, SSHD, "-D", "-f", f"{self.d}/sshd_config", "-E", f"{self.d}/log"]
        if self.password_user:
            argv = self.with_user(argv)
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection((self.address, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("sshd does not listen: " + open(f"{self.d}/log").read())

    def with_user(self, argv):
        """A user with a password, seen by this sshd alone: private passwd and shadow in a mount namespace."""
        name, password = self.password_user
        for kind in ("passwd", "shadow", "group"):
            shutil.copy(f"/etc/{kind}", f"{self.d}/{kind}")
        home = f"{self.d}/home"
        os.makedirs(home)
        os.chown(home, 20001, 20001)
        hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, check=True, capture_output=True,
                                text=True).stdout.strip()
        for kind, line in (("passwd", f"{name}:x:20001:20001::{home}:/bin/sh"), ("group", f"{name}:x:20001:"),
                           ("shadow", f"{name}:{hashed}:19000:0:99999:7:::")):
            with open(f"{self.d}/{kind}", "a") as f:
                f.write(line + "\n")
        mounts = "".join(f"mount --bind {self.d}/{kind} /etc/{kind}; " for kind in ("passwd", "shadow", "group"))
        return ["unshare", "-m", "--propagation", "private", "sh", "-ec", mounts + 'exec "$@"', "sh", *argv]

    def log(self):
        return open(f"{self.d}/log").read()

    def logins(self):
        return self.log().count("Accepted publickey for ")

    def kill(self):
        """The daemon and its sessions, at once; not what the sessions have started."""
        known, mine = parents(), {self.process.pid}
        while True:
            more = {p for p, (parent, name) in known.items() if parent in mine and name.startswith("sshd")} - mine
            if not more:
                break
            mine |= more
        for process in mine:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()
