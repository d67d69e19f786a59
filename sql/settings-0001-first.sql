-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- settings.db, schema 1.
--
-- The common dialect of SQLite and PostgreSQL: TEXT and BIGINT only, switches are 0 or 1, times are
-- epoch seconds, durations seconds, sizes bytes, -1 = inherit. Addresses, logins and domain names
-- are lower case. Ids come from the table counters and are never used again.

-- What this file is, and the oldest program that can read it. One row.
CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);
INSERT INTO schema (id, version, oldest_reader) VALUES (1, 1, 1);

-- Paths, users and commands of this installation.
CREATE TABLE server (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- The last number given, per kind.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES
    ('change_sequence', 1), ('plan_id', 5), ('domain_id', 0), ('account_id', 0), ('job_id', 0),
    ('audit_id', 0);

-- What each commit touched, so that a reader can drop exactly that from a cache. Old rows go.
CREATE TABLE changes (
    sequence BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('account', 'domain', 'plan', 'server', 'everything')),
    subject_id BIGINT NOT NULL,
    PRIMARY KEY (sequence, kind, subject_id)
);

-- Every cell of the table of plans (PRODUCT.md section 2) is a column here; see src/rules/plan.h.
CREATE TABLE plans (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    capacity_kind TEXT NOT NULL DEFAULT 'any'
        CHECK (capacity_kind IN ('any', 'choices', 'range', 'fixed')),
    capacity_choices TEXT NOT NULL DEFAULT '',
    capacity_minimum_bytes BIGINT NOT NULL DEFAULT 0 CHECK (capacity_minimum_bytes >= 0),
    capacity_maximum_bytes BIGINT NOT NULL DEFAULT 0 CHECK (capacity_maximum_bytes >= 0),
    capacity_required BIGINT NOT NULL DEFAULT 0 CHECK (capacity_required IN (0, 1)),
    capacity_default_bytes BIGINT NOT NULL DEFAULT 0 CHECK (capacity_default_bytes >= 0),
    quota_grace_bytes BIGINT NOT NULL DEFAULT 0 CHECK (quota_grace_bytes >= 0),
    full_is_temporary BIGINT NOT NULL DEFAULT 0 CHECK (full_is_temporary IN (0, 1)),
    receive_off TEXT NOT NULL DEFAULT 'drops' CHECK (receive_off IN ('drops', 'refuses')),
    forward_allowed BIGINT NOT NULL DEFAULT 1 CHECK (forward_allowed IN (0, 1)),
    forward_targets_maximum BIGINT NOT NULL DEFAULT 100 CHECK (forward_targets_maximum >= 0),
    auto_reply_allowed BIGINT NOT NULL DEFAULT 1 CHECK (auto_reply_allowed IN (0, 1)),
    auto_reply_width_maximum BIGINT NOT NULL DEFAULT 0 CHECK (auto_reply_width_maximum >= 0),
    auto_reply_interval_seconds BIGINT NOT NULL DEFAULT 604800
        CHECK (auto_reply_interval_seconds >= 0),
    spam_tag_allowed BIGINT NOT NULL DEFAULT 1 CHECK (spam_tag_allowed IN (0, 1)),
    spam_tag_default BIGINT NOT NULL DEFAULT 0 CHECK (spam_tag_default IN (0, 1)),
    spam_tag_text TEXT NOT NULL DEFAULT '[SPAM]',
    spam_tag_text_settable BIGINT NOT NULL DEFAULT 1 CHECK (spam_tag_text_settable IN (0, 1)),
    spam_sort_allowed BIGINT NOT NULL DEFAULT 1 CHECK (spam_sort_allowed IN (0, 1)),
    spam_sort_default BIGINT NOT NULL DEFAULT 0 CHECK (spam_sort_default IN (0, 1)),
    spam_folder TEXT NOT NULL DEFAULT 'Junk',
    spam_actions_allowed BIGINT NOT NULL DEFAULT 1 CHECK (spam_actions_allowed IN (0, 1)),
    spam_lists_allowed BIGINT NOT NULL DEFAULT 1 CHECK (spam_lists_allowed IN (0, 1)),
    spam_score_hundredths BIGINT NOT NULL DEFAULT 500,
    retention_kind TEXT NOT NULL DEFAULT 'any' CHECK (retention_kind IN ('any', 'fixed', 'none')),
    archive_seconds BIGINT NOT NULL DEFAULT 15552000 CHECK (archive_seconds >= 0),
    trash_seconds BIGINT NOT NULL DEFAULT 2678400 CHECK (trash_seconds >= 0),
    junk_seconds BIGINT NOT NULL DEFAULT 0 CHECK (junk_seconds >= 0),
    trash_names TEXT NOT NULL DEFAULT '',
    registration_rows_maximum BIGINT NOT NULL DEFAULT 0 CHECK (registration_rows_maximum >= 0),
    name_rule TEXT NOT NULL DEFAULT 'a' CHECK (name_rule IN ('a', 'b')),
    name_length_minimum BIGINT NOT NULL DEFAULT 2 CHECK (name_length_minimum >= 1),
    name_length_maximum BIGINT NOT NULL DEFAULT 32,
    password_rule TEXT NOT NULL DEFAULT 'a' CHECK (password_rule IN ('a', 'b')),
    password_length_minimum BIGINT NOT NULL DEFAULT 8 CHECK (password_length_minimum >= 1),
    password_length_maximum BIGINT NOT NULL DEFAULT 64,
    password_dictionary BIGINT NOT NULL DEFAULT 1 CHECK (password_dictionary IN (0, 1)),
    full_name_required BIGINT NOT NULL DEFAULT 0 CHECK (full_name_required IN (0, 1)),
    present_from_start TEXT NOT NULL DEFAULT 'postmaster',
    send_messages_per_hour BIGINT NOT NULL DEFAULT 0 CHECK (send_messages_per_hour >= 0),
    send_messages_per_day BIGINT NOT NULL DEFAULT 0 CHECK (send_messages_per_day >= 0),
    send_recipients_per_hour BIGINT NOT NULL DEFAULT 0 CHECK (send_recipients_per_hour >= 0),
    send_recipients_per_day BIGINT NOT NULL DEFAULT 0 CHECK (send_recipients_per_day >= 0)
);

