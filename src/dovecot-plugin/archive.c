/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/archive.h"

#include "dovecot-plugin/marker.h"

#include "hash.h"
#include "istream.h"

#include <sys/stat.h>

struct boxkeeper_archive {
    pool_t pool;
    struct mail_user *user;
    struct mailbox *box;
    /* NULL between batches. That of saving is "external", which says that maildir's files have the
     * changes already; so flags are changed in one of their own. */
    struct mailbox_transaction_context *saving, *changing;
    /* Both only after a run that died: what it may have stored, by GUID and (maildir) by file,
     * with the UID as value. */
    HASH_TABLE(const char *, void *) by_guid;
    HASH_TABLE(const char *, void *) by_file;
};

/* Device and inode of the message's file if another message may share it; else NULL. */
static const char *file_of(struct mail *mail)
{
    struct istream *input;
    struct stat st;
    int fd;

    if (strcmp(mail->box->storage->name, "maildir") != 0 ||
        mail_get_stream(mail, NULL, NULL, &input) < 0)
        return NULL;
    fd = i_stream_get_fd(input);
    if (fd == -1 || fstat(fd, &st) < 0 || st.st_nlink < 2)
        return NULL;
    return t_strdup_printf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
}

static void log_error(struct boxkeeper_archive *archive)
{
    e_error(archive->user->event, "boxkeeper: archive %s: %s", mailbox_get_vname(archive->box),
            mailbox_get_last_internal_error(archive->box, NULL));
}

/* Created by somebody else in the same moment is as good. */
static int create_and_subscribe(struct mailbox *box)
{
    if (mailbox_create(box, NULL, false) < 0 &&
        mailbox_get_last_mail_error(box) != MAIL_ERROR_EXISTS)
        return -1;
    return mailbox_set_subscribed(box, true);
}

static bool open_box(struct boxkeeper_archive *archive, const struct boxkeeper_folder *folder)
{
    archive->box = mailbox_alloc(folder->ns->list, folder->vname, MAILBOX_FLAG_IGNORE_ACLS);
    if ((folder->exists || create_and_subscribe(archive->box) == 0) &&
        mailbox_sync(archive->box, 0) == 0)
        return true;
    log_error(archive);
    return false;
}

static bool describe(struct boxkeeper_archive *archive, struct boxkeeper_marker *marker_r)
{
    struct mailbox_metadata metadata;
    struct mailbox_status status;

    if (mailbox_get_metadata(archive->box, MAILBOX_METADATA_GUID, &metadata) < 0 ||
        mailbox_get_status(archive->box, STATUS_UIDVALIDITY | STATUS_UIDNEXT, &status) < 0) {
        log_error(archive);
        return false;
    }
    guid_128_copy(marker_r->mailbox_guid, metadata.guid);
    marker_r->uid_validity = status.uidvalidity;
    marker_r->first_uid = status.uidnext;
    return true;
}

/* False if it could not be read; a message that is gone by now is fine. */
static bool remember(struct boxkeeper_archive *archive, struct mail *mail)
{
    const char *guid, *file;

    if (mail_get_special(mail, MAIL_FETCH_GUID, &guid) < 0)
        return mailbox_get_last_mail_error(archive->box) == MAIL_ERROR_EXPUNGED;
    guid = p_strdup(archive->pool, guid);
    hash_table_update(archive->by_guid, guid, POINTER_CAST(mail->uid));
    file = p_strdup(archive->pool, file_of(mail));
    if (file != NULL)
        hash_table_update(archive->by_file, file, POINTER_CAST(mail->uid));
    return true;
}

