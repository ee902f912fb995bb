"""Brings a SQLite database to the schema given on standard input, or says whether it is there."""
import json
import os
import sqlite3
import sys


def migrate(path):
    script = sys.stdin.read()
    statements, statement = [], ""
    for line in script.splitlines():
        if not line.startswith("--"):
            statement += line + "\n"
        if statement.strip() and sqlite3.complete_statement(statement):
            statements.append(statement)
            statement = ""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with sqlite3.connect(path) as database:
        done = database.execute("PRAGMA user_version").fetchone()[0]
        for number, statement in enumerate(statements[done:], done + 1):
            database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
            print(f"migration {number} done", file=sys.stderr)
    print(json.dumps({"path": path, "version": max(done, len(statements))}))


def check(path):
    """The exit codes a check script has: 0 as deployed, 2 drifted, 3 absent."""
    if not os.path.exists(path):
        return 3
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            database.execute("SELECT count(*) FROM note")
    except sqlite3.Error as error:
        print(error)
        return 2
    return 0


if __name__ == "__main__":
    verb, path = sys.argv[1:]
    sys.exit(migrate(path) if verb == "migrate" else check(path))
