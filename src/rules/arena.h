/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Memory for one request: allocate freely, give all of it back at once. A thin cover over the C
 * library's obstack. Out of memory ends the process (with obstack's message), as it does in
 * Dovecot: no caller of ours could do anything better.
 */
#ifndef BK_RULES_ARENA_H
#define BK_RULES_ARENA_H

#include <stddef.h>

struct bk_arena;

/* An empty one, the caller's to destroy; never NULL. */
struct bk_arena *bk_arena_create(void);
/* Frees everything allocated from it, and sets *arena to NULL. NULL is fine. */
void bk_arena_destroy(struct bk_arena **arena);
/* Frees everything allocated from it; it can be used again. */
void bk_arena_clear(struct bk_arena *arena);

/* Zeroed memory, aligned for any type. */
void *bk_arena_alloc(struct bk_arena *arena, size_t size);
/* A copy of `text`; NULL stays NULL. */
char *bk_arena_strdup(struct bk_arena *arena, const char *text);
/* A copy of `length` bytes, ended by 0. */
char *bk_arena_copy(struct bk_arena *arena, const char *bytes, size_t length);
/* Texts one after the other; NULL ends them. Several times as quick as printf. */
char *bk_arena_concat(struct bk_arena *arena, const char *first, ...) __attribute__((sentinel));
char *bk_arena_printf(struct bk_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
