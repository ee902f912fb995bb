-- SPDX-License-Identifier: Apache-2.0
-- With `before`, all that is needed to put back what a step changed: JSON; NULL when there were none.
ALTER TABLE step ADD COLUMN outputs_before TEXT;
