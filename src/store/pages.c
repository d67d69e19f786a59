/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/pages.h"

#include <string.h>
#include <sys/mman.h>

void *bk_pages_allocate(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        return NULL;
    (void)madvise(pages, bytes, MADV_HUGEPAGE);
    return pages;
}

void bk_pages_release(void *pages, size_t bytes)
{
    if (pages != NULL)
        (void)munmap(pages, bytes);
}

void bk_pages_clear(void *pages, size_t bytes)
{
    if (madvise(pages, bytes, MADV_DONTNEED) != 0)
        memset(pages, 0, bytes);
}
