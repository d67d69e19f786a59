/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/directory.h"

struct bk_place bk_place_own(struct bk_arena *arena, const struct bk_directory *directory,
                             const struct bk_address *address)
{
    struct bk_place place = {
        .found = directory->lookup_domain(directory->context, address->domain, &place.domain)};
    struct bk_address real = *address;

    if (place.found != BK_FOUND) {
        place.domain = NULL;
        return place;
    }
    /* Of a domain alias the addresses are those of its domain. */
    real.domain = place.domain->name;
    place.found = directory->lookup_address(directory->context, bk_address_plain(arena, &real),
                                            &place.account);
    if (place.found != BK_FOUND)
        place.account = NULL;
    return place;
}

struct bk_place bk_place_find(struct bk_arena *arena, const struct bk_directory *directory,
                              const struct bk_address *address)
{
    struct bk_place place = bk_place_own(arena, directory, address);

    if (place.found != BK_ABSENT || place.domain == NULL || place.domain->catch_all_account_id == 0)
        return place;
    place.found = directory->lookup_account(directory->context, place.domain->catch_all_account_id,
                                            &place.account);
    place.is_caught = place.found == BK_FOUND;
    if (place.found != BK_FOUND)
        place.account = NULL;
    return place;
}
