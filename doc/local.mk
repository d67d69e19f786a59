# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
dist_man_MANS = $(MAN_PAGES)
MAN_PAGES = doc/man/boxkeeper.1 doc/man/boxkeeper-csv.5 doc/man/boxkeeper-plans.5 \
	doc/man/boxkeeper-plugin.7 doc/man/boxkeeperd.8
dist_doc_DATA = README NEWS doc/ARCHITECTURE.md doc/DECISIONS.md doc/OPERATING.md \
	doc/PERFORMANCE.md
