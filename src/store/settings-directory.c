/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/settings-cache.h"
#include "store/settings-private.h"
#include "store/state.h"

struct bound {
    struct bk_directory directory;
    struct bk_settings *settings;
    struct bk_state *state;
    struct bk_arena *arena;
    struct bk_error *error;
};

/* NULL: none, or no snapshot. */
static struct bk_settings_cache *cache_of(const struct bound *bound)
{
    return bound->settings->database.in_transaction ? bound->settings->cache : NULL;
}

static enum bk_lookup lookup_domain(void *context, const char *name,
                                    const struct bk_domain **domain_r)
{
    struct bound *bound = context;
    struct bk_settings_cache *cache = cache_of(bound);

    if (cache != NULL)
        return bk_settings_cache_domain(cache, bound->settings, bound->arena, name, domain_r,
                                        bound->error);
    return bk_settings_lookup_mail_domain(bound->settings, bound->arena, name, domain_r,
                                          bound->error);
}

static enum bk_lookup lookup_address(void *context, const char *address,
                                     const struct bk_account **account_r)
{
    struct bound *bound = context;
    struct bk_settings_cache *cache = cache_of(bound);
    enum bk_lookup found;

    if (cache == NULL)
        return bk_settings_lookup_address(bound->settings, bound->arena, address, account_r,
                                          bound->error);
    found = bk_settings_cache_address(cache, bound->settings, bound->arena, address, account_r,
                                      bound->error);
    if (found == BK_FOUND && bound->state != NULL)
        bk_state_expect_usage(bound->state, (*account_r)->id);
    return found;
}

static enum bk_lookup lookup_account(void *context, int64_t id, const struct bk_account **account_r)
{
    struct bound *bound = context;

    return bk_settings_lookup_account_id(bound->settings, bound->arena, id, account_r,
                                         bound->error);
}

/* Not knowing the usage fails nothing, so its error is nobody's. */
static enum bk_lookup lookup_usage(void *context, const struct bk_account *account,
                                   struct bk_usage *usage_r)
{
    struct bound *bound = context;
    int64_t limit_bytes;

    if (bound->state != NULL)
        return bk_state_lookup_usage(bound->state, account->id, usage_r, &limit_bytes, NULL);
    *usage_r = (struct bk_usage){.known = false};
    return BK_ABSENT;
}

const struct bk_directory *bk_settings_directory(struct bk_settings *settings,
                                                 struct bk_state *state, struct bk_arena *arena,
                                                 struct bk_error *error)
{
    struct bound *bound = bk_arena_alloc(arena, sizeof(*bound));

    *bound = (struct bound){
        .directory = {.context = bound,
                      .lookup_domain = lookup_domain,
                      .lookup_address = lookup_address,
                      .lookup_account = lookup_account,
                      .lookup_usage = lookup_usage},
        .settings = settings,
        .state = state,
        .arena = arena,
        .error = error,
    };
    return &bound->directory;
}
