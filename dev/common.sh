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

# release: the number of this machine's Debian.
release() {
    sed -n 's/^VERSION_ID="*\([0-9]*\).*/\1/p' /etc/os-release
}

need_root() {
    [ "$(id -u)" = 0 ] || die "must run as root: it starts mail servers that change to other users"
}

# when_all_has_ended FOLDER COMMAND...: runs it when this shell and everything that it started have
# ended, in whatever way. They all hold a lock on a file in the folder, through file 8.
when_all_has_ended() {
    : >"$1/.at-work"
    exec 8<"$1/.at-work"
    flock 8
    # shellcheck disable=SC2016 # for the other shell
    setsid sh -c 'exec 8<"$1/.at-work" && flock 8 && exec 8<&- && shift && exec "$@"' \
        sh "$@" </dev/null >/dev/null 2>&1 8<&- &
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
