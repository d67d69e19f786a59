# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
#
# What the commands in dev/ share; read by them with ".", never run by itself.
# The caller has set `program` (its name, for messages) and `top` (the source tree).

# Debian's own programs and Python modules are wanted, not a developer's private ones.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset CDPATH MAIL_CONFIG

die() {
    echo "$program: $*" >&2
    exit 1
}

need_root() {
    [ "$(id -u)" = 0 ] || die "must run as root: it starts mail servers that change to other users"
}

# build FOLDER [CONFIGURE-OPTION...]: brings the programs in $top/FOLDER up to date. The lock is
# for two labs that begin at the same time.
build() {
    build_folder=$top/$1
    shift
    mkdir -p "$build_folder"
    (
        flock 9
        set -e
        cd "$top"
        [ -x configure ] || ./autogen.sh
        cd "$build_folder"
        [ -f Makefile ] || ../configure "$@"
        make -j"$(nproc)"
    ) 9>"$build_folder/.lock" >"$build_folder/build.log" 2>&1 || {
        tail -n 40 "$build_folder/build.log" >&2
        die "the build failed; all of its output is in $build_folder/build.log"
    }
}
