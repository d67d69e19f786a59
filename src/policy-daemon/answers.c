/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "policy-daemon/answers.h"

#include "policy-daemon/log.h"
#include "rules/address.h"
#include "rules/route.h"
#include "rules/sender.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

struct bk_answers {
    struct bk_snapshot *snapshot;
    struct bk_counters *counters;
    struct bk_arena *arena; /* of the present request */
    bool context_logged, map_logged;
};

struct bk_answers *bk_answers_create(struct bk_snapshot *snapshot, struct bk_counters *counters)
{
    struct bk_answers *answers = calloc(1, sizeof(*answers));

    if (answers == NULL)
        abort();
    answers->snapshot = snapshot;
    answers->counters = counters;
    answers->arena = bk_arena_create();
    return answers;
}

void bk_answers_destroy(struct bk_answers **answers)
{
    bk_arena_destroy(&(*answers)->arena);
    free(*answers);
    *answers = NULL;
}

void bk_answers_forget_logged(struct bk_answers *answers)
{
    answers->context_logged = answers->map_logged = false;
}

/* ---- policy ---- */

static void log_refused(const struct bk_policy_request *request, const char *reply,
                        const char *decided_by)
{
    bk_log(LOG_INFO,
           "refused (%s): %s; recipient=<%s> sender=<%s> login=<%s> client=%s size=%s "
           "decided_by=<%s> queue_id=%s instance=%s",
           request->policy_context, reply, request->recipient, request->sender,
           request->sasl_username, request->client_address, request->size,
           decided_by == NULL ? "" : decided_by, request->queue_id, request->instance);
}

/* Targets that get nothing beside others that do. */
static void log_left_out(struct bk_arena *arena, const struct bk_policy_request *request,
                         const struct bk_route *route)
{
    const char *targets = "";

    for (size_t i = 0; i < route->leaf_count; i++) {
        const struct bk_route_leaf *leaf = &route->leaves[i];

        if (leaf->reason != BK_REASON_NONE)
            targets = bk_arena_printf(arena, "%s <%s> (%s)", targets, leaf->address,
                                      bk_admission_reply(leaf->reason));
    }
    if (targets[0] != '\0')
        bk_log(LOG_NOTICE, "left out for recipient=<%s> sender=<%s> client=%s instance=%s:%s",
               request->recipient, request->sender, request->client_address, request->instance,
               targets);
}

static const char *answer_recipient(struct bk_answers *answers,
                                    const struct bk_directory *directory,
                                    const struct bk_policy_request *request)
{
    struct bk_route route = bk_route_resolve(answers->arena, directory, request->recipient);
    struct bk_admission admission = bk_admission_decide(directory, &route, request->size_bytes);
    const char *reply = bk_admission_reply(admission.reason);

    switch (admission.action) {
    case BK_ADMISSION_ACCEPT:
        log_left_out(answers->arena, request, &route);
        return "DUNNO";
    case BK_ADMISSION_NONE_OF_OURS:
        return "DUNNO";
    case BK_ADMISSION_REFUSE:
    case BK_ADMISSION_DEFER:
        break;
    }
    if (admission.reason != BK_REASON_SETTINGS_FAILED)
        log_refused(request, reply, admission.decided_by);
    return reply;
}

/* After everything else was fine: what is refused does not count. */
static const char *count_sending(struct bk_answers *answers, const struct bk_directory *directory,
                                 const struct bk_policy_request *request)
{
    const char *login = bk_address_fold(answers->arena, request->sasl_username);
    const struct bk_account *account;
    struct bk_send_limits limits;
    const char *reply;

    if (directory->lookup_address(directory->context, login, &account) != BK_FOUND)
        return bk_sender_reply(BK_SENDER_SETTINGS_FAILED);
    limits = bk_send_limits_of(account);
    bk_counters_set_path(answers->counters, bk_snapshot_limits_path(answers->snapshot));
    reply = bk_sending_reply(bk_counters_take(answers->counters, account->id, &limits,
                                              request->instance, (int64_t)time(NULL)));
    if (reply == NULL)
        return "DUNNO";
    log_refused(request, reply, account->primary_address);
    return reply;
}

static const char *answer_submission(struct bk_answers *answers,
                                     const struct bk_directory *directory,
                                     const struct bk_policy_request *request)
{
    enum bk_sender_reason reason = bk_sender_decide(answers->arena, directory,
                                                    request->sasl_username, request->sender);
    const char *reply = bk_sender_reply(reason);

    if (reason == BK_SENDER_ALLOWED) {
        reply = answer_recipient(answers, directory, request);
        return strcmp(reply, "DUNNO") == 0 ? count_sending(answers, directory, request) : reply;
    }
    if (reason != BK_SENDER_SETTINGS_FAILED)
        log_refused(request, reply, NULL);
    return reply;
}

