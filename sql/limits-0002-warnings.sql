-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- The table warnings in full: threshold_percent is what the account knows (0: no threshold is
-- passed), sent_at the last mail of any kind. And how far the daemon has looked.
ALTER TABLE warnings ADD COLUMN sent_below_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE warnings ADD COLUMN sent_80_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE warnings ADD COLUMN sent_90_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE warnings ADD COLUMN sent_95_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE warnings ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX warnings_look_at ON warnings (look_at);
CREATE TABLE warning_progress (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    usage_sequence BIGINT NOT NULL,
    change_sequence BIGINT NOT NULL,
    walk_account_id BIGINT NOT NULL,
    known_sequence BIGINT NOT NULL
);
UPDATE schema SET version = 2 WHERE id = 1;
