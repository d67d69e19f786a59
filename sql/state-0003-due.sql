-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- For the sweep, which reads both in pieces, from the oldest on: each piece begins where the one
-- before ended, also among thousands of the same second.
DROP INDEX folders_oldest_stored_at;
CREATE INDEX folders_oldest ON folders (kind, oldest_stored_at, account_id)
    WHERE oldest_stored_at > 0;
CREATE INDEX folders_full_look ON folders (kind, full_look_at, account_id)
    WHERE oldest_stored_at > 0;
UPDATE schema SET version = 3 WHERE id = 1;
