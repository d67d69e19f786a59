-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- limits.db, schema 1: how much an account sent in the present hour and day, and when its owner was
-- warned last that the mailbox fills up.
CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);
INSERT INTO schema (id, version, oldest_reader) VALUES (1, 1, 1);

CREATE TABLE sent (
    account_id BIGINT NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('hour', 'day')),
    started_at BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    recipients BIGINT NOT NULL,
    PRIMARY KEY (account_id, period)
);

CREATE TABLE warnings (
    account_id BIGINT NOT NULL PRIMARY KEY,
    threshold_percent BIGINT NOT NULL,
    sent_at BIGINT NOT NULL
);