INSERT INTO plans (id, name) VALUES (1, 'open');

-- Panel A, "Business Standard" and "KWC mail": the same cells, two names.
INSERT INTO plans (id, name, capacity_kind, capacity_choices, capacity_default_bytes,
    forward_targets_maximum, auto_reply_width_maximum, spam_tag_text_settable,
    spam_actions_allowed, spam_lists_allowed, retention_kind, registration_rows_maximum)
VALUES
    (2, 'business-standard', 'choices',
     '0,1073741824,2147483648,5368709120,10737418240,21474836480,53687091200,107374182400',
     5368709120, 20, 600, 0, 0, 0, 'fixed', 50),
    (3, 'kwc', 'choices',
     '0,1073741824,2147483648,5368709120,10737418240,21474836480,53687091200,107374182400',
     5368709120, 20, 600, 0, 0, 0, 'fixed', 50);

-- Panel A, "SV-Basic": no capacity, no sorting, no archive.
INSERT INTO plans (id, name, capacity_kind, forward_targets_maximum, auto_reply_width_maximum,
    spam_tag_text_settable, spam_sort_allowed, spam_actions_allowed, spam_lists_allowed,
    retention_kind, archive_seconds, trash_seconds)
VALUES (4, 'sv-basic', 'fixed', 20, 600, 0, 0, 0, 0, 'none', 0, 0);

