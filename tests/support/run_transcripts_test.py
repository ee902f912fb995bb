#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The transcript runner must itself be able to fail."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

RUNNER = pathlib.Path(__file__).with_name("run_transcripts.py")


class RunTranscripts(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.path = pathlib.Path(self.directory.name) / "case.txt"

    def run_text(self, text, accept=False):
        self.path.write_text(text)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("VERBA_", "GTEST_"))}
        if accept:
            environment["VERBA_ACCEPT"] = "1"
        done = subprocess.run([sys.executable, RUNNER, self.path], env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout

    def assert_passes(self, text):
        code, out = self.run_text(text)
        self.assertEqual((code, out), (0, "1 passed, 0 failed, 0 skipped\n"))

    def assert_fails(self, text):
        code, out = self.run_text(text)
        self.assertEqual(code, 1, out)
        self.assertTrue(out.endswith("0 passed, 1 failed, 0 skipped\n"), out)
        return out

    def test_output_errors_and_exit_code(self):
        self.assert_passes("Words.\n$ echo one; echo two >&2; exit 3\none\n! two\n[exit 3]\n")

    def test_wrong_output(self):
        out = self.assert_fails("$ echo one\ntwo\n")
        self.assertIn("-two\n+one\n", out)

    def test_missing_and_extra_lines(self):
        self.assert_fails("$ echo one; echo two\none\n")
        self.assert_fails("$ echo one\none\ntwo\n")
        self.assert_fails("$ echo one\n")

    def test_wrong_exit_code(self):
        self.assert_fails("$ exit 1\n")
        self.assert_fails("$ true\n[exit 1]\n")
        self.assert_fails("$ exit 2\n[exit 1]\n")

    def test_standard_error_is_not_standard_output(self):
        self.assert_fails("$ echo one\n! one\n")
        self.assert_fails("$ echo one >&2\none\n")

    def test_files_before_and_between_commands(self):
        self.assert_passes("-- a/b.txt --\none\n$ cat a/b.txt\none\n-- a/b.txt --\ntwo\n$ cat a/b.txt\ntwo\n")

    def test_scripts_are_executable(self):
        self.assert_passes("-- x --\n#!/bin/sh\necho ran\n$ ./x\nran\n")

    def test_any_lines(self):
        self.assert_passes("$ seq 5\n1\n...\n5\n")
        self.assert_passes("$ seq 2\n1\n...\n2\n")
        self.assert_fails("$ seq 5\n1\n...\n4\n")

    def test_volatile_text(self):
        self.assert_passes("$ echo took 12ms at 2026-01-02T03:04:05.678Z pid 77\ntook 1.5s at 1999-12-31T00:00:00Z pid 1\n")
        self.assert_passes("$ echo at http://127.0.0.1:8080/ PORT: 4711\nat http://127.0.0.1:1234/ PORT: 1235\n")
        self.assert_passes("$ pwd; printf %064d 0\n<dir>\n<digest>\n")
        self.assert_fails("$ echo took 12 parts\ntook 13 parts\n")

    def test_words_of_a_slow_machine(self):
        self.assert_passes("$ echo getting into us >&2; echo 'getting into 20 accounts' >&2; echo two\ntwo\n")
        self.assert_fails("$ echo getting into us\n")

    def test_marks_in_output(self):
        self.assert_passes("$ echo '$ x'; echo '! x'; echo '[exit 1]'; echo ...\n\\$ x\n\\! x\n\\[exit 1]\n\\...\n")
        self.assert_fails("$ echo '[exit 1]'\n[exit 1]\n")

    def test_continued_commands(self):
        self.assert_passes("$ echo one \\\ntwo\none two\n")

    def test_clean_environment(self):
        os.environ["SURPRISE"] = "1"
        self.addCleanup(os.environ.pop, "SURPRISE")
        self.assert_passes('$ echo "${SURPRISE-none}" "$TZ" "$LC_ALL"; [ "$HOME" = "$PWD" ] && echo home; [ -t 0 ] || echo no tty\nnone UTC C.UTF-8\nhome\nno tty\n')

    def test_needs(self):
        code, out = self.run_text("Words.\nneeds: no-such-program\n$ exit 1\n")
        self.assertEqual(code, 0)
        self.assertIn("no-such-program is not installed\n0 passed, 0 failed, 1 skipped\n", out)

    def test_nothing_to_run_is_a_failure(self):
        self.assert_fails("Words alone.\n")

    def test_processes_left_behind_are_ended_and_are_a_failure(self):
        out = self.assert_fails("$ sleep 1000 >/dev/null 2>&1 & echo started\nstarted\n")
        self.assertIn("left running: sleep 1000", out)

    def test_accept_rewrites_only_what_differs(self):
        text = "Words.\n-- f --\nx\n\n$ echo took 1ms\ntook 9s\n\n$ echo new; echo err >&2; exit 2\nold\n\n$ true\n"
        code, _ = self.run_text(text, accept=True)
        self.assertEqual(code, 0)
        self.assertEqual(self.path.read_text(), text.replace("old\n", "new\n! err\n[exit 2]\n"))
        self.assert_passes(self.path.read_text())


if __name__ == "__main__":
    unittest.main()
