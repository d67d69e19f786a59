/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/address.h"

#include "rules/ascii.h"
#include "rules/text.h"

#include <inttypes.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define ATOM_CHARACTERS LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~" /* atext, RFC 5322 section 3.2.3 */

/* RFC 5321 section 4.5.3.1; a path of 256 octets has two angle brackets. */
#define LOCAL_LENGTH_MAXIMUM 64
#define DOMAIN_LENGTH_MAXIMUM 255
#define ADDRESS_LENGTH_MAXIMUM 254
#define LABEL_LENGTH_MAXIMUM 63 /* RFC 1035 section 2.3.4 */

char *bk_address_fold(struct bk_arena *arena, const char *text)
{
    char *folded = bk_arena_strdup(arena, text);

    for (char *at = folded; *at != '\0'; at++)
        *at = bk_ascii_lower(*at);
    return folded;
}

static bool has_control_character(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

bool bk_address_parse(struct bk_arena *arena, const char *text, struct bk_address *address_r)
{
    char *local, *domain, *plus;
    size_t domain_length;

    if (strrchr(text, '@') == NULL || has_control_character(text))
        return false;
    local = bk_address_fold(arena, text);
    domain = strrchr(local, '@');
    *domain++ = '\0';
    domain_length = strlen(domain);
    if (domain_length > 0 && domain[domain_length - 1] == '.')
        domain[--domain_length] = '\0';
    if (local[0] == '\0' || domain_length == 0)
        return false;
    plus = strchr(local + 1, '+');
    if (plus != NULL)
        *plus++ = '\0';
    *address_r = (struct bk_address){.local = local, .extension = plus, .domain = domain};
    return true;
}

const char *bk_address_plain(struct bk_arena *arena, const struct bk_address *address)
{
    return bk_arena_concat(arena, address->local, "@", address->domain, NULL);
}

const char *bk_address_extend(struct bk_arena *arena, const char *address, const char *extension)
{
    const char *domain = strrchr(address, '@');

    if (extension == NULL || domain == NULL)
        return address;
    return bk_arena_printf(arena, "%.*s+%s%s", (int)(domain - address), address, extension, domain);
}

static bool is_dot_atom(const char *text, size_t length)
{
    if (length == 0 || text[0] == '.' || text[length - 1] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (strchr(ATOM_CHARACTERS ".", text[i]) == NULL || (text[i] == '.' && text[i + 1] == '.'))
            return false;
    return true;
}

const char *bk_address_quote(struct bk_arena *arena, const char *address)
{
    const char *domain = strrchr(address, '@');
    char *quoted, *to;

    if (domain == NULL || is_dot_atom(address, (size_t)(domain - address)))
        return address;
    to = quoted = bk_arena_alloc(arena, 2 * strlen(address) + 3);
    *to++ = '"';
    for (const char *from = address; from < domain; from++) {
        if (*from == '"' || *from == '\\')
            *to++ = '\\';
        *to++ = *from;
    }
    *to++ = '"';
    memcpy(to, domain, strlen(domain));
    return quoted;
}

static bool is_domain_character(char character)
{
    return character != '\0' && strchr(LETTERS DIGITS "-_", character) != NULL;
}

/* Is the domain from `at` to `end` within `text` one that mail would be routed by? */
static bool routes_mail(const char *text, const char *at, const char *end)
{
    if (*end == '.')
        end++;
    if (is_domain_character(*end))
        return false;
    if (at == text)
        return *end == '!';
    return strchr("@%!.", at[-1]) != NULL;
}

bool bk_address_is_internal(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        const char *end = bk_ascii_skip_prefix(at, BK_INTERNAL_DOMAIN);

        if (end != NULL && routes_mail(text, at, end))
            return true;
    }
    return false;
}

static bool is_label(const char *label, size_t length)
{
    return length >= 1 && length <= LABEL_LENGTH_MAXIMUM && label[0] != '-' &&
           label[length - 1] != '-' && strspn(label, LETTERS DIGITS "-") >= length;
}

/* Labels with dots between them, two at least, the last one not a number (RFC 1123 section 2.1). */
static bool is_host_name(const char *name)
{
    size_t length = strcspn(name, "."), labels = 1;

    if (strlen(name) > DOMAIN_LENGTH_MAXIMUM)
        return false;
    for (; name[length] == '.'; labels++) {
        if (!is_label(name, length))
            return false;
        name += length + 1;
        length = strcspn(name, ".");
    }
    return labels >= 2 && is_label(name, length) && strspn(name, DIGITS) < length;
}

static bool is_internal_domain(const char *domain)
{
    size_t length = strlen(domain), internal_length = strlen(BK_INTERNAL_DOMAIN);

    if (length < internal_length ||
        !bk_ascii_equal(domain + length - internal_length, BK_INTERNAL_DOMAIN))
        return false;
    return length == internal_length || domain[length - internal_length - 1] == '.';
}

bool bk_domain_name_is_valid(const char *domain)
{
    return is_host_name(domain) && !is_internal_domain(domain);
}

enum bk_address_problem bk_address_check(const char *text)
{
    const char *at = strrchr(text, '@');
    size_t local_length;

    if (at == NULL)
        return BK_ADDRESS_NO_AT;
    local_length = (size_t)(at - text);
    if (local_length == 0)
        return BK_ADDRESS_LOCAL_EMPTY;
    if (local_length > LOCAL_LENGTH_MAXIMUM)
        return BK_ADDRESS_LOCAL_LONG;
    if (!is_dot_atom(text, local_length))
        return BK_ADDRESS_LOCAL_CHARACTER;
    if (!is_host_name(at + 1))
        return BK_ADDRESS_DOMAIN;
    if (is_internal_domain(at + 1))
        return BK_ADDRESS_INTERNAL;
    return strlen(text) > ADDRESS_LENGTH_MAXIMUM ? BK_ADDRESS_LONG : BK_ADDRESS_FINE;
}

const char *bk_address_problem_text(enum bk_address_problem problem)
{
    switch (problem) {
    case BK_ADDRESS_FINE:
        break;
    case BK_ADDRESS_NO_AT:
        return N_("has no @");
    case BK_ADDRESS_LOCAL_EMPTY:
        return N_("has nothing before the @");
    case BK_ADDRESS_LOCAL_LONG:
        return N_("has more than 64 characters before the @");
    case BK_ADDRESS_LOCAL_CHARACTER:
        return N_("has a character, or a dot in a place, that is not allowed before the @");
    case BK_ADDRESS_DOMAIN:
        return N_("does not end in a domain name such as example.com");
    case BK_ADDRESS_LONG:
        return N_("has more than 254 characters");
    case BK_ADDRESS_INTERNAL:
        return N_("is in a domain that Boxkeeper keeps for itself");
    }
    return N_("is fine");
}

/* ---- forwards to other hosts ---- */

const char *bk_address_to_relay(struct bk_arena *arena, const char *address)
{
    const char *at = strrchr(address, '@');

    return bk_arena_printf(arena, "%.*s=%s@" BK_RELAY_DOMAIN, (int)(at - address), address, at + 1);
}

const char *bk_address_from_relay(struct bk_arena *arena, const char *form)
{
    char *local = bk_address_fold(arena, form), *at = strrchr(local, '@'), *equals;

    if (at == NULL || strcmp(at + 1, BK_RELAY_DOMAIN) != 0)
        return NULL;
    *at = '\0';
    equals = strrchr(local, '=');
    if (equals == NULL || equals == local || equals[1] == '\0')
        return NULL;
    *equals = '@';
    return local;
}

const char *bk_address_from_srs(struct bk_arena *arena, const char *sender)
{
    char *text = bk_address_fold(arena, sender), *at = strrchr(text, '@');
    char *time, *domain, *local;

    if (at == NULL || strncmp(text, "srs0", 4) != 0 || text[4] == '\0' ||
        strchr("=+-", text[4]) == NULL)
        return NULL;
    *at = '\0';
    if ((time = strchr(text + 5, '=')) == NULL || (domain = strchr(time + 1, '=')) == NULL ||
        (local = strchr(domain + 1, '=')) == NULL || local == domain + 1 || local[1] == '\0')
        return NULL;
    return bk_arena_printf(arena, "%s@%.*s", local + 1, (int)(local - domain - 1), domain + 1);
}

/* ---- warnings ---- */

const char *bk_address_to_warning(struct bk_arena *arena, int64_t account_id)
{
    return bk_arena_printf(arena, "%" PRId64 "@" BK_WARNING_DOMAIN, account_id);
}

bool bk_address_is_warning(const char *text)
{
    size_t digits = strspn(text, DIGITS);

    return digits > 0 && bk_ascii_equal(text + digits, "@" BK_WARNING_DOMAIN);
}
