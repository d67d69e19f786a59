/* SPDX-FileCopyrightText: Boxkeeper authors */
/* SPDX-License-Identifier: MIT */
#include "store/patience.h"

#include <time.h>

#define PAUSE_MICROSECONDS 1000

static int pause_shortly(sqlite3_vfs *vfs, int microseconds)
{
    const int pause = microseconds < PAUSE_MICROSECONDS ? microseconds : PAUSE_MICROSECONDS;

    (void)vfs;
    (void)nanosleep(&(struct timespec){.tv_nsec = pause * 1000L}, NULL);
    return microseconds;
}

/*
 * The VFS has a name only while something is opened: SQLite's list must not point into a plugin
 * that may be unloaded.
 */
static int open_hurried(struct bk_database *database, int flags)
{
    static sqlite3_vfs hurried;
    const sqlite3_vfs *standard = sqlite3_vfs_find(NULL);
    int result;

    if (standard == NULL)
        return SQLITE_ERROR;
    hurried = *standard;
    hurried.pNext = NULL;
    hurried.xSleep = pause_shortly;
    hurried.zName = "boxkeeper";
    result = sqlite3_vfs_register(&hurried, 0);
    if (result != SQLITE_OK)
        return result;
    result = sqlite3_open_v2(database->path, &database->connection, flags, hurried.zName);
    (void)sqlite3_vfs_unregister(&hurried);
    return result;
}

static int64_t now_milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_on(void *context, int trials)
{
    struct bk_database *database = context;

    if (trials == 0)
        database->busy_since_milliseconds = now_milliseconds();
    if (now_milliseconds() - database->busy_since_milliseconds >= database->busy_milliseconds)
        return 0;
    (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_MICROSECONDS * 1000L}, NULL);
    return 1;
}

int bk_patience_open(struct bk_database *database, int flags)
{
    int result = database->busy_milliseconds < BK_BUSY_WRITER_MILLISECONDS
                     ? open_hurried(database, flags)
                     : sqlite3_open_v2(database->path, &database->connection, flags, NULL);

    if (result == SQLITE_OK)
        (void)sqlite3_busy_handler(database->connection, wait_on, database);
    return result;
}

bool bk_patience_pause(const struct bk_database *database, int64_t *since)
{
    int64_t now = now_milliseconds();

    if (*since == 0)
        *since = now;
    if (now - *since >= database->busy_milliseconds)
        return false;
    (void)nanosleep(&(struct timespec){.tv_nsec = 2 * PAUSE_MICROSECONDS * 1000L}, NULL);
    return true;
}
