-- SPDX-FileCopyrightText: Boxkeeper authors
-- SPDX-License-Identifier: MIT
--
-- How often the text of an auto-reply has changed: with each new text everybody is answered again,
-- also where it is one that was there before.
ALTER TABLE auto_replies ADD COLUMN text_number BIGINT NOT NULL DEFAULT 0 CHECK (text_number >= 0);
UPDATE schema SET version = 2 WHERE id = 1;
