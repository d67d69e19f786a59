# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# One program for each module of the rules.
check_LTLIBRARIES = libunit.la
libunit_la_SOURCES = tests/unit/unit.h tests/unit/unit.c tests/unit/graph.h tests/unit/graph.c
libunit_la_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)

check_PROGRAMS += tests/unit/test_access
tests_unit_test_access_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_access_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_address
tests_unit_test_address_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_address_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_admission
tests_unit_test_admission_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_admission_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_bulk
tests_unit_test_bulk_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_bulk_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_capacity
tests_unit_test_capacity_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_capacity_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_duration
tests_unit_test_duration_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_duration_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_failure
tests_unit_test_failure_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_failure_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_forward
tests_unit_test_forward_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_forward_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_names
tests_unit_test_names_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_names_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_passwords
tests_unit_test_passwords_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_passwords_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_plan_fields
tests_unit_test_plan_fields_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_plan_fields_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_retention
tests_unit_test_retention_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_retention_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_route
tests_unit_test_route_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_route_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_sender
tests_unit_test_sender_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_sender_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_spam
tests_unit_test_spam_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_spam_LDADD = libunit.la librules.la $(CHECK_LIBS)
check_PROGRAMS += tests/unit/test_usage
tests_unit_test_usage_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_usage_LDADD = libunit.la librules.la $(CHECK_LIBS)
