/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * What a reader of settings.db that is asked all the time (boxkeeperd) keeps from one snapshot to
 * the next: domains with their plans, and accounts by address, packed to about 100 bytes each in
 * bounded memory. Only what exists is kept.
 *
 * A snapshot never gets anything older than itself. Each begins by asking for the change sequence;
 * where that has moved on, the table `changes` names what the commits between touched: those
 * accounts are forgotten, and everything is for any other kind of change, for too many commits, for
 * a sequence that went back and for a file opened anew. Outside a snapshot nothing is kept or used.
 */
#ifndef BK_STORE_SETTINGS_CACHE_H
#define BK_STORE_SETTINGS_CACHE_H

#include "store/settings.h"

struct bk_settings_cache;

/* NULL if there is no memory. `bytes` bound what accounts take; domains come on top of them. */
struct bk_settings_cache *bk_settings_cache_create(size_t bytes);
void bk_settings_cache_destroy(struct bk_settings_cache **cache);

/* The file was opened anew: forget everything. */
void bk_settings_cache_clear(struct bk_settings_cache *cache);
/* A snapshot of `settings` with this sequence has begun: forget what was changed since the last
 * one. False: that could not be read. */
bool bk_settings_cache_begin(struct bk_settings_cache *cache, struct bk_settings *settings,
                             int64_t sequence, struct bk_error *error);

/* As bk_settings_lookup_mail_domain() and _lookup_address() within a snapshot. Domains stay valid
 * until it ends. */
enum bk_lookup bk_settings_cache_domain(struct bk_settings_cache *cache,
                                        struct bk_settings *settings, struct bk_arena *arena,
                                        const char *name, const struct bk_domain **domain_r,
                                        struct bk_error *error);
enum bk_lookup bk_settings_cache_address(struct bk_settings_cache *cache,
                                         struct bk_settings *settings, struct bk_arena *arena,
                                         const char *address, const struct bk_account **account_r,
                                         struct bk_error *error);

#endif