-- Panel B: 1M to 10.5G, "e-mail disabled" refuses, four spam actions, folder caughtspam.
INSERT INTO plans (id, name, capacity_kind, capacity_minimum_bytes, capacity_maximum_bytes,
    capacity_default_bytes, receive_off, forward_targets_maximum,
    spam_tag_text, spam_folder, retention_kind, archive_seconds, trash_seconds,
    registration_rows_maximum, name_rule, name_length_minimum, name_length_maximum, password_rule,
    full_name_required, present_from_start)
VALUES (5, 'site', 'range', 1048576, 11274289152, 1073741824, 'refuses', 20,
    '****SPAM(_SCORE_)****', 'caughtspam', 'none', 0, 0, 50, 'b', 1, 47, 'b', 1,
    'postmaster
mailadmin');

CREATE TABLE domains (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    plan_id BIGINT NOT NULL REFERENCES plans (id),
    login_prefix TEXT UNIQUE,
    time_zone TEXT,
    language TEXT CHECK (language IN ('ja', 'en', 'fr', 'de', 'it', 'pt', 'es')),
    suspended BIGINT NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    catch_all_account_id BIGINT NOT NULL DEFAULT 0,
    accounts_maximum BIGINT NOT NULL DEFAULT 0 CHECK (accounts_maximum >= 0),
    capacity_sum_maximum_bytes BIGINT NOT NULL DEFAULT 0 CHECK (capacity_sum_maximum_bytes >= 0),
    capacity_maximum_bytes BIGINT NOT NULL DEFAULT 0 CHECK (capacity_maximum_bytes >= 0),
    default_capacity_bytes BIGINT NOT NULL DEFAULT -1 CHECK (default_capacity_bytes >= -1),
    archive_seconds BIGINT NOT NULL DEFAULT -1 CHECK (archive_seconds >= -1),
    trash_seconds BIGINT NOT NULL DEFAULT -1 CHECK (trash_seconds >= -1),
    junk_seconds BIGINT NOT NULL DEFAULT -1 CHECK (junk_seconds >= -1),
    send_messages_per_hour BIGINT NOT NULL DEFAULT -1 CHECK (send_messages_per_hour >= -1),
    send_messages_per_day BIGINT NOT NULL DEFAULT -1 CHECK (send_messages_per_day >= -1),
    send_recipients_per_hour BIGINT NOT NULL DEFAULT -1 CHECK (send_recipients_per_hour >= -1),
    send_recipients_per_day BIGINT NOT NULL DEFAULT -1 CHECK (send_recipients_per_day >= -1)
);
CREATE INDEX domains_plan_id ON domains (plan_id);

CREATE TABLE domain_aliases (
    name TEXT NOT NULL PRIMARY KEY,
    domain_id BIGINT NOT NULL REFERENCES domains (id) ON DELETE CASCADE
);
CREATE INDEX domain_aliases_domain_id ON domain_aliases (domain_id);

CREATE TABLE accounts (
    id BIGINT NOT NULL PRIMARY KEY,
    domain_id BIGINT NOT NULL REFERENCES domains (id),
    name TEXT NOT NULL,
    login TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deleting')),
    full_name TEXT NOT NULL DEFAULT '',
    comment TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT 'en'
        CHECK (language IN ('ja', 'en', 'fr', 'de', 'it', 'pt', 'es')),
    rights TEXT NOT NULL DEFAULT '',
    capacity_bytes BIGINT NOT NULL DEFAULT 0 CHECK (capacity_bytes >= 0),
    receive BIGINT NOT NULL DEFAULT 1 CHECK (receive IN (0, 1)),
    suspended BIGINT NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    force_changed BIGINT NOT NULL DEFAULT 0 CHECK (force_changed IN (0, 1)),
    external_auth BIGINT NOT NULL DEFAULT 0 CHECK (external_auth IN (0, 1)),
    imap_allowed BIGINT NOT NULL DEFAULT 1 CHECK (imap_allowed IN (0, 1)),
    pop3_allowed BIGINT NOT NULL DEFAULT 1 CHECK (pop3_allowed IN (0, 1)),
    submission_allowed BIGINT NOT NULL DEFAULT 1 CHECK (submission_allowed IN (0, 1)),
    managesieve_allowed BIGINT NOT NULL DEFAULT 1 CHECK (managesieve_allowed IN (0, 1)),
    forward_keep_copy BIGINT NOT NULL DEFAULT 1 CHECK (forward_keep_copy IN (0, 1)),
    archive_seconds BIGINT NOT NULL DEFAULT -1 CHECK (archive_seconds >= -1),
    trash_seconds BIGINT NOT NULL DEFAULT -1 CHECK (trash_seconds >= -1),
    junk_seconds BIGINT NOT NULL DEFAULT -1 CHECK (junk_seconds >= -1),
    hold_reason TEXT CHECK (hold_reason <> ''),
    created_at BIGINT NOT NULL DEFAULT 0,
    auto_reply BIGINT NOT NULL DEFAULT 0 CHECK (auto_reply IN (0, 1)),
    mail_host TEXT NOT NULL DEFAULT '',
    send_messages_per_hour BIGINT NOT NULL DEFAULT -1 CHECK (send_messages_per_hour >= -1),
    send_messages_per_day BIGINT NOT NULL DEFAULT -1 CHECK (send_messages_per_day >= -1),
    send_recipients_per_hour BIGINT NOT NULL DEFAULT -1 CHECK (send_recipients_per_hour >= -1),
    send_recipients_per_day BIGINT NOT NULL DEFAULT -1 CHECK (send_recipients_per_day >= -1),
    UNIQUE (domain_id, name)
);

-- Primary addresses and aliases: one table, so that an address belongs to one account only.
CREATE TABLE addresses (
    address TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('primary', 'alias'))
);
CREATE UNIQUE INDEX addresses_primary ON addresses (account_id) WHERE kind = 'primary';
CREATE INDEX addresses_account_id ON addresses (account_id);

