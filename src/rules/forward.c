/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "rules/route.h"

#include "rules/text.h"

/* The accounts that mail for the targets would pass. Unlike a route it also goes through accounts
 * that are suspended or disabled: when they are resumed, their forwards count again. */
struct search {
    struct bk_arena *arena;
    const struct bk_directory *directory;
    const struct bk_account *account; /* as it would be */
    const struct bk_account **passed;
    size_t passed_count;
    enum bk_forward_problem problem;
};

static enum bk_forward_problem look_up(struct search *search, const char *target,
                                       const struct bk_account **account_r)
{
    struct bk_address address;
    struct bk_place place;

    *account_r = NULL;
    if (!bk_address_parse(search->arena, target, &address))
        return BK_FORWARD_UNKNOWN;
    place = bk_place_find(search->arena, search->directory, &address);
    if (place.found == BK_FAILED)
        return BK_FORWARD_FAILED;
    *account_r = place.account;
    return place.found == BK_FOUND || place.domain == NULL ? BK_FORWARD_FINE : BK_FORWARD_UNKNOWN;
}

static void pass(struct search *search, const struct bk_account *account)
{
    for (size_t i = 0; i < search->passed_count; i++)
        if (search->passed[i]->id == account->id)
            return;
    if (search->passed_count == BK_ROUTE_STEPS_MAXIMUM)
        search->problem = BK_FORWARD_TOO_MANY;
    else
        search->passed[search->passed_count++] = account;
}

/* Go where `target` leads; BK_FORWARD_CIRCLE if that is the account itself. */
static enum bk_forward_problem search_target(struct search *search, const char *target)
{
    const struct bk_account *found;
    size_t next = search->passed_count;
    enum bk_forward_problem problem = look_up(search, target, &found);

    if (problem != BK_FORWARD_FINE || found == NULL)
        return problem;
    if (found->id == search->account->id)
        return BK_FORWARD_SELF;
    for (pass(search, found); next < search->passed_count; next++) {
        const struct bk_account *passed = search->passed[next];

        for (size_t i = 0; i < passed->forward_target_count; i++) {
            if (look_up(search, passed->forward_targets[i], &found) == BK_FORWARD_FAILED)
                return BK_FORWARD_FAILED;
            if (found != NULL && found->id == search->account->id)
                return BK_FORWARD_CIRCLE;
            if (found != NULL)
                pass(search, found);
        }
    }
    return search->problem;
}

/* ---- the directory with the account as it would be ---- */

struct overlay {
    const struct bk_directory *directory;
    const struct bk_account *account;
};

static enum bk_lookup overlay_domain(void *context, const char *name,
                                     const struct bk_domain **domain_r)
{
    const struct overlay *overlay = context;

    return overlay->directory->lookup_domain(overlay->directory->context, name, domain_r);
}

static enum bk_lookup overlay_address(void *context, const char *address,
                                      const struct bk_account **account_r)
{
    const struct overlay *overlay = context;
    enum bk_lookup found = overlay->directory->lookup_address(overlay->directory->context, address,
                                                              account_r);

    if (found == BK_FOUND && (*account_r)->id == overlay->account->id)
        *account_r = overlay->account;
    return found;
}

static enum bk_lookup overlay_account(void *context, int64_t id,
                                      const struct bk_account **account_r)
{
    const struct overlay *overlay = context;

    if (id != overlay->account->id)
        return overlay->directory->lookup_account(overlay->directory->context, id, account_r);
    *account_r = overlay->account;
    return BK_FOUND;
}

static enum bk_forward_problem check_route(struct bk_arena *arena,
                                           const struct bk_directory *directory,
                                           const struct bk_account *account)
{
    struct overlay overlay = {.directory = directory, .account = account};
    const struct bk_directory overlaid = {
        .context = &overlay,
        .lookup_domain = overlay_domain,
        .lookup_address = overlay_address,
        .lookup_account = overlay_account,
    };
    struct bk_route route = bk_route_resolve(arena, &overlaid, account->primary_address);

    if (route.found == BK_FAILED)
        return BK_FORWARD_FAILED;
    return route.too_many ? BK_FORWARD_TOO_MANY : BK_FORWARD_FINE;
}

enum bk_forward_problem bk_forward_check(struct bk_arena *arena,
                                         const struct bk_directory *directory,
                                         const struct bk_account *account, const char **target_r)
{
    const struct bk_plan *plan = account->domain->plan;
    struct search search = {.arena = arena, .directory = directory, .account = account};

    *target_r = NULL;
    if (account->forward_target_count == 0)
        return BK_FORWARD_FINE;
    if (!plan->forward_allowed)
        return BK_FORWARD_NOT_ALLOWED;
    if (plan->forward_targets_maximum > 0 &&
        (int64_t)account->forward_target_count > plan->forward_targets_maximum)
        return BK_FORWARD_TOO_MANY;
    search.passed = bk_arena_alloc(arena, BK_ROUTE_STEPS_MAXIMUM * sizeof(struct bk_account *));
    for (size_t i = 0; i < account->forward_target_count; i++) {
        enum bk_forward_problem problem = search_target(&search, account->forward_targets[i]);

        if (problem == BK_FORWARD_FINE)
            continue;
        *target_r = problem == BK_FORWARD_TOO_MANY ? NULL : account->forward_targets[i];
        return problem;
    }
    return check_route(arena, directory, account);
}

enum bk_lookup bk_forward_goes_outside(struct bk_arena *arena, const struct bk_directory *directory,
                                       const struct bk_account *account)
{
    for (size_t i = 0; i < account->forward_target_count; i++) {
        struct bk_address address;
        struct bk_place place;

        if (!bk_address_parse(arena, account->forward_targets[i], &address))
            continue;
        place = bk_place_own(arena, directory, &address);
        if (place.found == BK_FAILED)
            return BK_FAILED;
        if (place.domain == NULL)
            return BK_FOUND;
    }
    return BK_ABSENT;
}

const char *bk_forward_problem_text(enum bk_forward_problem problem)
{
    switch (problem) {
    case BK_FORWARD_FINE:
        break;
    case BK_FORWARD_NOT_ALLOWED:
        return N_("may not forward: its plan does not allow it");
    case BK_FORWARD_TOO_MANY:
        return N_("would forward to too many addresses");
    case BK_FORWARD_SELF:
        return N_("is an address of the account itself; for a copy in its mailbox use --keep-copy");
    case BK_FORWARD_CIRCLE:
        return N_("forwards back to the account: the mail would go round in a circle");
    case BK_FORWARD_UNKNOWN:
        return N_("is not an address of any account, though its domain is on this server");
    case BK_FORWARD_FAILED:
        return N_("could not be looked up; try again");
    }
    return N_("is fine");
}