static const char *answer_policy(struct bk_answers *answers,
                                 const struct bk_policy_request *request)
{
    bool submission = strcmp(request->policy_context, "submission") == 0;
    const struct bk_directory *directory;

    if (!submission && strcmp(request->policy_context, "mx") != 0) {
        if (!answers->context_logged)
            bk_log(LOG_ERR,
                   "Postfix asks with policy_context=%s: set it to mx or submission in "
                   "check_policy_service; until then the answer is 451",
                   request->policy_context);
        answers->context_logged = true;
        return "451 4.3.5 server configuration error";
    }
    if (strcmp(request->protocol_state, "RCPT") != 0)
        return "DUNNO";
    directory = bk_snapshot_directory(answers->snapshot, answers->arena);
    return submission ? answer_submission(answers, directory, request)
                      : answer_recipient(answers, directory, request);
}

enum bk_protocol_result bk_answers_take_policy(void *context, const char *input, size_t length,
                                               size_t *used_r, const char **text_r)
{
    struct bk_answers *answers = context;
    struct bk_policy_request request;
    enum bk_protocol_result result;

    bk_arena_clear(answers->arena);
    result = bk_policy_parse(answers->arena, input, length, used_r, &request, text_r);
    if (result == BK_PROTOCOL_REQUEST)
        *text_r = bk_policy_format(answers->arena, answer_policy(answers, &request));
    return result;
}

/* ---- socketmap: each map's value, as a look-up ---- */

static enum bk_lookup map_domain(struct bk_arena *arena, const struct bk_directory *directory,
                                 const char *key, const char **value_r)
{
    const struct bk_domain *domain;
    enum bk_lookup found = directory->lookup_domain(directory->context, bk_address_fold(arena, key),
                                                    &domain);

    if (found == BK_FOUND)
        *value_r = domain->name;
    return found;
}

static enum bk_lookup map_mailbox(struct bk_arena *arena, const struct bk_directory *directory,
                                  const char *key, const char **value_r)
{
    struct bk_route route = bk_route_resolve(arena, directory, key);

    if (route.found == BK_FOUND)
        *value_r = route.account->primary_address;
    return route.found;
}

static enum bk_lookup map_alias(struct bk_arena *arena, const struct bk_directory *directory,
                                const char *key, const char **value_r)
{
    struct bk_route route = bk_route_resolve(arena, directory, key);

    if (route.found == BK_FAILED)
        return BK_FAILED;
    *value_r = bk_route_alias_answer(arena, &route);
    return *value_r == NULL ? BK_ABSENT : BK_FOUND;
}

/* Of the second cleanup: nothing but the form is needed to know where the mail goes. */
static enum bk_lookup map_relay(struct bk_arena *arena, const struct bk_directory *directory,
                                const char *key, const char **value_r)
{
    const char *address = bk_address_from_relay(arena, key);

    (void)directory;
    if (address == NULL)
        return BK_ABSENT;
    *value_r = bk_address_quote(arena, address);
    return BK_FOUND;
}

static const struct {
    const char *name;
    enum bk_lookup (*lookup)(struct bk_arena *arena, const struct bk_directory *directory,
                             const char *key, const char **value_r);
} maps[] = {
    {"domain", map_domain},     {"mailbox", map_mailbox}, {"alias", map_alias},
    {"login", bk_sender_owner}, {"relay", map_relay},
};

static const char *answer_map(struct bk_answers *answers,
                              const struct bk_socketmap_request *request)
{
    const char *value = NULL;

    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        if (strcmp(maps[i].name, request->map) != 0)
            continue;
        switch (maps[i].lookup(answers->arena,
                               bk_snapshot_directory(answers->snapshot, answers->arena),
                               request->key, &value)) {
        case BK_FOUND:
            return bk_socketmap_format(answers->arena, BK_SOCKETMAP_OK, value);
        case BK_ABSENT:
            return bk_socketmap_format(answers->arena, BK_SOCKETMAP_NOTFOUND, "");
        case BK_FAILED:
            return bk_socketmap_format(answers->arena, BK_SOCKETMAP_TEMP,
                                       "settings cannot be read");
        }
    }
    if (!answers->map_logged)
        bk_log(LOG_ERR,
               "Postfix asks for a map named %s: the maps are domain, mailbox, alias, login and "
               "relay",
               request->map);
    answers->map_logged = true;
    return bk_socketmap_format(answers->arena, BK_SOCKETMAP_PERM, "there is no such map");
}

enum bk_protocol_result bk_answers_take_socketmap(void *context, const char *input, size_t length,
                                                  size_t *used_r, const char **text_r)
{
    struct bk_answers *answers = context;
    struct bk_socketmap_request request;
    enum bk_protocol_result result;

    bk_arena_clear(answers->arena);
    result = bk_socketmap_parse(answers->arena, input, length, used_r, &request, text_r);
    if (result == BK_PROTOCOL_REQUEST)
        *text_r = answer_map(answers, &request);
    return result;
}
