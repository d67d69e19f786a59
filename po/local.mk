# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# The catalogue of Japanese texts. It is compiled into locale/ of the build tree, where
# BOXKEEPER_LOCALE_DIR finds it, and installed from there. `make update-po` brings po/ja.po of the
# source tree up to the texts of the sources; CONTRIBUTING.md says how to go on.

EXTRA_DIST += po/ja.po

noinst_DATA = po/boxkeeper.pot
ja_cataloguedir = $(localedir)/ja/LC_MESSAGES
ja_catalogue_DATA = locale/ja/LC_MESSAGES/boxkeeper.mo
CLEANFILES += $(noinst_DATA) $(ja_catalogue_DATA)

# What is not written by hand has no texts. (The plugin itself translates nothing; what its module
# tells doveadm, the CLI shows translated.)
text_sources = $(librules_la_SOURCES) $(libstore_la_SOURCES) $(boxkeeperd_SOURCES) \
	$(boxkeeper_SOURCES) $(lib95_boxkeeper_plugin_la_SOURCES) \
	$(lib95_doveadm_boxkeeper_plugin_la_SOURCES)

# No header: a date in it would change with every build.
po/boxkeeper.pot: $(text_sources) Makefile
	$(AM_V_GEN)$(MKDIR_P) po && $(XGETTEXT) --directory='$(top_srcdir)' --output=$@ \
	    --omit-header --add-comments=TRANSLATORS --add-location=file --from-code=UTF-8 \
	    --language=C --keyword=_ --keyword=N_ $(text_sources)

locale/ja/LC_MESSAGES/boxkeeper.mo: po/ja.po
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(MSGFMT) --check --output-file=$@ '$(top_srcdir)/po/ja.po'

.PHONY: update-po
update-po: po/boxkeeper.pot
	cd '$(top_srcdir)' && $(MSGMERGE) --quiet --no-fuzzy-matching --add-location=file \
	    po/ja.po '$(abs_builddir)/po/boxkeeper.pot' | \
	    $(MSGATTRIB) --no-obsolete --width=100 --output-file=po/ja.po.new && mv po/ja.po.new po/ja.po