CREATE TABLE forwards (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    target TEXT NOT NULL,
    -- the target without its extension: the address to be found by
    target_address TEXT NOT NULL,
    PRIMARY KEY (account_id, position)
);
CREATE INDEX forwards_target_address ON forwards (target_address);

CREATE TABLE auto_replies (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    subject TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT '',
    quote_original BIGINT NOT NULL DEFAULT 0 CHECK (quote_original IN (0, 1)),
    -- local dates of the domain's time zone, YYYY-MM-DD; '' = no limit
    from_date TEXT NOT NULL DEFAULT '',
    until_date TEXT NOT NULL DEFAULT '',
    interval_seconds BIGINT NOT NULL DEFAULT -1 CHECK (interval_seconds >= -1)
);

-- No row: the plan's defaults.
CREATE TABLE spam_settings (
    account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    tag BIGINT NOT NULL DEFAULT 0 CHECK (tag IN (0, 1)),
    tag_text TEXT, -- NULL: the plan's
    sort BIGINT NOT NULL DEFAULT 0 CHECK (sort IN (0, 1)),
    score_hundredths BIGINT, -- NULL: the plan's
    action TEXT CHECK (action IN ('off', 'tag', 'move', 'delete')),
    -- ON: no points for such text
    asian_mail BIGINT NOT NULL DEFAULT 1 CHECK (asian_mail IN (0, 1)),
    non_english_mail BIGINT NOT NULL DEFAULT 1 CHECK (non_english_mail IN (0, 1))
);

CREATE TABLE sender_lists (
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    pattern TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('allow', 'block')),
    PRIMARY KEY (account_id, kind, pattern)
);

-- Work that goes on after a crash. The account may be gone before its job.
CREATE TABLE jobs (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    account_id BIGINT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    done BIGINT NOT NULL DEFAULT 0 CHECK (done >= 0),
    total BIGINT NOT NULL DEFAULT 0 CHECK (total >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_account_id ON jobs (account_id);

CREATE TABLE audit (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    command TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT,
    after TEXT
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_subject ON audit (subject, at);
