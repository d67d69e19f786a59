# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += libadmin.la
libadmin_la_SOURCES = \
	src/admin/admin.h \
	src/admin/apply.h src/admin/apply.c \
	src/admin/audit.h src/admin/audit.c \
	src/admin/command-line.c \
	src/admin/commands.h \
	src/admin/describe.h src/admin/describe.c \
	src/admin/handles.c \
	src/admin/help.c \
	src/admin/mail_user.h src/admin/mail_user.c \
	src/admin/main.c \
	src/admin/output.h src/admin/output.c \
	src/admin/plan.c \
	src/admin/question.h src/admin/question.c \
	src/admin/removal.h src/admin/removal.c \
	src/admin/text.h
libadmin_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SMARTCOLS_CFLAGS) $(PWQUALITY_CFLAGS) $(CRYPT_CFLAGS)
