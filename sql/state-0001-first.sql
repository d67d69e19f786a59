-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- state.db, schema 1: what the mail processes saw last. A cache; no row = not known.
CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);
INSERT INTO schema (id, version, oldest_reader) VALUES (1, 1, 1);

CREATE TABLE usage (
    account_id BIGINT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    measured_at BIGINT NOT NULL,
    limit_bytes BIGINT NOT NULL
);

-- The name under which a user was seen last, for when settings can't tell.
CREATE TABLE users (
    primary_address TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL UNIQUE
);

CREATE TABLE folders (
    account_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('inbox', 'trash', 'junk')),
    oldest_stored_at BIGINT NOT NULL,
    full_look_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);
CREATE INDEX folders_oldest_stored_at ON folders (kind, oldest_stored_at);

CREATE TABLE account_runs (
    account_id BIGINT NOT NULL PRIMARY KEY,
    completed_at BIGINT NOT NULL
);

CREATE TABLE activity (
    account_id BIGINT NOT NULL PRIMARY KEY,
    last_login_at BIGINT NOT NULL,
    last_delivery_at BIGINT NOT NULL
);

-- The host's clock on record. One row.
CREATE TABLE clock (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    newest_time BIGINT NOT NULL,
    last_run BIGINT NOT NULL
);
