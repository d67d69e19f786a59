-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- The whole schema as the migrations of this folder leave it; for reading. A unit test compares the
-- two, so a migration is not finished before this file says the same.

-- ==== settings.db: domains, plans, accounts and what belongs to them ====

-- The common dialect of SQLite and PostgreSQL: TEXT and BIGINT only, switches are 0 or 1, times are
-- epoch seconds, durations seconds, sizes bytes, -1 = inherit. Addresses, logins and domain names
-- are lower case. Ids come from the table counters and are never used again.

-- What this file is, and the oldest program that can read it. One row.
CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);

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
    send_recipients_per_day BIGINT NOT NULL DEFAULT 0 CHECK (send_recipients_per_day >= 0),
    quota_warnings BIGINT NOT NULL DEFAULT 1 CHECK (quota_warnings IN (0, 1))
);

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
CREATE INDEX accounts_own_retention ON accounts (id, archive_seconds, trash_seconds, junk_seconds)
    WHERE archive_seconds > 0 OR trash_seconds > 0 OR junk_seconds > 0;

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
    interval_seconds BIGINT NOT NULL DEFAULT -1 CHECK (interval_seconds >= -1),
    -- how often the text has changed: everybody is answered again, also with one that was there before
    text_number BIGINT NOT NULL DEFAULT 0 CHECK (text_number >= 0)
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

-- ==== credentials.db: who may log in with what ====

CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);

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
    external_auth BIGINT NOT NULL DEFAULT 0 CHECK (external_auth IN (0, 1)),
    -- the previous hash is the one before the password was changed by force
    forced BIGINT NOT NULL DEFAULT 0 CHECK (forced IN (0, 1))
);
CREATE UNIQUE INDEX credentials_login ON credentials (login);
CREATE UNIQUE INDEX credentials_primary_address ON credentials (primary_address);

-- New hashes of a bulk change, until its job is done.
CREATE TABLE staged_passwords (
    account_id BIGINT NOT NULL PRIMARY KEY,
    job_id BIGINT NOT NULL,
    password_hash TEXT NOT NULL
);

-- Further names of an account: while it is renamed, and for mail that was queued before.
CREATE TABLE former_addresses (
    address TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL
);
CREATE INDEX former_addresses_account_id ON former_addresses (account_id);

-- ==== state.db: what the mail processes saw last ====

CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);

CREATE TABLE usage (
    account_id BIGINT NOT NULL PRIMARY KEY,
    bytes BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    measured_at BIGINT NOT NULL,
    limit_bytes BIGINT NOT NULL,
    -- of this report; a reader finds what is new since its last look
    sequence BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX usage_sequence ON usage (sequence);

-- The last number given, per kind.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
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
CREATE INDEX folders_oldest ON folders (kind, oldest_stored_at, account_id)
    WHERE oldest_stored_at > 0;
CREATE INDEX folders_full_look ON folders (kind, full_look_at, account_id)
    WHERE oldest_stored_at > 0;

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

-- ==== limits.db: sending counters and warnings sent ====

CREATE TABLE schema (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    oldest_reader BIGINT NOT NULL
);

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
    threshold_percent BIGINT NOT NULL, -- what the account knows; 0: no threshold is passed
    sent_at BIGINT NOT NULL, -- the last mail of any kind; 0 = never
    sent_below_at BIGINT NOT NULL DEFAULT 0,
    sent_80_at BIGINT NOT NULL DEFAULT 0,
    sent_90_at BIGINT NOT NULL DEFAULT 0,
    sent_95_at BIGINT NOT NULL DEFAULT 0,
    look_at BIGINT NOT NULL DEFAULT 0 -- when to look again by all means; 0 = at the next change
);
CREATE INDEX warnings_look_at ON warnings (look_at);

-- How far the daemon has looked. One row.
CREATE TABLE warning_progress (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    usage_sequence BIGINT NOT NULL, -- of state.db
    change_sequence BIGINT NOT NULL, -- of settings.db
    walk_account_id BIGINT NOT NULL, -- a look at all accounts goes on from here; -1 = none
    known_sequence BIGINT NOT NULL -- usage up to this one counts as told; -1 = none
);
