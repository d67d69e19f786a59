-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- credentials.db, schema 1. Dovecot's queries (conf/) read the table credentials: its columns only
-- ever grow. A protocol's reason is what the user is told where it is not allowed.
CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);
INSERT INTO schema (id, version, oldest_reader) VALUES (1, 1, 1);

CREATE TABLE credentials (
    account_id BIGINT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    primary_address TEXT NOT NULL,
    password_hash TEXT,
    previous_hash TEXT,
    locked BIGINT NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
    imap_allowed BIGINT NOT NULL CHECK (imap_allowed IN (0, 1)),
    pop3_allowed BIGINT NOT NULL CHECK (pop3_allowed IN (0, 1)),
    submission_allowed BIGINT NOT NULL CHECK (submission_allowed IN (0, 1)),
    managesieve_allowed BIGINT NOT NULL CHECK (managesieve_allowed IN (0, 1)),
    imap_reason TEXT,
    pop3_reason TEXT,
    submission_reason TEXT,
    managesieve_reason TEXT,
    home TEXT NOT NULL,
    uid BIGINT NOT NULL,
    gid BIGINT NOT NULL,
    external_auth BIGINT NOT NULL DEFAULT 0 CHECK (external_auth IN (0, 1))
);
CREATE UNIQUE INDEX credentials_login ON credentials (login);
CREATE UNIQUE INDEX credentials_primary_address ON credentials (primary_address);
