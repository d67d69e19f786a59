/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * put_usage SETTINGS ADDRESS BYTES: write an account's usage into state.db as the plugin does. A
 * test must not do it by another program, which would take -wal and -shm away when it closes
 * state.db.
 */
#include "store/settings.h"
#include "store/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    struct bk_error error = {.text = "not there"};
    struct bk_arena *arena = bk_arena_create();
    struct bk_settings *settings = NULL;
    struct bk_state *state = NULL;
    const struct bk_account *account;
    const char *state_path;
    bool put = false;

    if (argc != 4)
        return EXIT_FAILURE;
    settings = bk_settings_open_reader(argv[1], &error);
    if (settings != NULL &&
        bk_settings_lookup_address(settings, arena, argv[2], &account, &error) == BK_FOUND &&
        bk_settings_server_value(settings, arena, "state_path", &state_path, &error) == BK_FOUND)
        state = bk_state_open_writer(state_path, &error);
    if (state != NULL) {
        struct bk_usage usage = {.known = true,
                                 .bytes = strtoll(argv[3], NULL, 10),
                                 .messages = 1,
                                 .measured_at = time(NULL)};

        put = bk_state_put_usage(state, account->id, &usage, account->capacity_bytes, &error);
    }
    if (!put)
        fprintf(stderr, "put_usage: %s\n", error.text);
    if (state != NULL)
        bk_state_close(&state);
    if (settings != NULL)
        bk_settings_close(&settings);
    bk_arena_destroy(&arena);
    return put ? EXIT_SUCCESS : EXIT_FAILURE;
}
