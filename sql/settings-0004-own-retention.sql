-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- The few accounts with durations of their own, for the sweep.
CREATE INDEX accounts_own_retention ON accounts (id, archive_seconds, trash_seconds, junk_seconds)
    WHERE archive_seconds > 0 OR trash_seconds > 0 OR junk_seconds > 0;
UPDATE schema SET version = 4 WHERE id = 1;
