/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Which accounts `account list` shows, in which order and on which page. Without --status,
 * --forwarding-outside and --sort the database gives just the page; else all accounts are looked
 * at, and only their ids and sort keys are kept.
 */
#ifndef BK_ADMIN_ACCOUNT_SELECT_H
#define BK_ADMIN_ACCOUNT_SELECT_H

#include "admin/admin.h"

/* The options that bk_selection_parse() reads; for the command's table. */
#define BK_SELECTION_OPTIONS                                                                       \
    {"domain", N_("DOMAIN"), N_("only accounts of this domain"), false},                           \
        {"search", N_("TEXT"), N_("only where name, address, full name or comment has this"),      \
         false},                                                                                   \
        {"status", "force-changed|suspended|full|deleting",                                        \
         N_("only force-changed, suspended, full or deleting ones"), false},                       \
        {"forwarding-outside", NULL, N_("only those that forward to other servers"), false},       \
        {"sort", N_("COLUMN"),                                                                     \
         N_("by address (default), login, full-name, comment, capacity, usage, created, "          \
            "last-login or last-delivery; -COLUMN backwards"),                                     \
         false},                                                                                   \
        {"page", N_("NUMBER"), N_("which page"), false},                                           \
    {                                                                                              \
        "page-size", N_("NUMBER"), N_("rows of a page (100)"), false                               \
    }

enum bk_selection_status {
    BK_SELECT_ALL = 0,
    BK_SELECT_FORCE_CHANGED,
    BK_SELECT_SUSPENDED, /* also with its domain */
    BK_SELECT_FULL,
    BK_SELECT_DELETING,
};

enum bk_selection_sort {
    BK_SORT_ADDRESS = 0,
    BK_SORT_LOGIN,
    BK_SORT_FULL_NAME,
    BK_SORT_COMMENT,
    BK_SORT_CAPACITY,
    BK_SORT_USAGE,
    BK_SORT_CREATED,
    BK_SORT_LAST_LOGIN,
    BK_SORT_LAST_DELIVERY,
};

struct bk_selection_row;

struct bk_selection {
    struct bk_admin *admin;
    struct bk_account_filter filter;
    enum bk_selection_status status;
    bool forwarding_outside;
    enum bk_selection_sort sort;
    bool backwards;
    int64_t page, page_size; /* the first page is 1 */
    /* found */
    bool failed;   /* a look-up while selecting; see admin->error */
    int64_t total; /* accounts on all pages */
    struct bk_selection_row *rows;
    size_t count, room;
};

bool bk_selection_parse(struct bk_admin *admin, struct bk_selection *selection_r);
/* The ids of the page, in order; false: see admin->error. Within one bk_settings_begin_read(). */
bool bk_selection_find(struct bk_selection *selection, const int64_t **ids_r, size_t *count_r);

#endif
