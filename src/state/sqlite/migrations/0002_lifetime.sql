-- SPDX-License-Identifier: Apache-2.0
-- Temporary things: `over` is one that was deleted at the end of its run, of which only what it had is remembered.
ALTER TABLE record ADD COLUMN lifetime TEXT NOT NULL DEFAULT 'lasting'
  CHECK (lifetime = 'lasting' OR lifetime = 'temporary' OR lifetime = 'over');
-- When garbage collection may delete it.
ALTER TABLE record ADD COLUMN expires INTEGER;
