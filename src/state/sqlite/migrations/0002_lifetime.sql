-- Temporary things: `over` is one that was deleted at the end of its run, of which only what it had is remembered.
ALTER TABLE record ADD COLUMN lifetime TEXT NOT NULL DEFAULT 'lasting'
  CHECK (lifetime IN ('lasting', 'temporary', 'over'));
