# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# Boxkeeper's global script: it runs before the users' own ones and does what the plugin has decided
# for this message and this account. All values come from the plugin; nothing is decided here.
# After a change of this file: sievec boxkeeper.sieve, as root.

require ["environment", "variables", "vnd.dovecot.environment", "editheader", "fileinto",
    "mailbox", "vacation"];

if string "${env.vnd.dovecot.config.boxkeeper_spam_delete}" "yes" {
    discard;
    stop;
}

# The Subject with a tag before it; encoded anew here.
if not string "${env.vnd.dovecot.config.boxkeeper_spam_subject}" "" {
    deleteheader "Subject";
    addheader :last "Subject" "${env.vnd.dovecot.config.boxkeeper_spam_subject}";
}

# The explicit handle clears the memory of who was answered when the text changes.
if string "${env.vnd.dovecot.config.boxkeeper_reply}" "yes" {
    vacation :handle "${env.vnd.dovecot.config.boxkeeper_reply_handle}"
        :subject "${env.vnd.dovecot.config.boxkeeper_reply_subject}"
        :from "${env.vnd.dovecot.config.boxkeeper_reply_from}"
        :addresses ["${env.vnd.dovecot.config.boxkeeper_reply_address}"]
        "${env.vnd.dovecot.config.boxkeeper_reply_text}";
}

# Not to be stored: receive OFF, or a form of the address that only answers.
if string "${env.vnd.dovecot.config.boxkeeper_store}" "no" {
    discard;
    stop;
}

# Users' own scripts run for what is not put away here.
if not string "${env.vnd.dovecot.config.boxkeeper_spam_folder}" "" {
    fileinto :create "${env.vnd.dovecot.config.boxkeeper_spam_folder}";
}
