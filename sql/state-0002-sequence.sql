-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- Each report of a usage gets the next number, so that a reader finds what is new since its last
-- look. Numbers go on rising when the file is made anew: the first one is taken from the clock.
ALTER TABLE usage ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
CREATE INDEX usage_sequence ON usage (sequence);
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
UPDATE schema SET version = 2 WHERE id = 1;
