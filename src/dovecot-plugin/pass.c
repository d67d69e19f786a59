/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "dovecot-plugin/pass.h"

#include "dovecot-plugin/archive.h"
#include "dovecot-plugin/marker.h"

#include <time.h>

/* Each batch pays for maildir's whole uidlist, and for the index's log; a large one holds the
 * folder's lock for long (its commit takes about as long as it took to collect), and stands twice
 * for a while after a crash. So a batch ends by the clock. The most is for memory, the least for
 * slow disks. */
#define BATCH_MESSAGES_MOST 100000
#define BATCH_MESSAGES_LEAST 1000
#define BATCH_MILLISECONDS 2000
#define MESSAGES_BETWEEN_CLOCKS 50

struct walk {
    struct boxkeeper_pass *pass;
    struct boxkeeper_archive *archive; /* opened with the first message that is due */
    struct mailbox *box;
    int64_t renamed_at;
    uint32_t next_seq;
    uint32_t last_uid;  /* looked at; sequence numbers shift with each expunge, UIDs stay */
    unsigned int batch; /* messages dealt with in this transaction */
    int64_t batch_ends_at;
    bool stop, dirty;
};

enum step { STEP_KEPT = 1, STEP_DONE, STEP_GONE, STEP_FAILED };

int64_t boxkeeper_monotonic_milliseconds(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
        i_fatal("clock_gettime() failed: %m");
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t last_rename_of(struct mailbox *box)
{
    const void *data;
    size_t size;
    uint32_t stamp;

    mail_index_get_header_ext(box->view, box->box_last_rename_stamp_ext_id, &data, &size);
    if (size < sizeof(stamp))
        return 0;
    memcpy(&stamp, data, sizeof(stamp));
    return stamp;
}

static int64_t earlier(int64_t known, int64_t time_stored)
{
    return known == 0 || time_stored < known ? time_stored : known;
}

static enum step do_deed(struct walk *walk, struct mail *mail)
{
    struct boxkeeper_pass *pass = walk->pass;
    uoff_t size;

    switch (pass->deed) {
    case BOXKEEPER_ARCHIVE:
        if (walk->archive == NULL)
            walk->archive = boxkeeper_archive_begin(pass->user, pass->archive, walk->box);
        if (walk->archive == NULL || boxkeeper_archive_add(walk->archive, mail) < 0)
            return STEP_FAILED;
        break;
    case BOXKEEPER_EXPUNGE:
        mail_expunge(mail);
        break;
    case BOXKEEPER_COUNT:
        if (mail_get_virtual_size(mail, &size) == 0)
            pass->bytes += (int64_t)size;
        break;
    }
    return STEP_DONE;
}

static enum step step(struct walk *walk, struct mail *mail)
{
    struct boxkeeper_pass *pass = walk->pass;
    int64_t stored_at;
    enum step result;
    time_t save_date;

    if (mail_get_save_date(mail, &save_date) < 0)
        return mailbox_get_last_mail_error(walk->box) == MAIL_ERROR_EXPUNGED ? STEP_GONE
                                                                             : STEP_FAILED;
    stored_at = bk_retention_stored_at(save_date, walk->renamed_at);
    if (!bk_retention_is_due(stored_at, pass->seconds, pass->now)) {
        pass->oldest_remaining = earlier(pass->oldest_remaining, stored_at);
        walk->stop = !pass->full_look;
        return STEP_KEPT;
    }
    result = do_deed(walk, mail);
    if (result == STEP_DONE)
        pass->oldest_due = earlier(pass->oldest_due, stored_at);
    else if (mailbox_get_last_mail_error(walk->box) == MAIL_ERROR_EXPUNGED)
        result = STEP_GONE;
    return result;
}

/* Asked for each message, so the clock is not looked at each time. */
static bool is_batch_full(struct walk *walk)
{
    struct boxkeeper_pass *pass = walk->pass;
    int64_t most = pass->batch_messages > 0 ? pass->batch_messages : BATCH_MESSAGES_MOST;
    int64_t now;

    if (walk->batch >= most)
        return true;
    if (walk->next_seq % MESSAGES_BETWEEN_CLOCKS != 0)
        return false;
    now = boxkeeper_monotonic_milliseconds();
    if (pass->deadline != 0 && now >= pass->deadline) {
        pass->finished = false;
        walk->stop = true;
        return true;
    }
    return walk->batch >= BATCH_MESSAGES_LEAST && now >= walk->batch_ends_at;
}

/* Walk on through the present view. What was done lies in the open transactions. */
static int walk_view(struct walk *walk, struct mailbox_transaction_context *t)
{
    uint32_t count = mail_index_view_get_messages_count(walk->box->view);
    struct mail *mail = mail_alloc(t, 0, NULL);
    enum step result = STEP_KEPT;

    for (; walk->next_seq <= count && !walk->stop && !is_batch_full(walk); walk->next_seq++) {
        mail_set_seq(mail, walk->next_seq);
        result = step(walk, mail);
        walk->last_uid = mail->uid;
        if (result == STEP_FAILED)
            break;
        walk->batch += result == STEP_DONE;
        walk->dirty = walk->dirty || result == STEP_GONE;
    }
    mail_free(&mail);
    if (walk->next_seq > count)
        walk->stop = true;
    return result == STEP_FAILED ? -1 : 0;
}

static int find_place_again(struct walk *walk)
{
    uint32_t last;

    if (mailbox_sync(walk->box, 0) < 0)
        return -1;
    mailbox_get_seq_range(walk->box, walk->last_uid + 1, UINT32_MAX, &walk->next_seq, &last);
    if (walk->next_seq == 0)
        walk->stop = true;
    return 0;
}

/* The archive's side first: between the two commits a message stands in both, never in none. */
static int commit(struct walk *walk, struct mailbox_transaction_context **t)
{
    if (walk->archive != NULL && boxkeeper_archive_commit(walk->archive) < 0) {
        mailbox_transaction_rollback(t);
        return -1;
    }
    if (mailbox_transaction_commit(t) < 0)
        return -1;
    walk->pass->messages += walk->batch;
    if (walk->pass->deed == BOXKEEPER_COUNT || (walk->batch == 0 && !walk->dirty))
        return 0;
    return find_place_again(walk);
}

/* Whoever waits for the end of the pass waits for the commit, too. */
static int64_t end_of_batch(const struct boxkeeper_pass *pass)
{
    int64_t now = boxkeeper_monotonic_milliseconds();

    return now + (pass->deadline == 0 ? BATCH_MILLISECONDS
                                      : I_MIN(BATCH_MILLISECONDS, (pass->deadline - now) / 3));
}

static int walk_batch(struct walk *walk)
{
    struct mailbox_transaction_context *t = mailbox_transaction_begin(walk->box, 0,
                                                                      "boxkeeper: retention");

    walk->batch = 0;
    walk->batch_ends_at = end_of_batch(walk->pass);
    walk->dirty = false;
    if (walk_view(walk, t) < 0) {
        if (walk->archive != NULL)
            boxkeeper_archive_rollback(walk->archive);
        mailbox_transaction_rollback(&t);
        return -1;
    }
    return commit(walk, &t);
}

/* mended_r: it came upon what a dead run had left. */
static int walk_folder(struct boxkeeper_pass *pass, bool *mended_r)
{
    struct walk walk = {.pass = pass, .next_seq = 1};
    int ret;

    pass->finished = true;
    pass->oldest_remaining = 0;
    /* The administrator's rule, not a wish of the user's: his ACLs do not stand against it. */
    walk.box = pass->box != NULL ? pass->box
                                 : mailbox_alloc(pass->folder->ns->list, pass->folder->vname,
                                                 MAILBOX_FLAG_IGNORE_ACLS);
    pass->box = NULL;
    ret = mailbox_sync(walk.box, 0);
    if (ret == 0) {
        walk.renamed_at = last_rename_of(walk.box);
        boxkeeper_allow_cache_purge(walk.box, false);
    }
    while (ret == 0 && !walk.stop)
        ret = walk_batch(&walk);
    if (ret < 0) {
        e_error(pass->user->event, "boxkeeper: folder %s: %s", pass->folder->vname,
                mailbox_get_last_internal_error(walk.box, NULL));
        pass->finished = false;
    }
    *mended_r = walk.archive != NULL && boxkeeper_archive_mends(walk.archive);
    /* The marker stays until a mending run finds nothing more: see boxkeeper_pass_run(). */
    if (walk.archive != NULL)
        boxkeeper_archive_end(&walk.archive, ret == 0 && !*mended_r);
    if (walk.box->opened)
        boxkeeper_allow_cache_purge(walk.box, true);
    mailbox_free(&walk.box);
    return ret;
}

int boxkeeper_pass_run(struct boxkeeper_pass *pass)
{
    bool mended;
    int ret = walk_folder(pass, &mended);
    int64_t before;

    /* sdbox notices files that a dead run left only when it is about to store under their names;
     * it fails then, and takes them into its index. The second try finds them there. */
    if (ret < 0 && mended)
        ret = walk_folder(pass, &mended);
    /* mdbox notices that its map was cut off when it is about to remove messages; it makes all of
     * its indexes anew then, and what was expunged meanwhile is there again. So after a mending run
     * the folder is walked again, with the marker in its place: what the archive has is expunged
     * and not moved a second time. */
    if (ret < 0 || !mended)
        return ret;
    do {
        before = pass->messages;
        ret = pass->finished ? walk_folder(pass, &mended) : 0;
    } while (ret == 0 && pass->messages > before);
    if (ret == 0 && pass->finished)
        boxkeeper_marker_remove(pass->user);
    return ret;
}
