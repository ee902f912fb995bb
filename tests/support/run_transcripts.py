#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the command line transcripts of tests/cli: each is a session at a shell, with what it must print.

    Words that say what is shown.           up to the first file or command
    needs: ssh, git                         skipped, loudly, where one of these programs is missing; the last on PATH
    copy: examples/hello                    the files of a folder of the repository, beside those below
    -- web.yaml --                          a file; the lines up to the next file or command are its content
    $ verba apply --yes                     a command, run by `sh -c`; a \\ at its end joins the next line
    what it printed to standard output
    ! what it printed to standard error
    [exit 1]                                its exit code, when that is not 0

Files may come between commands too: they are written when the session gets there. A line `...` stands for any
lines. A line of output that would look like one of these marks is written with a \\ before it.

Volatile text is masked on both sides: lengths of time, instants, the temporary directory, 64-digit digests,
UUIDs, ports of this machine and process ids. Commands see PATH (with verba), HOME (the temporary directory they run in), TZ=UTC,
LC_ALL=C.UTF-8 and TMPDIR, no terminal and no standard input; BOTOCORE, too, where this Python has it: the stand-in for AWS
reads what AWS says of its calls there.

VERBA_ACCEPT=1 rewrites the expected output; VERBA_TRANSCRIPTS=WORD runs those whose path holds WORD. With
GTEST_OUTPUT=json:FILE a report is written as GoogleTest writes it.
"""
import argparse
import concurrent.futures
import difflib
import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = re.compile(r"-- (\S.*) --$")
EXIT = re.compile(r"\[exit (\d+)\]$")
MARK = re.compile(r"\\|\$ |! |\.\.\.$|-- \S.* --$|\[exit \d+\]$")
COMMAND_LIMIT_SECONDS = 120
BOTOCORE = importlib.util.find_spec("botocore")

DURATION = re.compile(r"(?<![\w.:-])(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)?m?s(?![\w-])|(?<![\w.:-])(?:\d+h)?\d+m\d+s(?!\w)")
HEADING = re.compile(r"^(?:! )?[A-Z]+\b.* (?:TOOK|STARTED|SINCE|WHEN|AGE)\b")
AGO = re.compile(r"just now|\b\d+ ?(?:s|m|h|d|seconds?|minutes?|hours?|days?) ago\b")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d| UTC)?")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
PORT = re.compile(r"(127\.0\.0\.1:|(?i:port)['\"]?[=:] ?['\"]?)\d{4,5}\b")
SLOW = re.compile(r"! getting into (?:\S+|\d+ accounts)$")
PID = re.compile(r"\b(pid|process)([ =:]+|\": ?)\d+")


def mask_for_file(line):
    """What would differ on every machine and at every hour."""
    line = INSTANT.sub("<instant>", line)
    line = DIGEST.sub("<digest>", line)
    line = UUID.sub("<uuid>", line)
    line = PORT.sub(r"\1<port>", line)
    return PID.sub(r"\1\2<pid>", line)


def mask(line):
    """As lines are compared. Columns after a length of time move with it, heading and all: their spaces do not count."""
    line = mask_for_file(line)
    masked = DURATION.sub("<time>", AGO.sub("<time>", line))
    if "<time>" in masked or "<instant>" in masked or HEADING.search(masked):
        indent = len(masked) - len(masked.lstrip(" "))
        masked = masked[:indent] + re.sub(" {2,}", " ", masked[indent:].rstrip())
    return masked


def matches(expected, actual):
    """Whether the lines agree, `...` standing for any number of them. What is said of a slow machine alone does not count."""
    actual = [line for line in actual if not SLOW.match(line)]
    reachable = {0}
    for line in expected:
        if line == "...":
            reachable = set(range(min(reachable), len(actual) + 1)) if reachable else set()
        else:
            wanted = mask(unescaped(line))
            reachable = {at + 1 for at in reachable if at < len(actual) and mask(unescaped(actual[at])) == wanted
                         and is_marked(line) == is_marked(actual[at])}
        if not reachable:
            return False
    return len(actual) in reachable


def is_marked(line):
    """Standard error, or an exit code: the same words on standard output are something else."""
    return line.startswith("! ") or line == "!" or bool(EXIT.match(line))


def unescaped(line):
    return line[1:] if line.startswith("\\") else line


class Block:
    """A part of a transcript: the lines as written, and what they mean."""

    def __init__(self, kind, line):
        self.kind = kind  # words, file, command
        self.lines = [line] if line is not None else []  # of a command: it alone
        self.output = []  # of a command: the lines as written
        self.blank = 0  # empty lines after the output, for the reader's eye

    @property
    def command(self):
        return "\n".join(self.lines)[2:]


def parse(text):
    blocks = [Block("words", None)]
    for line in text.split("\n"):
        block = blocks[-1]
        if block.kind == "command" and not block.output and block.lines[-1].endswith("\\"):
            block.lines.append(line)
        elif line.startswith("$ "):
            blocks.append(Block("command", line))
        elif FILE.match(line):
            blocks.append(Block("file", line))
        elif block.kind == "command":
            block.output.append(line)
        else:
            block.lines.append(line)
    for block in blocks:
        while block.output and not block.output[-1]:
            block.output.pop()
            block.blank += 1
    return blocks


def render(blocks):
    lines = []
    for block in blocks:
        lines += block.lines + block.output + [""] * block.blank
    return "\n".join(lines)


def escaped(line):
    return "\\" + line if MARK.match(line) else line


USUAL = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]


def home_of(program):
    """The directory of a program on our own PATH, past what pyenv puts before it; or None."""
    found = shutil.which(program)
    if found and "/shims/" in found:
        found = subprocess.run(["pyenv", "which", program], capture_output=True, text=True, check=False).stdout.strip()
    return os.path.dirname(found) if found else None


class Session:
    """A temporary directory in which the blocks of one transcript happen."""

    def __init__(self, verba, root, needed=()):
        self.work = root / "work"
        self.work.mkdir()
        (root / "tmp").mkdir()
        self.token = uuid.uuid4().hex
        path = [str(verba.parent)] if verba else []
        self.environment = {
            "PATH": ":".join(path + USUAL + [home for home in needed if home not in USUAL]),
            "HOME": str(self.work),
            "TMPDIR": str(root / "tmp"),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "TRANSCRIPT": self.token,
        }
        if BOTOCORE:
            self.environment["BOTOCORE"] = os.path.dirname(BOTOCORE.origin)

    def write(self, block):
        path = self.work / FILE.match(block.lines[0]).group(1)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = "\n".join(unescaped(line) if line.startswith(("\\$ ", "\\-- ")) else line for line in block.lines[1:])
        path.write_text(content if content.endswith("\n") else content + "\n")
        path.chmod(0o755 if content.startswith("#!") else 0o644)

    def run(self, command):
        """The lines the command printed, marked as a transcript marks them."""
        # Files, not pipes: a service left running would keep a pipe open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = subprocess.Popen(["sh", "-c", command], cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=err, start_new_session=True)
            try:
                code = child.wait(COMMAND_LIMIT_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                code = f"none: killed after {COMMAND_LIMIT_SECONDS}s"
            lines = [escaped(line) for line in self.text_of(out)]
            lines += [("! " + line).rstrip(" ") if not line else "! " + line for line in self.text_of(err)]
            if code != 0:
                lines.append(f"[exit {128 - code if isinstance(code, int) and code < 0 else code}]")
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def text_of(self, file):
        file.seek(0)
        text = file.read().decode("utf-8", "backslashreplace").replace(str(self.work), "<dir>")
        text = text.replace(str(self.work.parent), "<tmp>")
        lines = text.split("\n")
        return lines[:-1] if lines[-1] == "" else lines

    def left_behind(self):
        """Ends the processes that this session started and that outlived it, and names them."""
        deadline = time.monotonic() + 8  # on a busy machine a server takes its time to end
        while True:
            found = list(self.processes())
            if not found or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        for pid, _ in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return [words for _, words in found]

    def processes(self):
        wanted = f"TRANSCRIPT={self.token}".encode()
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    if words:  # a zombie has none
                        yield int(entry.name), words
            except OSError:
                pass


class Transcript:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text()
        self.blocks = parse(self.text)
        self.failures = []
        self.skipped = ""

    @property
    def name(self):
        path = self.path.resolve()
        return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else self.path)

    def directives(self, word):
        for line in self.blocks[0].lines:
            if line.startswith(word + ":"):
                yield from (item.strip() for item in line[len(word) + 1:].split(",") if item.strip())

    def run(self, verba, accept):
        homes = {program: home_of(program) for program in self.directives("needs")}
        missing = [program for program, home in homes.items() if home is None]
        if missing:
            self.skipped = f"{', '.join(missing)} is not installed"
            return self
        if not any(block.kind == "command" for block in self.blocks):
            self.failures.append("it holds no command")
            return self
        with tempfile.TemporaryDirectory(prefix="transcript.", ignore_cleanup_errors=True) as root:
            session = Session(verba, pathlib.Path(root).resolve(), homes.values())
            for folder in self.directives("copy"):
                shutil.copytree(ROOT / folder, session.work, dirs_exist_ok=True)
            for block in self.blocks:
                if block.kind == "file":
                    session.write(block)
                elif block.kind == "command":
                    self.step(block, session.run(block.command), accept)
            self.failures += [f"left running: {words}" for words in session.left_behind()]
        if accept and render(self.blocks) != self.text:
            self.path.write_text(render(self.blocks))
        return self

    def step(self, block, actual, accept):
        if matches(block.output, actual):
            return
        if accept:
            # Lines that only differ in what is masked stay as they are, so that the diff shows what changed.
            old = {mask(line): line for line in block.output}
            block.output = [old.get(mask(line), mask_for_file(line)) for line in actual]
            return
        diff = difflib.unified_diff([mask(line) for line in block.output], [mask(line) for line in actual],
                                    "expected", "actual", lineterm="", n=10)
        self.failures.append(f"$ {block.command}\n" + "\n".join(diff))


def report(transcripts, path):
    cases = []
    for transcript in transcripts:
        case = {"name": transcript.path.stem, "classname": str(pathlib.Path(transcript.name).parent), "status": "RUN",
                "result": "SKIPPED" if transcript.skipped else "COMPLETED"}
        if transcript.failures:
            case["failures"] = [{"failure": failure} for failure in transcript.failures]
        cases.append(case)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"testsuites": [{"name": "transcripts", "testsuite": cases}]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=pathlib.Path, default=[ROOT / "tests/cli"])
    parser.add_argument("--verba", type=pathlib.Path, help="the program under test; a file named verba")
    parser.add_argument("--only", default=os.environ.get("VERBA_TRANSCRIPTS", ""), help="part of a path")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()

    verba = options.verba.resolve() if options.verba else None
    if verba and not os.access(verba, os.X_OK):
        sys.exit(f"{verba} is not there; build it first")
    files = []
    for path in options.paths:
        files += sorted(path.rglob("*.txt")) if path.is_dir() else [path]
    transcripts = [transcript for transcript in map(Transcript, files) if options.only in transcript.name]
    accept = os.environ.get("VERBA_ACCEPT") == "1"

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for transcript in pool.map(lambda each: each.run(verba, accept), transcripts):
            if transcript.skipped:
                print(f"SKIPPED {transcript.name}: {transcript.skipped}", flush=True)
            elif transcript.failures:
                print(f"FAILED {transcript.name}", flush=True)
                print("\n".join(transcript.failures) + "\n", flush=True)

    output = os.environ.get("GTEST_OUTPUT", "")
    if output.startswith("json:"):
        report(transcripts, pathlib.Path(output[5:]))
    failed = sum(bool(transcript.failures) for transcript in transcripts)
    skipped = sum(bool(transcript.skipped) for transcript in transcripts)
    print(f"{len(transcripts) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
