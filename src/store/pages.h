/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * Large pieces of memory that are looked into here and there: in large pages where the system gives
 * them, which saves a quarter of the time of a look. Memory is taken only as it is written.
 */
#ifndef BK_STORE_PAGES_H
#define BK_STORE_PAGES_H

#include <stddef.h>

/* Zeroes; NULL: there is no memory. */
void *bk_pages_allocate(size_t bytes);
void bk_pages_release(void *pages, size_t bytes);
/* Zeroes again, and the memory is given back. */
void bk_pages_clear(void *pages, size_t bytes);

#endif