static bool remember_all(struct boxkeeper_archive *archive, uint32_t first_uid)
{
    struct mailbox_transaction_context *t;
    struct mailbox_status status;
    struct mail *mail;
    uint32_t seq, last;
    bool complete = true;

    hash_table_create(&archive->by_guid, archive->pool, 0, str_hash, strcmp);
    hash_table_create(&archive->by_file, archive->pool, 0, str_hash, strcmp);
    mailbox_get_open_status(archive->box, STATUS_MESSAGES, &status);
    if (status.messages == 0)
        return true;
    mailbox_get_seq_range(archive->box, I_MAX(first_uid, 1), UINT32_MAX, &seq, &last);
    if (seq == 0)
        return true;
    t = mailbox_transaction_begin(archive->box, 0, "boxkeeper: after a run that died");
    mail = mail_alloc(t, MAIL_FETCH_GUID, NULL);
    for (; seq <= last && complete; seq++)
        T_BEGIN
        {
            mail_set_seq(mail, seq);
            complete = remember(archive, mail);
        }
    T_END;
    mail_free(&mail);
    (void)mailbox_transaction_commit(&t);
    if (!complete)
        log_error(archive);
    return complete;
}

/* The UID of a copy of this very file that the dead run left under another GUID; 0 = none. */
static uint32_t stray_copy_of(struct boxkeeper_archive *archive, struct mail *mail)
{
    const char *guid, *file;

    if (mail_get_special(mail, MAIL_FETCH_GUID, &guid) < 0 ||
        hash_table_lookup(archive->by_guid, guid) != NULL)
        return 0;
    file = file_of(mail);
    return file == NULL ? 0 : POINTER_CAST_TO(hash_table_lookup(archive->by_file, file), uint32_t);
}

/* Before anything is moved again: the stray copies go. */
static bool expunge_stray_copies(struct boxkeeper_archive *archive, struct mailbox *source)
{
    struct mailbox_transaction_context *from, *to;
    struct mail *original, *copy;
    uint32_t seq, uid;
    bool expunged;

    from = mailbox_transaction_begin(source, 0, "boxkeeper: after a run that died");
    to = mailbox_transaction_begin(archive->box, 0, "boxkeeper: after a run that died");
    original = mail_alloc(from, MAIL_FETCH_GUID, NULL);
    copy = mail_alloc(to, 0, NULL);
    for (seq = 1; seq <= mail_index_view_get_messages_count(source->view); seq++)
        T_BEGIN
        {
            mail_set_seq(original, seq);
            uid = stray_copy_of(archive, original);
            if (uid != 0 && mail_set_uid(copy, uid))
                mail_expunge(copy);
        }
    T_END;
    mail_free(&original);
    mail_free(&copy);
    (void)mailbox_transaction_commit(&from);
    expunged = mailbox_transaction_commit(&to) == 0 && mailbox_sync(archive->box, 0) == 0;
    if (!expunged)
        log_error(archive);
    return expunged;
}

static bool mend(struct boxkeeper_archive *archive, struct mailbox *source, uint32_t first_uid)
{
    e_info(archive->user->event, "boxkeeper: the last archiving was cut off; mending");
    return remember_all(archive, first_uid) &&
           (hash_table_count(archive->by_file) == 0 || expunge_stray_copies(archive, source));
}

/* A marker that is there stays as it is: its first UID also covers what this run will move. */
static bool set_marker(struct boxkeeper_archive *archive, struct mailbox *source)
{
    struct boxkeeper_marker now, found;

    if (!describe(archive, &now))
        return false;
    switch (boxkeeper_marker_read(archive->user, &found)) {
    case BK_ABSENT:
        return boxkeeper_marker_write(archive->user, &now);
    case BK_FOUND:
        if (!guid_128_equals(found.mailbox_guid, now.mailbox_guid) ||
            found.uid_validity != now.uid_validity)
            found.first_uid = 1;
        return mend(archive, source, found.first_uid);
    case BK_FAILED:
        break;
    }
    return false;
}

struct boxkeeper_archive *boxkeeper_archive_begin(struct mail_user *user,
                                                  const struct boxkeeper_folder *folder,
                                                  struct mailbox *source)
{
    pool_t pool = pool_alloconly_create("boxkeeper archive", 1024);
    struct boxkeeper_archive *archive = p_new(pool, struct boxkeeper_archive, 1);

