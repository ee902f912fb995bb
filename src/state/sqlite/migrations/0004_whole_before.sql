-- SPDX-License-Identifier: Apache-2.0
-- Was the thing deployed when the step began? So a step that was broken off before it did anything leaves it as it was.
ALTER TABLE step ADD COLUMN whole_before INTEGER NOT NULL DEFAULT 0;
