# SPDX-License-Identifier: Apache-2.0
"""Hosts with addresses and links of their own: network namespaces on a bridge. `lacking()` says why there can be none."""

import os
import shutil
import socket
import subprocess


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def lacking():
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("ip"):
        return "ip is not installed (iproute2)"
    name = f"vb{os.getpid()}"
    try:
        ip("netns", "add", name)
        ip("netns", "delete", name)
    except OSError as problem:
        return f"no network namespaces here: {problem}"
    return ""


class Network:
    def __init__(self, count):
        number = os.getpid()
        self.bridge = f"vb{number % 100_000}"
        self.net = f"10.{200 + number % 50}.{number // 50 % 250}"
        self.names = []
        ip("link", "add", self.bridge, "type", "bridge")
        ip("addr", "add", f"{self.net}.1/24", "dev", self.bridge)
        ip("link", "set", self.bridge, "up")
        for i in range(count):
            self.add(i)

    def add(self, i):
        name, outer = f"{self.bridge}-{i}", f"{self.bridge}v{i}"
        ip("netns", "add", name)
        self.names.append(name)
        ip("link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", outer, "master", self.bridge, "up")
        ip("-n", name, "addr", "add", f"{self.address(i)}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "link", "set", "lo", "up")

    def address(self, i):
        return f"{self.net}.{10 + i}"

    def inside(self, i):
        """What comes before a command that is to run on host i."""
        return ["ip", "netns", "exec", self.names[i]]

    def link(self, i, state):
        ip("link", "set", f"{self.bridge}v{i}", state)

    def reaches(self, i, port):
        """The kernel takes its time to believe in a link that is up again: 'No route to host' until then."""
        try:
            socket.create_connection((self.address(i), port), 1).close()
            return True
        except OSError:
            return False

    def end(self):
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False)
        subprocess.run(["ip", "link", "delete", self.bridge], check=False)
