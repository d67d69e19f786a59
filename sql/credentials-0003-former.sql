-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- Names under which an account may still be asked for: the one that a rename is about to give it, and
-- those that it had, for mail that was queued before. Never a primary address of the table credentials.
CREATE TABLE former_addresses (
    address TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL
);
CREATE INDEX former_addresses_account_id ON former_addresses (account_id);
-- The password was changed by force: the previous hash is the one of before that, however often.
ALTER TABLE credentials ADD COLUMN forced BIGINT NOT NULL DEFAULT 0 CHECK (forced IN (0, 1));
UPDATE schema SET version = 3 WHERE id = 1;
