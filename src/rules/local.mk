# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
# Pure decisions. Linked into everything, so position independent (libtool convenience library).
noinst_LTLIBRARIES += librules.la
librules_la_SOURCES = \
	src/rules/access.h src/rules/access.c \
	src/rules/account.h src/rules/account.c \
	src/rules/address.h src/rules/address.c \
	src/rules/admission.h src/rules/admission.c \
	src/rules/arena.h src/rules/arena.c \
	src/rules/ascii.h src/rules/ascii.c \
	src/rules/auto_reply.h src/rules/auto_reply.c \
	src/rules/bulk.h src/rules/bulk.c \
	src/rules/capacity.h src/rules/capacity.c \
	src/rules/directory.h src/rules/directory.c \
	src/rules/duration.h src/rules/duration.c \
	src/rules/error.h src/rules/error.c \
	src/rules/failure.h src/rules/failure.c \
	src/rules/forward.c \
	src/rules/lookup.h \
	src/rules/names.h src/rules/names.c \
	src/rules/passwords.h src/rules/passwords.c \
	src/rules/plan.h src/rules/plan.c \
	src/rules/plan_fields.h src/rules/plan_fields.c \
	src/rules/retention.h src/rules/retention.c \
	src/rules/route.h src/rules/route.c \
	src/rules/sender.h src/rules/sender.c \
	src/rules/sending.h src/rules/sending.c \
	src/rules/setup_dovecot.h src/rules/setup_dovecot.c \
	src/rules/setup_postfix.h src/rules/setup_postfix.c \
	src/rules/spam.h src/rules/spam.c \
	src/rules/text.h \
	src/rules/usage.h src/rules/usage.c \
	src/rules/warning.h src/rules/warning.c \
	src/rules/warning_mail.h src/rules/warning_mail.c
