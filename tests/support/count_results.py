#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts single test cases after a run of ctest and prints the closing line.

A program that writes DIRECTORY/NAME.json (as GoogleTest and run_transcripts.py do) counts as its cases; one
that writes nothing counts as one case. A program that died before it could write counts as one failure.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as xml


def cases(path):
    """The passed, failed and skipped cases of one GoogleTest report, with the names of those that did not pass."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    names = []
    for suite in json.loads(path.read_text()).get("testsuites", []):
        for case in suite["testsuite"]:
            name = f'{case["classname"]}.{case["name"]}'
            if case.get("status") == "NOTRUN":
                # Not chosen by the filter, or disabled by its name; only the latter is worth a word.
                if "DISABLED_" in name:
                    counts["skipped"] += 1
                    names.append(f"skipped: {name}")
            elif case.get("failures"):
                counts["failed"] += 1
                names.append(f"FAILED: {name}")
            elif case.get("result") == "SKIPPED":
                counts["skipped"] += 1
                names.append(f"skipped: {name}")
            else:
                counts["passed"] += 1
    return counts, names


def main():
    directory = pathlib.Path(sys.argv[1])
    pattern = sys.argv[2] if len(sys.argv) > 2 else ""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for program in xml.parse(directory / "ctest.xml").iter("testcase"):
        name, status = program.get("name"), program.get("status")
        report = directory / f"{name}.json"
        if not report.exists():  # called after the program
            report = directory / f"{name}_test.json"
        counts, names = {"passed": 0, "failed": 0, "skipped": 0}, []
        if report.exists():
            counts, names = cases(report)
        elif status == "run" and (not pattern or name == pattern):
            counts["passed"] = 1
        if status not in ("run", "disabled", "notrun") and counts["failed"] == 0:
            counts["passed"] = 0 if not report.exists() else counts["passed"]
            counts["failed"] = 1
            names.append(f"FAILED: {name} (the program itself)")
        if status == "notrun":
            # ctest says so of a program that is not built: never let that pass for success.
            counts["failed"] += 1
            names.append(f"FAILED: {name} could not be run")
        for key in total:
            total[key] += counts[key]
        for line in names:
            print(line)
    if pattern and sum(total.values()) == 0:
        print(f"no test matches '{pattern}'")
        total["failed"] = 1
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
