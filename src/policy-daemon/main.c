/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
/*
 * boxkeeperd: starts, serves until SIGTERM, ends. A mistake of the installation (no such user, no
 * folder for the sockets) ends it at once; unreadable settings never do: Postfix is told to try
 * again until they can be read.
 */
#include "policy-daemon/answers.h"
#include "policy-daemon/log.h"
#include "policy-daemon/privileges.h"
#include "policy-daemon/server.h"
#include "policy-daemon/snapshot.h"
#include "policy-daemon/sockets.h"
#include "policy-daemon/warnings.h"
#include "store/settings.h"

#include <errno.h>
#include <getopt.h>
#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define _(text) gettext(text)

#define MIB ((size_t)1 << 20)
#define DEFAULT_CACHE_MIB 128
#define CACHE_MAXIMUM_MIB 65536
#define DEFAULT_SOCKET_DIRECTORY "/var/spool/postfix/boxkeeper"
#define MTA_SOCKET "boxkeeper-warning"
#define MTA_LAST_SECONDS 5 /* for the mail that is on its way at the end */

struct options {
    const char *settings;
    const char *socket_directory; /* NULL: as settings say */
    const char *user;
    const char *postfix_group;
    size_t cache_mib;
    bool log_to_standard_error;
};

struct daemon {
    struct event_base *base;
    struct bk_server *server;
    struct bk_snapshot *snapshot;
    struct bk_answers *answers;
    struct bk_counters *counters;
    struct bk_warnings *warnings;
    struct bk_service policy, socketmap;
    bool ending;
    struct event *events[5]; /* SIGTERM, SIGINT, SIGHUP, each second, the watchdog or NULL */
};

static void print_help(void)
{
    printf(_("Usage: boxkeeperd [OPTION]...\n"
             "Answer Postfix: who may receive, where mail goes, who may send.\n\n"
             "  --settings FILE           settings database (%s)\n"
             "  --socket-directory DIR    folder of the sockets \"policy\" and \"map\"\n"
             "                            (as the settings say, else %s)\n"
             "  --user USER               run as this user (boxkeeper)\n"
             "  --postfix-group GROUP     group that may connect (postfix)\n"
             "  --cache MIB               keep accounts in so much memory at most (128), and\n"
             "                            their usage in half as much; 0: none\n"
             "  --log-stderr              log to standard error, not to syslog\n"
             "  --version                 print the version and exit\n"
             "  --help                    print this help and exit\n\n"
             "It stays in the foreground. See boxkeeperd(8).\n"),
           BK_SETTINGS_PATH, DEFAULT_SOCKET_DIRECTORY);
}

static size_t parse_cache(const char *text)
{
    char *end;
    long mib = strtol(text, &end, 10);

    if (*end == '\0' && end != text && mib >= 0 && mib <= CACHE_MAXIMUM_MIB)
        return (size_t)mib;
    fprintf(stderr, _("boxkeeperd: --cache %s: give a number of MiB, or 0\n"), text);
    exit(BK_ERROR_USAGE);
}

/* Exits after --help, --version and mistakes. */
static struct options parse_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"settings", required_argument, NULL, 's'},
        {"socket-directory", required_argument, NULL, 'd'},
        {"user", required_argument, NULL, 'u'},
        {"postfix-group", required_argument, NULL, 'g'},
        {"cache", required_argument, NULL, 'c'},
        {"log-stderr", no_argument, NULL, 'l'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.settings = BK_SETTINGS_PATH,
                              .user = "boxkeeper",
                              .postfix_group = "postfix",
                              .cache_mib = DEFAULT_CACHE_MIB};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            options.settings = optarg;
            break;
        case 'd':
            options.socket_directory = optarg;
            break;
        case 'u':
            options.user = optarg;
            break;
        case 'g':
            options.postfix_group = optarg;
            break;
        case 'c':
            options.cache_mib = parse_cache(optarg);
            break;
        case 'l':
            options.log_to_standard_error = true;
            break;
        case 'v':
            printf("boxkeeperd %s\n", PACKAGE_VERSION);
            exit(EXIT_SUCCESS);
        case 'h':
            print_help();
            exit(EXIT_SUCCESS);
        default:
            exit(BK_ERROR_USAGE);
        }
    }
    if (optind < argc) {
        fprintf(stderr, _("boxkeeperd: %s: there are no arguments, only options; see --help\n"),
                argv[optind]);
        exit(BK_ERROR_USAGE);
    }
    return options;
}

/* ---- start ---- */

