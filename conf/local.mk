# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# The files of conf/ are read as they are by the lab. Installing puts in the folders that
# configure was given: the data's, where they differ from /var/lib/boxkeeper, and the programs'.

# bash-completion looks for a command's script by its name, when it is first completed.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = conf/bash-completion/boxkeeper

sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

# Of the two sets for Dovecot, the one is installed for whose version the plugin was built.
conf_dovecot = \
	99-boxkeeper.conf \
	boxkeeper-maildir.conf.ext \
	boxkeeper-mdbox.conf.ext \
	boxkeeper-sdbox.conf.ext \
	boxkeeper-sql.conf.ext
conf_examples = \
	$(conf_dovecot:%=dovecot-$(DOVECOT_SERIES)/%) \
	dovecot/boxkeeper.sieve \
	postfix/main.cf \
	postfix/master.cf
conf_units = \
	boxkeeperd.service \
	boxkeeper-retention.service \
	boxkeeper-retention.timer
EXTRA_DIST += $(conf_dovecot:%=conf/dovecot-2.3/%) $(conf_dovecot:%=conf/dovecot-2.4/%) \
	conf/dovecot/boxkeeper.sieve conf/postfix/main.cf conf/postfix/master.cf \
	$(conf_units:%=conf/systemd/%) \
	conf/systemd/boxkeeper.sysusers conf/systemd/boxkeeper.tmpfiles

conf_edit = sed -e 's|[@]bindir[@]|$(bindir)|g' -e 's|[@]sbindir[@]|$(sbindir)|g' \
	-e 's|/var/lib/boxkeeper/settings/settings\.db|SETTINGS-PATH|g' \
	-e 's|/var/lib/boxkeeper|$(localstatedir)/lib/boxkeeper|g' \
	-e 's|SETTINGS-PATH|$(BK_SETTINGS_PATH)|g'

install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(pkgdatadir)/dovecot-$(DOVECOT_SERIES)' \
	    '$(DESTDIR)$(pkgdatadir)/dovecot' '$(DESTDIR)$(pkgdatadir)/postfix' \
	    '$(DESTDIR)$(systemdsystemunitdir)' '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	set -e; for file in $(conf_examples); do \
	    $(conf_edit) '$(top_srcdir)/conf/'$$file >'$(DESTDIR)$(pkgdatadir)/'$$file; done
	set -e; for file in $(conf_units); do \
	    $(conf_edit) '$(top_srcdir)/conf/systemd/'$$file >'$(DESTDIR)$(systemdsystemunitdir)/'$$file; done
	$(conf_edit) '$(top_srcdir)/conf/systemd/boxkeeper.sysusers' >'$(DESTDIR)$(sysusersdir)/boxkeeper.conf'
	$(conf_edit) '$(top_srcdir)/conf/systemd/boxkeeper.tmpfiles' >'$(DESTDIR)$(tmpfilesdir)/boxkeeper.conf'

uninstall-local:
	for file in $(conf_examples); do rm -f '$(DESTDIR)$(pkgdatadir)/'$$file; done
	for file in $(conf_units); do rm -f '$(DESTDIR)$(systemdsystemunitdir)/'$$file; done
	rm -f '$(DESTDIR)$(sysusersdir)/boxkeeper.conf' '$(DESTDIR)$(tmpfilesdir)/boxkeeper.conf'
