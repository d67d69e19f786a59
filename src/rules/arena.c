/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/arena.h"

#include <obstack.h>
#include <stdarg.h>
#include <stdio.h> // vsnprintf
#include <stdlib.h>
#include <string.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

struct bk_arena {
    struct obstack stack;
    void *first; /* everything from here on is freed by clear */
};

struct bk_arena *bk_arena_create(void)
{
    struct bk_arena *arena = malloc(sizeof(*arena));

    if (arena == NULL)
        obstack_alloc_failed_handler();
    obstack_init(&arena->stack);
    arena->first = obstack_alloc(&arena->stack, 1);
    return arena;
}

void bk_arena_destroy(struct bk_arena **arena)
{
    if (*arena == NULL)
        return;
    obstack_free(&(*arena)->stack, NULL);
    free(*arena);
    *arena = NULL;
}

void bk_arena_clear(struct bk_arena *arena)
{
    obstack_free(&arena->stack, arena->first);
    arena->first = obstack_alloc(&arena->stack, 1);
}

void *bk_arena_alloc(struct bk_arena *arena, size_t size)
{
    void *memory = obstack_alloc(&arena->stack, size);

    memset(memory, 0, size);
    return memory;
}

char *bk_arena_strdup(struct bk_arena *arena, const char *text)
{
    return text == NULL ? NULL : obstack_copy0(&arena->stack, text, strlen(text));
}

char *bk_arena_printf(struct bk_arena *arena, const char *format, ...)
{
    va_list arguments, again;
    int length;
    char *text;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    text = bk_arena_alloc(arena, (size_t)length + 1);
    (void)vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
