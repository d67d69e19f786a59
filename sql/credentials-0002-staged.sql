-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- New hashes of a bulk change, from before its job stands in settings until the job is done. Nobody
-- logs in with them.
CREATE TABLE staged_passwords (
    account_id BIGINT NOT NULL PRIMARY KEY,
    job_id BIGINT NOT NULL,
    password_hash TEXT NOT NULL
);
UPDATE schema SET version = 2 WHERE id = 1;
