-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- Are accounts of the plan told that their mailbox fills up?
ALTER TABLE plans ADD COLUMN quota_warnings BIGINT NOT NULL DEFAULT 1
    CHECK (quota_warnings IN (0, 1));
UPDATE schema SET version = 3 WHERE id = 1;