/* The folder that the settings name, read as the daemon's own user. */
static const char *read_socket_directory(const struct options *options,
                                         const struct bk_identity *identity, struct bk_arena *arena)
{
    bool root = geteuid() == 0;
    const char *directory = NULL;
    struct bk_error error = {.text = ""};
    struct bk_settings *settings = NULL;
    enum bk_lookup found = BK_FAILED;

    if (root && !bk_privileges_lend(identity, &error)) {
        bk_log(LOG_ERR, "%s", error.text);
        return DEFAULT_SOCKET_DIRECTORY;
    }
    settings = bk_settings_open_reader(options->settings, &error);
    if (settings != NULL) {
        found = bk_settings_server_value(settings, arena, "socket_directory", &directory, &error);
        bk_settings_close(&settings);
    }
    if (found == BK_FAILED)
        bk_log(LOG_WARNING, "%s; the sockets are made in %s", error.text, DEFAULT_SOCKET_DIRECTORY);
    if (root && !bk_privileges_resume(&error))
        bk_log(LOG_ERR, "%s", error.text);
    return found == BK_FOUND && directory[0] != '\0' ? directory : DEFAULT_SOCKET_DIRECTORY;
}

static bool get_sockets(const struct options *options, const char *directory,
                        struct bk_sockets *sockets_r, struct bk_error *error)
{
    enum bk_lookup inherited = bk_sockets_inherit(sockets_r, error);
    gid_t group = 0;

    if (inherited != BK_ABSENT)
        return inherited == BK_FOUND;
    if (geteuid() == 0 && !bk_privileges_find_group(options->postfix_group, &group, error))
        return false;
    return bk_sockets_make(directory, group, sockets_r, error);
}

/* Postfix's folder of sockets that it lets others into, beside ours in its queue directory. */
static const char *mta_folder(struct bk_arena *arena, const char *directory)
{
    size_t length = strlen(directory);

    while (length > 1 && directory[length - 1] == '/')
        length--;
    while (length > 0 && directory[length - 1] != '/')
        length--;
    return bk_arena_printf(arena, "%.*spublic", (int)length, directory);
}

/* Those others: the folder's group, postdrop. */
static gid_t group_of(const char *folder)
{
    struct stat status;

    return stat(folder, &status) == 0 ? status.st_gid : 0;
}

/* Everything that needs root, and then no more root. *mta_path_r lives in `arena`. */
static bool prepare(const struct options *options, struct bk_arena *arena,
                    struct bk_sockets *sockets_r, const char **mta_path_r, struct bk_error *error)
{
    struct bk_identity identity = {.user = geteuid(), .group = getegid()};
    const char *directory = options->socket_directory, *folder;
    bool root = geteuid() == 0;

    if (root && !bk_privileges_find_user(options->user, &identity, error))
        return false;
    if (directory == NULL)
        directory = read_socket_directory(options, &identity, arena);
    if (!get_sockets(options, directory, sockets_r, error))
        return false;
    folder = mta_folder(arena, directory);
    *mta_path_r = bk_arena_printf(arena, "%s/" MTA_SOCKET, folder);
    identity.mta_group = group_of(folder);
    return !root || bk_privileges_drop(&identity, error);
}

/* ---- service ---- */

static void on_terminate(evutil_socket_t signal_number, short what, void *context)
{
    struct daemon *daemon = context;

    (void)signal_number;
    (void)what;
    /* Once: whoever is told may not read all of it, and the telling waits until he does. */
    if (!daemon->ending)
        (void)sd_notify(0, "STOPPING=1");
    daemon->ending = true;
    bk_server_stop(daemon->server);
}

static void on_hangup(evutil_socket_t signal_number, short what, void *context)
{
    struct daemon *daemon = context;

    (void)signal_number;
    (void)what;
    bk_snapshot_reopen(daemon->snapshot);
    bk_answers_forget_logged(daemon->answers);
}

static void on_second(evutil_socket_t fd, short what, void *context)
{
    struct daemon *daemon = context;

    (void)fd;
    (void)what;
    bk_counters_write(daemon->counters, (int64_t)time(NULL));
}

static void on_watchdog(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    (void)sd_notify(0, "WATCHDOG=1");
}

static void after_turn(void *context)
{
    struct daemon *daemon = context;

    bk_snapshot_end_turn(daemon->snapshot);
}

/* Open the databases once, so that the log tells at the start if they can't be read. */
static void look_at_databases(struct bk_snapshot *snapshot)
{
    struct bk_arena *arena = bk_arena_create();

    (void)bk_snapshot_directory(snapshot, arena);
    bk_snapshot_end_turn(snapshot);
    bk_arena_destroy(&arena);
}

