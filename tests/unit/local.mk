# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/test_removal
tests_unit_test_removal_SOURCES = tests/unit/test_removal.c src/admin/removal.c \
	src/admin/mail_user.c
tests_unit_test_removal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_removal_LDADD = librules.la $(CHECK_LIBS)
