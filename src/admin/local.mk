# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
bin_PROGRAMS += boxkeeper
boxkeeper_SOURCES = \
	src/admin/access.c \
	src/admin/account-delete.c \
	src/admin/account-fields.h src/admin/account-fields.c \
	src/admin/account-erase.c \
	src/admin/account-force.c \
	src/admin/account-list.c \
	src/admin/account-rename.c \
	src/admin/account-select.h src/admin/account-select.c \
	src/admin/account.c \
	src/admin/admin.h \
	src/admin/alias.c \
	src/admin/apply.h src/admin/apply.c \
	src/admin/audit.h src/admin/audit.c \
	src/admin/bulk.h src/admin/bulk.c src/admin/bulk-again.c src/admin/bulk-check.c src/admin/bulk-edit.c \
	src/admin/bulk-job.c src/admin/bulk-limits.c \
	src/admin/autoreply.h src/admin/autoreply.c \
	src/admin/check.h src/admin/check.c src/admin/check-accounts.c src/admin/check-host.c \
	src/admin/check-repair.c src/admin/check-srs.c \
	src/admin/command-line.c \
	src/admin/commands.h \
	src/admin/creation.h src/admin/creation.c \
	src/admin/csv.h src/admin/csv-load.c src/admin/csv-parse.c src/admin/csv-write.c \
	src/admin/deciding-setting.h src/admin/deciding-setting.c \
	src/admin/deletion.h src/admin/deletion.c \
	src/admin/describe.h src/admin/describe.c \
	src/admin/dictionary.h src/admin/dictionary.c \
	src/admin/domain-addresses.h src/admin/domain-addresses.c \
	src/admin/domain-fields.h src/admin/domain-fields.c \
	src/admin/domain-plan.h src/admin/domain-plan.c \
	src/admin/domain-remove.c \
	src/admin/domain.c \
	src/admin/erasure.h src/admin/erasure.c \
	src/admin/explain.h src/admin/explain.c src/admin/explain-login.c \
	src/admin/explain-warning.c \
	src/admin/explain-print.c \
	src/admin/export.c \
	src/admin/forward.c \
	src/admin/handles.c \
	src/admin/hashing.h src/admin/hashing.c \
	src/admin/help.c \
	src/admin/import.c \
	src/admin/jobs.h src/admin/jobs.c \
	src/admin/log.c \
	src/admin/mail_user.h src/admin/mail_user.c \
	src/admin/main.c \
	src/admin/maintenance.c \
	src/admin/output.h src/admin/output.c \
	src/admin/password.h src/admin/password.c \
	src/admin/plan.c \
	src/admin/progress.h src/admin/progress.c \
	src/admin/program.h src/admin/program.c \
	src/admin/queue.h src/admin/queue.c \
	src/admin/question.h src/admin/question.c \
	src/admin/receive.c \
	src/admin/removal.h src/admin/removal.c \
	src/admin/retention.c src/admin/retention-run.c \
	src/admin/sweep.h src/admin/sweep.c \
	src/admin/sample.c \
	src/admin/send-limits.h src/admin/send-limits.c \
	src/admin/sessions.h src/admin/sessions.c \
	src/admin/setup.h src/admin/setup.c src/admin/setup-dovecot.c src/admin/setup-place.c \
	src/admin/setup-postfix.c src/admin/setup-probe.c \
	src/admin/spam.h src/admin/spam.c \
	src/admin/text.h \
	src/admin/usage.c
boxkeeper_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SMARTCOLS_CFLAGS) $(PWQUALITY_CFLAGS) $(CRYPT_CFLAGS) -pthread
boxkeeper_LDADD = libstore.la librules.la $(JANSSON_LIBS) $(SMARTCOLS_LIBS) $(PWQUALITY_LIBS) $(CRYPT_LIBS) $(CSV_LIBS)
boxkeeper_CPPFLAGS = $(AM_CPPFLAGS) -DBK_DATA_DIR='"$(pkgdatadir)"'
nodist_boxkeeper_SOURCES = src/admin/setup-files.c
BUILT_SOURCES += src/admin/setup-files.c
CLEANFILES += src/admin/setup-files.c
EXTRA_DIST += src/admin/embed-files.awk

setup_files = $(conf_examples:%=$(top_srcdir)/conf/%)

src/admin/setup-files.c: $(top_srcdir)/src/admin/embed-files.awk $(setup_files) Makefile
	$(MKDIR_P) src/admin
	$(AM_V_GEN)$(AWK) -f $(top_srcdir)/src/admin/embed-files.awk $(setup_files) >$@.new && mv $@.new $@
