# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Things broken for a while, as context managers; afterwards they are whole again."""

import contextlib
import shutil
import sqlite3

from lab import run


def files_of(database):
    """A database with its journals."""
    return sorted(database.parent.glob(database.name + "*"))


@contextlib.contextmanager
def moved_away(database):
    away = database.parent / "away"
    away.mkdir()
    for path in files_of(database):
        path.rename(away / path.name)
    try:
        yield
    finally:
        for path in files_of(database):
            path.unlink()
        for path in away.iterdir():
            path.rename(database.parent / path.name)
        away.rmdir()


@contextlib.contextmanager
def replaced_by_garbage(database):
    with moved_away(database):
        kept = database.parent / "away" / database.name
        database.write_bytes(b"This is no database. " * 1000)
        shutil.copystat(kept, database)
        shutil.chown(database, kept.stat().st_uid, kept.stat().st_gid)
        yield


@contextlib.contextmanager
def overwritten(database):
    """The same file, with other bytes in it."""
    kept = database.read_bytes()
    with database.open("r+b") as file:
        file.write(b"\xff" * 4096)
    try:
        yield
    finally:
        with database.open("r+b") as file:
            file.write(kept)
            file.truncate()


@contextlib.contextmanager
def folder_closed(database):
    mode = database.parent.stat().st_mode & 0o7777
    database.parent.chmod(0)
    try:
        yield
    finally:
        database.parent.chmod(mode)


@contextlib.contextmanager
def locked(database, how="IMMEDIATE"):
    """Somebody writes, and does not come to an end."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute(f"BEGIN {how}")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


# The lab's Dovecot lives in a mount namespace of its own (dev/lab). What is mounted at a place here is
# mounted there, too: open_tree() and move_mount(), which no command offers across namespaces.
MOUNT_AS_HERE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "system call %d" % number)
    return result
place = sys.argv[2].encode()
tree = call(428, -100, place, 1)
root = os.open("/proc/%s/root" % sys.argv[1], os.O_PATH)
if libc.setns(os.open("/proc/%s/ns/mnt" % sys.argv[1], os.O_RDONLY), 0) < 0:
    raise OSError(ctypes.get_errno(), "setns")
os.fchdir(root)
os.chroot(".")
call(429, tree, b"", -100, place, 4)
"""


@contextlib.contextmanager
def mounted_in_dovecot(lab, folder):
    master = (lab.dir / "run/dovecot.session").read_text().split()[0]
    run(["/usr/bin/python3", "-I", "-c", MOUNT_AS_HERE, master, str(folder)])
    try:
        yield
    finally:
        run(["nsenter", "--target", master, "--mount", "--root", "umount", "--lazy", str(folder)])


@contextlib.contextmanager
def disk_full(lab, folder):
    """A small file system of its own over the folder, with what was in it, and no room left.
    Yields the file that takes the room."""
    status = folder.stat()
    beside = folder.with_name(folder.name + ".beside")
    run(["cp", "-a", str(folder), str(beside)])
    used_kib = int(run(["du", "-sk", "--apparent-size", str(beside)]).output.split()[0])
    run(["mount", "-t", "tmpfs", "-o", f"size={used_kib + 2048}k,uid={status.st_uid},"
         f"gid={status.st_gid},mode={status.st_mode & 0o7777:o}", "tmpfs", str(folder)])
    try:
        run(["cp", "-a", f"{beside}/.", str(folder)])
        filler = folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        with mounted_in_dovecot(lab, folder):
            yield filler
    finally:
        run(["umount", "--lazy", str(folder)])
        shutil.rmtree(beside)
