# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
# The plugin, a module for doveadm that works through it, and for Dovecot 2.4 one by which doveconf
# knows the settings. Only what stands in the .sym files is visible from outside: Dovecot loads
# modules RTLD_GLOBAL (plugin.h).
plugindir = $(DOVECOT_MODULE_DIR)
doveadmplugindir = $(DOVECOT_MODULE_DIR)/doveadm
plugin_LTLIBRARIES = lib95_boxkeeper_plugin.la
doveadmplugin_LTLIBRARIES = lib95_doveadm_boxkeeper_plugin.la

plugin_cppflags = $(AM_CPPFLAGS) $(DOVECOT_CPPFLAGS)
plugin_symbols = $(top_srcdir)/src/dovecot-plugin/plugin.sym
doveadm_symbols = $(top_srcdir)/src/dovecot-plugin/doveadm.sym
settings_symbols = $(top_srcdir)/src/dovecot-plugin/settings.sym
EXTRA_DIST += $(plugin_symbols) $(doveadm_symbols) $(settings_symbols)

lib95_boxkeeper_plugin_la_SOURCES = \
	src/dovecot-plugin/activity.c src/dovecot-plugin/activity.h \
	src/dovecot-plugin/archive.c src/dovecot-plugin/archive.h \
	src/dovecot-plugin/auto-reply.c src/dovecot-plugin/auto-reply.h \
	src/dovecot-plugin/databases.c src/dovecot-plugin/databases.h \
	src/dovecot-plugin/delivery.c src/dovecot-plugin/delivery.h \
	src/dovecot-plugin/dovecot-compat.h \
	src/dovecot-plugin/due.c src/dovecot-plugin/due.h \
	src/dovecot-plugin/erase.c src/dovecot-plugin/erase.h \
	src/dovecot-plugin/folders.c src/dovecot-plugin/folders.h \
	src/dovecot-plugin/lock.c src/dovecot-plugin/lock.h \
	src/dovecot-plugin/marker.c src/dovecot-plugin/marker.h \
	src/dovecot-plugin/pass.c src/dovecot-plugin/pass.h \
	src/dovecot-plugin/plugin.c src/dovecot-plugin/plugin.h \
	src/dovecot-plugin/quota.c src/dovecot-plugin/quota.h \
	src/dovecot-plugin/quote.c src/dovecot-plugin/quote.h \
	src/dovecot-plugin/remember.c \
	src/dovecot-plugin/reports.c src/dovecot-plugin/reports.h \
	src/dovecot-plugin/retention.c src/dovecot-plugin/retention.h \
	src/dovecot-plugin/retention-private.h \
	src/dovecot-plugin/session.c \
	src/dovecot-plugin/spam.c src/dovecot-plugin/spam.h \
	src/dovecot-plugin/subject.c src/dovecot-plugin/subject.h \
	src/dovecot-plugin/usage.c src/dovecot-plugin/usage.h
lib95_boxkeeper_plugin_la_CPPFLAGS = $(plugin_cppflags)
lib95_boxkeeper_plugin_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-export-symbols $(plugin_symbols)
lib95_boxkeeper_plugin_la_LIBADD = libstore.la librules.la $(SQLITE_LIBS)
EXTRA_lib95_boxkeeper_plugin_la_DEPENDENCIES = $(plugin_symbols)

lib95_doveadm_boxkeeper_plugin_la_SOURCES = src/dovecot-plugin/doveadm.c \
	src/dovecot-plugin/doveadm-erase.c src/dovecot-plugin/doveadm-erase.h
lib95_doveadm_boxkeeper_plugin_la_CPPFLAGS = $(plugin_cppflags)
lib95_doveadm_boxkeeper_plugin_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-export-symbols $(doveadm_symbols)
lib95_doveadm_boxkeeper_plugin_la_LIBADD = librules.la
EXTRA_lib95_doveadm_boxkeeper_plugin_la_DEPENDENCIES = $(doveadm_symbols)

if WITH_SETTINGS_MODULE
settingspluginsdir = $(DOVECOT_MODULE_DIR)/settings
settingsplugins_LTLIBRARIES = libboxkeeper_settings.la
lib95_boxkeeper_plugin_la_SOURCES += src/dovecot-plugin/dovecot-compat.c
lib95_doveadm_boxkeeper_plugin_la_SOURCES += src/dovecot-plugin/dovecot-compat.c
libboxkeeper_settings_la_SOURCES = src/dovecot-plugin/dovecot-compat.c
libboxkeeper_settings_la_CPPFLAGS = $(plugin_cppflags)
libboxkeeper_settings_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-export-symbols $(settings_symbols)
EXTRA_libboxkeeper_settings_la_DEPENDENCIES = $(settings_symbols)
endif
