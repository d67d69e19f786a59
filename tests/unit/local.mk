# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/unit/test_removal
tests_unit_test_removal_SOURCES = tests/unit/test_removal.c src/admin/removal.c \
	src/admin/mail_user.c
tests_unit_test_removal_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_removal_LDADD = librules.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/test_policy_protocol tests/unit/test_socketmap_protocol
tests_unit_test_policy_protocol_SOURCES = tests/unit/test_policy_protocol.c \
	src/policy-daemon/policy_protocol.c
tests_unit_test_policy_protocol_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_policy_protocol_LDADD = librules.la $(CHECK_LIBS)
tests_unit_test_socketmap_protocol_SOURCES = tests/unit/test_socketmap_protocol.c \
	src/policy-daemon/socketmap_protocol.c
tests_unit_test_socketmap_protocol_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_test_socketmap_protocol_LDADD = librules.la $(CHECK_LIBS)

include $(top_srcdir)/tests/unit/rules.mk
include $(top_srcdir)/tests/unit/store.mk
