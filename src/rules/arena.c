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

char *bk_arena_copy(struct bk_arena *arena, const char *bytes, size_t length)
{
    return obstack_copy0(&arena->stack, bytes, length);
}

char *bk_arena_strdup(struct bk_arena *arena, const char *text)
{
    return text == NULL ? NULL : bk_arena_copy(arena, text, strlen(text));
}

char *bk_arena_concat(struct bk_arena *arena, const char *first, ...)
{
    va_list rest;

    va_start(rest, first);
    for (const char *text = first; text != NULL; text = va_arg(rest, const char *))
        obstack_grow(&arena->stack, text, strlen(text));
    va_end(rest);
    obstack_1grow(&arena->stack, '\0');
    return obstack_finish(&arena->stack);
}

char *bk_arena_printf(struct bk_arena *arena, const char *format, ...)
{
    size_t room = (size_t)obstack_room(&arena->stack), size;
    va_list arguments, again;
    char *text;

    va_start(arguments, format);
    va_copy(again, arguments);
    /* Nearly always there is room for it. */
    size = (size_t)vsnprintf(obstack_next_free(&arena->stack), room, format, arguments) + 1;
    va_end(arguments);
    text = obstack_alloc(&arena->stack, size);
    if (size > room)
        (void)vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}
