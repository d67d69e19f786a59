# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""What an operator could use instead of boxkeeperd, set up to answer DUNNO at once or after the
least that it does: each a context that yields the path of its socket, or None and why."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from lib import measure

POLICYD_RATE_LIMIT = """
debug: False
user: nobody
group: nogroup
pidfile: {folder}/pid
backend: 0
sqlite_config: {{database: {folder}/counts.sqlite3}}
SOCKET: {folder}/socket
socket_permission: 0666
limits: [[100000000, 60]]
limits_by_id: {{}}
limit_by_sasl: False
limit_by_sender: True
limit_by_ip: False
limited_networks: []
success_action: dunno
fail_action: defer_if_permit
db_error_action: dunno
report: False
delay_to_close: 300
"""
QUOTA_STATUS = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
protocols =
default_login_user = nobody
default_internal_user = dovecot
mail_location = maildir:{folder}/mail/%n
mail_plugins = quota
first_valid_uid = 1
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid=vmail gid=vmail home={folder}/mail/%n allow_all_users=yes
}}
service quota-status {{
  executable = quota-status -p postfix
  unix_listener {folder}/socket {{
    mode = 0666
  }}
  client_limit = 1
  process_limit = 1000
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=1G
  quota_status_success = DUNNO
  quota_status_nouser = DUNNO
  quota_status_overquota = 552 5.2.2 Mailbox is full
}}
"""


def answers(path):
    """Does something accept connections there? A socket's file alone says little."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def wait_until(condition, name):
    give_up = time.monotonic() + 60
    while not condition():
        if time.monotonic() > give_up:
            raise RuntimeError(f"{name} does not serve")
        time.sleep(0.05)


@contextlib.contextmanager
def serving(command, path, **options):
    with open("/dev/null", "r+b") as null:
        process = subprocess.Popen(command, stdin=null, stdout=null, stderr=null,
                                   start_new_session=True, **options)
    try:
        wait_until(lambda: answers(path) or process.poll() is not None, command[0])
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def quota_status(folder):
    """Dovecot's: it opens the mailbox. One user is asked again and again."""
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "vmail", "vmail")
    configuration = folder / "dovecot.conf"
    configuration.write_text(QUOTA_STATUS.format(folder=folder), encoding="utf-8")
    with serving(["/usr/sbin/dovecot", "-F", "-c", configuration], folder / "socket"):
        yield folder / "socket"


@contextlib.contextmanager
def postfwd(folder):
    """One rule that nothing matches. It serves in the background only."""
    folder.chmod(0o777)
    subprocess.run(
        ["/usr/sbin/postfwd1", "--daemon", "--proto=unix", f"--port={folder}/socket", "--user=nobody",
         "--group=nogroup", "--umask=0", f"--pidfile={folder}/pid", "--cache=0", "--norulestats",
         "--nodnslog", "--rule=id=NEVER; sender==nobody@never.example; action=REJECT"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: answers(folder / "socket") and (folder / "pid").exists(), "postfwd")
    pid = int((folder / "pid").read_text(encoding="ascii"))
    try:
        yield folder / "socket"
    finally:
        os.kill(pid, signal.SIGTERM)


@contextlib.contextmanager
def policyd_rate_limit(folder):
    """One limit far away, with its own SQLite file."""
    shutil.chown(folder, "nobody", "nogroup")
    configuration = folder / "policyd.yaml"
    configuration.write_text(POLICYD_RATE_LIMIT.format(folder=folder), encoding="utf-8")
    with serving(["/usr/bin/policyd-rate-limit", "--file", configuration], folder / "socket"):
        yield folder / "socket"


SERVICES = {
    "quota-status": (quota_status, "/usr/lib/dovecot/quota-status"),
    "postfwd": (postfwd, "/usr/sbin/postfwd1"),
    "policyd-rate-limit": (policyd_rate_limit, "/usr/bin/policyd-rate-limit"),
}


def installed():
    """{name: context} of what is there; what is not is told."""
    found = {}
    for name, (context, program) in SERVICES.items():
        if Path(program).exists():
            found[name] = context
        else:
            measure.progress(f"{name} is not installed: left out (dev/bench --others installs it)")
    return found
