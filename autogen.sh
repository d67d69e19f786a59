#!/bin/sh
# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
# Makes configure from configure.ac; needed in a checkout, not in a release.
set -e
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all
