# SPDX-License-Identifier: Apache-2.0
"""What the tests of random worlds share: a world is made from a seed, goes, and is kept when something was wrong."""

import os
import shutil
import subprocess
import sys


class Checked(Exception):
    pass


def check(condition, *words):
    if not condition:
        raise Checked(" ".join(str(w) for w in words))


def run_seeds(make_world, default_seeds):
    """Arguments: VERBA [SEEDS] [FIRST_SEED]. `make_world(verba, seed)` has `go()` and `directory`."""
    verba = os.path.abspath(sys.argv[1])
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else default_seeds
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    passed = failed = 0
    for seed in range(first, first + seeds):
        world = make_world(verba, seed)
        try:
            world.go()
            passed += 1
            shutil.rmtree(world.directory)
        except (Checked, subprocess.TimeoutExpired) as problem:
            failed += 1
            print(f"seed {seed}: {problem}\n  kept: {world.directory}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
