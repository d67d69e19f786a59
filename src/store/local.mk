# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
# The databases: the only room that knows SQL. Linked into all three programs.
noinst_LTLIBRARIES += libstore.la
libstore_la_SOURCES = \
	src/store/account-pack.h src/store/account-pack.c \
	src/store/backup.c \
	src/store/cache.h src/store/cache.c \
	src/store/check.c \
	src/store/copy.h src/store/copy.c \
	src/store/credentials.h src/store/credentials.c \
	src/store/database.h src/store/database.c \
	src/store/databases.h src/store/databases.c \
	src/store/due.h src/store/due.c \
	src/store/files.h src/store/files.c \
	src/store/installation.h src/store/installation.c \
	src/store/limits.h src/store/limits.c \
	src/store/limits-private.h \
	src/store/limits-warnings.h src/store/limits-warnings.c \
	src/store/patience.h src/store/patience.c \
	src/store/query.c \
	src/store/restore.c \
	src/store/pages.h src/store/pages.c \
	src/store/ring.h src/store/ring.c \
	src/store/schema.h src/store/schema.c \
	src/store/settings.h src/store/settings.c \
	src/store/settings-accounts.c \
	src/store/settings-auto-reply.h src/store/settings-auto-reply.c \
	src/store/settings-cache.h src/store/settings-cache.c \
	src/store/settings-directory.c \
	src/store/settings-domains.c \
	src/store/settings-edit.h src/store/settings-edit.c \
	src/store/settings-lists.c \
	src/store/settings-log.c \
	src/store/settings-plans.c \
	src/store/settings-private.h \
	src/store/settings-retention.c \
	src/store/settings-rows.c \
	src/store/settings-spam.h src/store/settings-spam.c \
	src/store/state.h src/store/state.c \
	src/store/state-private.h \
	src/store/state-rows.c \
	src/store/state-usage.c \
	src/store/state-sweep.c
nodist_libstore_la_SOURCES = src/store/migrations.c
libstore_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
libstore_la_LIBADD = $(SQLITE_LIBS)

# In the order of their numbers.
MIGRATIONS = \
	sql/settings-0001-first.sql \
	sql/settings-0002-reply-text.sql \
	sql/settings-0003-warnings.sql \
	sql/settings-0004-own-retention.sql \
	sql/credentials-0001-first.sql \
	sql/credentials-0002-staged.sql \
	sql/credentials-0003-former.sql \
	sql/state-0001-first.sql \
	sql/state-0002-sequence.sql \
	sql/state-0003-due.sql \
	sql/limits-0001-first.sql \
	sql/limits-0002-warnings.sql
EXTRA_DIST += $(MIGRATIONS) sql/embed.awk sql/schema.sql
CLEANFILES += src/store/migrations.c

src/store/migrations.c: $(MIGRATIONS) sql/embed.awk
	$(AM_V_GEN)$(MKDIR_P) src/store && \
	(cd $(srcdir) && $(AWK) -f sql/embed.awk $(MIGRATIONS)) >$@-t && mv -f $@-t $@
