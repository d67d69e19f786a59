# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
sbin_PROGRAMS += boxkeeperd
boxkeeperd_SOURCES = \
	src/policy-daemon/answers.h src/policy-daemon/answers.c \
	src/policy-daemon/counters.h src/policy-daemon/counters.c \
	src/policy-daemon/log.h src/policy-daemon/log.c \
	src/policy-daemon/main.c \
	src/policy-daemon/mta.h src/policy-daemon/mta.c \
	src/policy-daemon/policy_protocol.h src/policy-daemon/policy_protocol.c \
	src/policy-daemon/privileges.h src/policy-daemon/privileges.c \
	src/policy-daemon/protocol.h \
	src/policy-daemon/server.h src/policy-daemon/server.c \
	src/policy-daemon/snapshot.h src/policy-daemon/snapshot.c \
	src/policy-daemon/socketmap_protocol.h src/policy-daemon/socketmap_protocol.c \
	src/policy-daemon/sockets.h src/policy-daemon/sockets.c \
	src/policy-daemon/warning-queue.h src/policy-daemon/warning-queue.c \
	src/policy-daemon/warnings.h src/policy-daemon/warnings.c
boxkeeperd_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(SYSTEMD_CFLAGS)
boxkeeperd_LDADD = libstore.la librules.la $(LIBEVENT_LIBS) $(SYSTEMD_LIBS) $(SQLITE_LIBS)

# For tests/blackbox: writes usage as the plugin does.
noinst_PROGRAMS += tests/blackbox/put_usage
tests_blackbox_put_usage_SOURCES = tests/blackbox/put_usage.c
tests_blackbox_put_usage_LDADD = libstore.la librules.la
