-- SPDX-License-Identifier: Apache-2.0
-- Times are milliseconds since 1970-01-01 UTC; digests are the 32 bytes of SHA-256.
-- Checks are written with OR: for an IN of more than two words SQLite makes a table, in each statement anew.

PRAGMA application_id = 0x56524241;  -- "VRBA": tells our files from others

-- Every environment that was ever written to. `serial` grows with each change of its records.
CREATE TABLE environment (
  name   TEXT PRIMARY KEY,
  serial INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Contents by their digest, each once. encoding 0: as it is, 1: zstd.
CREATE TABLE blob (
  digest   BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  encoding INTEGER NOT NULL CHECK (encoding IN (0, 1)),
  size     INTEGER NOT NULL,        -- of the content, in bytes
  content  BLOB NOT NULL
) STRICT;

-- What is deployed. `definition` and `pending` are digests of blobs.
CREATE TABLE record (
  environment TEXT NOT NULL,
  address     TEXT NOT NULL,
  deployment  TEXT NOT NULL,
  type        TEXT NOT NULL,
  account     TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status = 'deployed' OR status = 'started' OR status = 'failed'),
  definition  BLOB,
  pending     BLOB,
  inputs      BLOB NOT NULL,
  beside      BLOB NOT NULL,
  outputs     TEXT NOT NULL,        -- JSON
  needs       TEXT NOT NULL,        -- JSON list of addresses
  run         INTEGER NOT NULL,     -- 0: none
  created     INTEGER NOT NULL,
  updated     INTEGER NOT NULL,
  place       TEXT NOT NULL,
  protect     INTEGER NOT NULL CHECK (protect IN (0, 1)),
  PRIMARY KEY (environment, address)
) STRICT, WITHOUT ROWID;

-- One lease is one holder; AUTOINCREMENT is what makes fences grow for ever.
CREATE TABLE lease (
  fence         INTEGER PRIMARY KEY AUTOINCREMENT,
  environment   TEXT NOT NULL,
  user          TEXT NOT NULL,
  host          TEXT NOT NULL,
  boot_id       TEXT NOT NULL,
  process       INTEGER NOT NULL,
  process_start INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  since         INTEGER NOT NULL,
  expires       INTEGER NOT NULL
) STRICT;

-- The deployments that each lease covers.
CREATE TABLE leased (
  environment TEXT NOT NULL,
  deployment  TEXT NOT NULL,
  fence       INTEGER NOT NULL,
  PRIMARY KEY (environment, deployment)
) STRICT, WITHOUT ROWID;
CREATE INDEX leased_by_fence ON leased (fence);

CREATE TABLE run (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  environment   TEXT NOT NULL,
  verb          TEXT NOT NULL,
  reason        TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (
    status = 'running' OR status = 'succeeded' OR status = 'failed' OR status = 'cancelled' OR
    status = 'interrupted' OR status = 'rolled-back' OR status = 'rollback-failed'),
  user          TEXT NOT NULL,
  host          TEXT NOT NULL,
  boot_id       TEXT NOT NULL,
  process       INTEGER NOT NULL,
  process_start INTEGER NOT NULL,
  fence         INTEGER NOT NULL,   -- of the lease it was begun with
  started       INTEGER NOT NULL,
  finished      INTEGER,
  source        TEXT NOT NULL,      -- JSON
  plan          BLOB NOT NULL,      -- digest of a blob: JSON
  steps         INTEGER NOT NULL,
  succeeded     INTEGER,            -- counted when the run ended; NULL: count the steps
  failed        INTEGER
) STRICT;
CREATE INDEX run_by_environment ON run (environment, id);
CREATE INDEX run_running ON run (environment) WHERE status = 'running';

CREATE TABLE step (
  run       INTEGER NOT NULL,
  number    INTEGER NOT NULL,
  address   TEXT NOT NULL,
  action    TEXT NOT NULL,
  reason    TEXT NOT NULL,
  status    TEXT NOT NULL CHECK (
    status = 'pending' OR status = 'started' OR status = 'succeeded' OR status = 'unchanged' OR
    status = 'failed' OR status = 'cancelled' OR status = 'skipped' OR status = 'in-doubt'),
  attempts  INTEGER NOT NULL,
  started   INTEGER,                -- of the first attempt
  finished  INTEGER,
  message   TEXT NOT NULL,
  exit_code INTEGER,
  before    BLOB,
  after     BLOB,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- What the steps printed, in the order it came.
CREATE TABLE log (
  id           INTEGER PRIMARY KEY,
  run          INTEGER NOT NULL,
  step         INTEGER NOT NULL,
  attempt      INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  error_stream INTEGER NOT NULL CHECK (error_stream IN (0, 1)),
  text         BLOB NOT NULL
) STRICT;
CREATE INDEX log_by_step ON log (run, step);

-- What happened, and who did it. Only ever appended to.
CREATE TABLE event (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  run    INTEGER NOT NULL,          -- 0: not of a run
  at     INTEGER NOT NULL,
  type   TEXT NOT NULL,
  who    TEXT NOT NULL,
  detail TEXT NOT NULL              -- JSON
) STRICT;