    archive->pool = pool;
    archive->user = user;
    if (!open_box(archive, folder) || !set_marker(archive, source))
        boxkeeper_archive_end(&archive, false);
    return archive;
}

bool boxkeeper_archive_mends(const struct boxkeeper_archive *archive)
{
    return hash_table_is_created(archive->by_guid);
}

/* The UID of what a dead run has stored of this message; 0 = nothing. */
static uint32_t copy_of(struct boxkeeper_archive *archive, struct mail *mail)
{
    const char *guid;

    if (!boxkeeper_archive_mends(archive) || mail_get_special(mail, MAIL_FETCH_GUID, &guid) < 0)
        return 0;
    return POINTER_CAST_TO(hash_table_lookup(archive->by_guid, guid), uint32_t);
}

/* Give a copy its flags and keywords: the dead run may have stored the file alone (sdbox has them
 * in its index), or before the folder knew the keywords' names (maildir). False: the copy is gone.
 */
static bool complete_copy(struct boxkeeper_archive *archive, uint32_t uid, struct mail *mail)
{
    struct mail_keywords *keywords;
    struct mail *copy;
    bool found;

    if (archive->changing == NULL)
        archive->changing = mailbox_transaction_begin(archive->box, 0,
                                                      "boxkeeper: after a run that died");
    copy = mail_alloc(archive->changing, 0, NULL);
    found = mail_set_uid(copy, uid);
    if (found) {
        keywords = mailbox_keywords_create_valid(archive->box, mail_get_keywords(mail));
        mail_update_flags(copy, MODIFY_REPLACE, mail_get_flags(mail) & MAIL_FLAGS_NONRECENT);
        mail_update_keywords(copy, MODIFY_REPLACE, keywords);
        mailbox_keywords_unref(&keywords);
    }
    mail_free(&copy);
    return found;
}

int boxkeeper_archive_add(struct boxkeeper_archive *archive, struct mail *mail)
{
    uint32_t uid = copy_of(archive, mail);
    struct mail_save_context *save;

    if (uid != 0 && complete_copy(archive, uid, mail)) {
        mail_expunge(mail);
        return 0;
    }
    if (archive->saving == NULL)
        archive->saving = mailbox_transaction_begin(archive->box, MAILBOX_TRANSACTION_FLAG_EXTERNAL,
                                                    "boxkeeper: archive");
    save = mailbox_save_alloc(archive->saving);
    mailbox_save_copy_flags(save, mail);
    return mailbox_move(&save, mail);
}

int boxkeeper_archive_commit(struct boxkeeper_archive *archive)
{
    if ((archive->changing != NULL && mailbox_transaction_commit(&archive->changing) < 0) ||
        (archive->saving != NULL && mailbox_transaction_commit(&archive->saving) < 0)) {
        boxkeeper_archive_rollback(archive);
        return -1;
    }
    return 0;
}

void boxkeeper_archive_rollback(struct boxkeeper_archive *archive)
{
    if (archive->changing != NULL)
        mailbox_transaction_rollback(&archive->changing);
    if (archive->saving != NULL)
        mailbox_transaction_rollback(&archive->saving);
}

void boxkeeper_archive_end(struct boxkeeper_archive **_archive, bool clean)
{
    struct boxkeeper_archive *archive = *_archive;

    *_archive = NULL;
    boxkeeper_archive_rollback(archive);
    if (hash_table_is_created(archive->by_guid)) {
        hash_table_destroy(&archive->by_guid);
        hash_table_destroy(&archive->by_file);
    }
    /* Only names of maildir's files: the messages are stored. */
    if (archive->box != NULL) {
        if (clean)
            (void)mailbox_sync(archive->box, 0);
        mailbox_free(&archive->box);
    }
    if (clean)
        boxkeeper_marker_remove(archive->user);
    pool_unref(&archive->pool);
}
