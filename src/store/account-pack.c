/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/account-pack.h"

#include <string.h>

/* Whoever adds a field to the account adds it to one of the tables below, and then here. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct bk_account) == 192, "a field of the account is not packed");
#endif

#define PLACE(field) offsetof(struct bk_account, field)

/* The id comes first (bk_account_packed_id()). */
static const size_t numbers[] = {
    PLACE(id),
    PLACE(capacity_bytes),
    PLACE(archive_seconds),
    PLACE(trash_seconds),
    PLACE(junk_seconds),
    PLACE(send.messages_per_hour),
    PLACE(send.messages_per_day),
    PLACE(send.recipients_per_hour),
    PLACE(send.recipients_per_day),
    PLACE(created_at),
};
static const size_t switches[] = {
    PLACE(receive),
    PLACE(suspended),
    PLACE(force_changed),
    PLACE(external_auth),
    PLACE(imap_allowed),
    PLACE(pop3_allowed),
    PLACE(submission_allowed),
    PLACE(managesieve_allowed),
    PLACE(forward_keep_copy),
    PLACE(auto_reply),
};
static const size_t texts[] = {
    PLACE(name),    PLACE(primary_address), PLACE(login),  PLACE(full_name),
    PLACE(comment), PLACE(language),        PLACE(rights), PLACE(hold_reason),
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- numbers: seven bits a byte, the least first; small ones, also negative, are short ---- */

struct writer {
    unsigned char *at, *end;
    bool is_full;
};

static void put_bytes(struct writer *writer, const void *bytes, size_t size)
{
    if ((size_t)(writer->end - writer->at) < size) {
        writer->is_full = true;
        return;
    }
    memcpy(writer->at, bytes, size);
    writer->at += size;
}

static void put_number(struct writer *writer, int64_t number)
{
    uint64_t left = ((uint64_t)number << 1) ^ (uint64_t)(number < 0 ? -1 : 0);
    unsigned char bytes[10];
    size_t count = 0;

    for (; left >= 0x80; left >>= 7)
        bytes[count++] = (unsigned char)(left | 0x80);
    bytes[count++] = (unsigned char)left;
    put_bytes(writer, bytes, count);
}

static int64_t take_number(const unsigned char **at)
{
    uint64_t number = 0;
    int shift = 0;

    for (; **at >= 0x80; shift += 7)
        number |= (uint64_t)(*(*at)++ & 0x7f) << shift;
    number |= (uint64_t) * (*at)++ << shift;
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

static void put_text(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text) + 1);
}

static const char *take_text(const unsigned char **at)
{
    const char *text = (const char *)*at;

    *at += strlen(text) + 1;
    return text;
}

/* ---- accounts ---- */

static int64_t pack_switches(const struct bk_account *account)
{
    int64_t bits = 0;

    for (size_t i = 0; i < COUNT(switches); i++)
        if (*(const bool *)((const char *)account + switches[i]))
            bits |= INT64_C(1) << i;
    return bits;
}

static const char *text_of(const struct bk_account *account, size_t i)
{
    return *(const char *const *)((const char *)account + texts[i]);
}

/* Two bits a text: 1 = NULL, 2 = the address that the account was found by. */
static int64_t pack_kinds(const struct bk_account *account, const char *address)
{
    int64_t kinds = 0;

    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *text = text_of(account, i);

        if (text == NULL)
            kinds |= INT64_C(1) << (2 * i);
        else if (strcmp(text, address) == 0)
            kinds |= INT64_C(2) << (2 * i);
    }
    return kinds;
}

size_t bk_account_pack(unsigned char *packed_r, const char *address,
                       const struct bk_account *account)
{
    struct writer writer = {.at = packed_r, .end = packed_r + BK_PACKED_MAXIMUM_BYTES};
    int64_t kinds = pack_kinds(account, address);

    for (size_t i = 0; i < COUNT(numbers); i++)
        put_number(&writer, *(const int64_t *)((const char *)account + numbers[i]));
    put_number(&writer, account->domain->id);
    put_number(&writer, account->state);
    put_number(&writer, pack_switches(account));
    put_number(&writer, kinds);
    put_number(&writer, (int64_t)account->forward_target_count);
    put_text(&writer, address);
    for (size_t i = 0; i < COUNT(texts); i++)
        if ((kinds >> (2 * i) & 3) == 0)
            put_text(&writer, text_of(account, i));
    for (size_t i = 0; i < account->forward_target_count; i++)
        put_text(&writer, account->forward_targets[i]);
    return writer.is_full ? 0 : (size_t)(writer.at - packed_r);
}

static void unpack_targets(struct bk_arena *arena, const unsigned char **at,
                           struct bk_account *account)
{
    const char **targets;

    if (account->forward_target_count == 0)
        return;
    targets = bk_arena_alloc(arena, account->forward_target_count * sizeof(*targets));
    for (size_t i = 0; i < account->forward_target_count; i++)
        targets[i] = take_text(at);
    account->forward_targets = targets;
}

struct bk_account *bk_account_unpack(struct bk_arena *arena, const unsigned char *packed,
                                     size_t size, const char *address, int64_t *domain_id_r)
{
    struct bk_account *account = bk_arena_alloc(arena, sizeof(*account));
    const unsigned char *at = memcpy(bk_arena_alloc(arena, size), packed, size);
    const char *found_by;
    int64_t kinds, bits;

    for (size_t i = 0; i < COUNT(numbers); i++)
        *(int64_t *)((char *)account + numbers[i]) = take_number(&at);
    *domain_id_r = take_number(&at);
    account->state = (enum bk_account_state)take_number(&at);
    bits = take_number(&at);
    for (size_t i = 0; i < COUNT(switches); i++)
        *(bool *)((char *)account + switches[i]) = (bits >> i & 1) != 0;
    kinds = take_number(&at);
    account->forward_target_count = (size_t)take_number(&at);
    found_by = take_text(&at);
    if (strcmp(found_by, address) != 0)
        return NULL;
    for (size_t i = 0; i < COUNT(texts); i++) {
        int64_t kind = kinds >> (2 * i) & 3;

        if (kind != 1)
            *(const char **)((char *)account + texts[i]) = kind == 2 ? found_by : take_text(&at);
    }
    unpack_targets(arena, &at, account);
    return account;
}

int64_t bk_account_packed_id(const unsigned char *packed)
{
    return take_number(&packed);
}
