# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += libadmin.la
libadmin_la_SOURCES = \
	src/admin/account.c \
	src/admin/account-fields.h src/admin/account-fields.c \
	src/admin/account-list.c \
	src/admin/admin.h \
	src/admin/alias.c \
	src/admin/apply.h src/admin/apply.c \
	src/admin/audit.h src/admin/audit.c \
	src/admin/command-line.c \
	src/admin/commands.h \
	src/admin/creation.h src/admin/creation.c \
	src/admin/describe.h src/admin/describe.c \
	src/admin/domain.c \
	src/admin/domain-fields.h src/admin/domain-fields.c \
	src/admin/domain-plan.h src/admin/domain-plan.c \
	src/admin/forward.c \
	src/admin/handles.c \
	src/admin/help.c \
	src/admin/log.c \
	src/admin/mail_user.h src/admin/mail_user.c \
	src/admin/main.c \
	src/admin/output.h src/admin/output.c \
	src/admin/password.h src/admin/password.c \
	src/admin/plan.c \
	src/admin/question.h src/admin/question.c \
	src/admin/receive.c \
	src/admin/removal.h src/admin/removal.c \
	src/admin/text.h
libadmin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SMARTCOLS_CFLAGS) $(PWQUALITY_CFLAGS) $(CRYPT_CFLAGS)
