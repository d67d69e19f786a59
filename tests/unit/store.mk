# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
store_fixture = tests/unit/store_fixture.h tests/unit/store_fixture.c
store_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS) $(SQLITE_CFLAGS) \
	-DBK_SCHEMA_SNAPSHOT='"$(abs_top_srcdir)/sql/schema.sql"'
store_libs = libstore.la librules.la $(SQLITE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_store_readers
tests_unit_test_store_readers_SOURCES = tests/unit/test_store_readers.c $(store_fixture)
tests_unit_test_store_readers_CFLAGS = $(store_cflags)
tests_unit_test_store_readers_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_settings
tests_unit_test_store_settings_SOURCES = tests/unit/test_store_settings.c $(store_fixture)
tests_unit_test_store_settings_CFLAGS = $(store_cflags)
tests_unit_test_store_settings_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_state
tests_unit_test_store_state_SOURCES = tests/unit/test_store_state.c $(store_fixture)
tests_unit_test_store_state_CFLAGS = $(store_cflags)
tests_unit_test_store_state_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_limits
tests_unit_test_store_limits_SOURCES = tests/unit/test_store_limits.c $(store_fixture)
tests_unit_test_store_limits_CFLAGS = $(store_cflags)
tests_unit_test_store_limits_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_credentials
tests_unit_test_store_credentials_SOURCES = tests/unit/test_store_credentials.c $(store_fixture)
tests_unit_test_store_credentials_CFLAGS = $(store_cflags)
tests_unit_test_store_credentials_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_databases
tests_unit_test_store_databases_SOURCES = tests/unit/test_store_databases.c $(store_fixture)
tests_unit_test_store_databases_CFLAGS = $(store_cflags)
tests_unit_test_store_databases_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_backup
tests_unit_test_store_backup_SOURCES = tests/unit/test_store_backup.c $(store_fixture)
tests_unit_test_store_backup_CFLAGS = $(store_cflags)
tests_unit_test_store_backup_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_cache
tests_unit_test_store_cache_SOURCES = tests/unit/test_store_cache.c $(store_fixture)
tests_unit_test_store_cache_CFLAGS = $(store_cflags)
tests_unit_test_store_cache_LDADD = $(store_libs)

check_PROGRAMS += tests/unit/test_store_due
tests_unit_test_store_due_SOURCES = tests/unit/test_store_due.c $(store_fixture)
tests_unit_test_store_due_CFLAGS = $(store_cflags)
tests_unit_test_store_due_LDADD = $(store_libs)