static void add_events(struct daemon *daemon)
{
    uint64_t watchdog_microseconds = 0;

    daemon->events[0] = evsignal_new(daemon->base, SIGTERM, on_terminate, daemon);
    daemon->events[1] = evsignal_new(daemon->base, SIGINT, on_terminate, daemon);
    daemon->events[2] = evsignal_new(daemon->base, SIGHUP, on_hangup, daemon);
    for (int i = 0; i < 3; i++)
        (void)event_add(daemon->events[i], NULL);
    daemon->events[3] = event_new(daemon->base, -1, EV_PERSIST, on_second, daemon);
    (void)event_add(daemon->events[3], &(struct timeval){.tv_sec = 1});
    if (sd_watchdog_enabled(0, &watchdog_microseconds) <= 0)
        return;
    watchdog_microseconds /= 2;
    daemon->events[4] = event_new(daemon->base, -1, EV_PERSIST, on_watchdog, daemon);
    (void)event_add(daemon->events[4],
                    &(struct timeval){.tv_sec = (time_t)(watchdog_microseconds / 1000000),
                                      .tv_usec = (suseconds_t)(watchdog_microseconds % 1000000)});
}

/* One more SIGTERM while the end is on its way must not make a failure of it. */
static void block_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
}

static void on_last_moment(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    *(bool *)context = true;
}

/* A mail that Postfix has and limits.db does not know would be sent again. */
static void finish_warnings(struct daemon *daemon)
{
    bool over = false;
    struct event *last = evtimer_new(daemon->base, on_last_moment, &over);

    (void)event_add(last, &(struct timeval){.tv_sec = MTA_LAST_SECONDS});
    while (bk_warnings_stop(daemon->warnings) && !over &&
           event_base_loop(daemon->base, EVLOOP_ONCE) == 0)
        after_turn(daemon);
    event_free(last);
}

static bool serve(const struct options *options, const struct bk_sockets *sockets,
                  const char *mta_path, struct bk_error *error)
{
    struct daemon daemon = {.base = event_base_new()};
    bool served;

    if (daemon.base == NULL)
        abort();
    daemon.server = bk_server_create(daemon.base);
    daemon.snapshot = bk_snapshot_create(options->settings, options->cache_mib * MIB);
    daemon.counters = bk_counters_create();
    daemon.answers = bk_answers_create(daemon.snapshot, daemon.counters);
    daemon.policy = (struct bk_service){"policy", bk_answers_take_policy, daemon.answers};
    daemon.socketmap = (struct bk_service){"map", bk_answers_take_socketmap, daemon.answers};
    daemon.warnings = bk_warnings_create(daemon.base, daemon.snapshot, mta_path);
    add_events(&daemon);
    look_at_databases(daemon.snapshot);
    bk_counters_set_path(daemon.counters, bk_snapshot_limits_path(daemon.snapshot));
    served = bk_server_listen(daemon.server, sockets->policy, &daemon.policy) &&
             bk_server_listen(daemon.server, sockets->map, &daemon.socketmap);
    if (served) {
        bk_log(LOG_INFO, "boxkeeperd %s is ready", PACKAGE_VERSION);
        (void)sd_notify(0, "READY=1");
        served = bk_server_run(daemon.server, after_turn, &daemon);
        block_signals();
        finish_warnings(&daemon);
        bk_log(LOG_INFO, "boxkeeperd ends");
    }
    if (!served)
        bk_error_set(error, BK_ERROR_TRY_AGAIN, "cannot serve: %s", strerror(errno));
    for (int i = 0; i < 5; i++) {
        if (daemon.events[i] != NULL)
            event_free(daemon.events[i]);
    }
    bk_warnings_destroy(&daemon.warnings);
    bk_server_destroy(&daemon.server);
    bk_answers_destroy(&daemon.answers);
    bk_counters_destroy(&daemon.counters);
    bk_snapshot_destroy(&daemon.snapshot);
    event_base_free(daemon.base);
    return served;
}

int main(int argc, char **argv)
{
    struct options options;
    struct bk_sockets sockets;
    struct bk_error error = {.kind = BK_ERROR_NONE};
    const char *folder = getenv("BOXKEEPER_LOCALE_DIR"); /* the build tree's catalogues */
    struct bk_arena *arena = bk_arena_create();
    const char *mta_path = NULL;

    setlocale(LC_ALL, "");
    bindtextdomain("boxkeeper", folder != NULL ? folder : BK_LOCALE_DIR);
    textdomain("boxkeeper");
    options = parse_options(argc, argv);
    setlocale(LC_MESSAGES, "C"); /* from here on texts go to the log, which has one language */
    bk_log_open(options.log_to_standard_error);
    signal(SIGPIPE, SIG_IGN);
    umask(077);

    if (prepare(&options, arena, &sockets, &mta_path, &error) &&
        serve(&options, &sockets, mta_path, &error)) {
        bk_arena_destroy(&arena);
        return EXIT_SUCCESS;
    }
    bk_arena_destroy(&arena);
    bk_log(LOG_CRIT, "%s", error.text);
    if (!options.log_to_standard_error)
        fprintf(stderr, "boxkeeperd: %s\n", error.text);
    return (int)error.kind;
}
