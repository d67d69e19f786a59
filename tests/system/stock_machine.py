# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""A machine with Debian's own Dovecot and Postfix configuration, in namespaces of its own.

/etc/dovecot, /etc/postfix, the queue, /run and the network are private, so that the stock paths are
really used and nothing outside is touched. It ends with its first process.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from installed_dovecot import one_of
from waiting import wait_for

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BOXKEEPER_BUILD", TOP / "build"))
MODULES = "/usr/lib/dovecot/modules"
MODULES_OF_OURS = ["lib95_boxkeeper_plugin.so", "doveadm/lib95_doveadm_boxkeeper_plugin.so"] + one_of(
    v2_3=[], v2_4=["settings/libboxkeeper_settings.so"])

# Runs as the machine's first process; $1 is its folder.
BEGIN = r"""
set -e
mount --make-rprivate /
ip link set lo up
mount --bind "$1/dovecot" /etc/dovecot
mount --bind "$1/postfix" /etc/postfix
mount --bind "$1/queue" /var/spool/postfix
mount --bind "$1/modules" /usr/lib/dovecot/modules
for folder in /run /var/log /var/lib/postfix /var/lib/dovecot; do
    mount -t tmpfs -o mode=755 none "$folder"
done
chown postfix: /var/lib/postfix
echo ready >"$1/ready"
exec sleep infinity
"""

# What Debian's installation sets in the stock file, by postconf, too.
MAIN_CF = ["myhostname=mx.example", "mydestination=$myhostname, localhost",
           "mynetworks=127.0.0.0/8", "alias_maps=", "alias_database=",
           "maillog_file=/var/log/mail.log", "inet_protocols=ipv4"]


class Machine:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="bkm-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.settings = self.folder / "data/settings/settings.db"
        self._make_files()
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
             "sh", "-c", BEGIN, "machine", self.folder], stdin=subprocess.DEVNULL)
        wait_for((self.folder / "ready").exists, "a machine")
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        self.first = Path(children).read_text().split()[0]
        self.daemon = None
        self.cli("migrate", f"mail_root={self.folder}/mail",
                 "socket_directory=/var/spool/postfix/boxkeeper")

    def _make_files(self):
        folder = self.folder
        (folder / "tls").mkdir()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "30", "-subj", "/CN=mx.example", "-keyout", folder / "tls/key.pem",
             "-out", folder / "tls/certificate.pem"], check=True, capture_output=True)
        shutil.copytree("/usr/share/dovecot", folder / "dovecot", symlinks=True)
        (folder / "dovecot/private").mkdir()
        shutil.copy(folder / "tls/certificate.pem", folder / "dovecot/private/dovecot.pem")
        shutil.copy(folder / "tls/key.pem", folder / "dovecot/private/dovecot.key")
        (folder / "dovecot/local.conf").write_text("log_path = /var/log/dovecot.log\n")
        shutil.copytree("/etc/postfix", folder / "postfix", symlinks=True)
        stock = Path("/usr/share/postfix")
        tls = (stock / "main.cf.tls").read_text()
        tls = tls.replace("/etc/ssl/certs/ssl-cert-snakeoil.pem", f"{folder}/tls/certificate.pem")
        tls = tls.replace("/etc/ssl/private/ssl-cert-snakeoil.key", f"{folder}/tls/key.pem")
        (folder / "postfix/main.cf").write_text((stock / "main.cf.debian").read_text() + tls)
        shutil.copy(stock / "master.cf.dist", folder / "postfix/master.cf")
        subprocess.run(["postconf", "-c", folder / "postfix", "-e", *MAIN_CF], check=True)
        # What Debian copies for the services that are chrooted.
        (folder / "queue/etc").mkdir(parents=True)
        for name in ("services", "hosts", "resolv.conf", "nsswitch.conf"):
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), folder / "queue/etc")
        (folder / "queue/boxkeeper").mkdir(mode=0o750)
        shutil.chown(folder / "queue/boxkeeper", "root", "postfix")
        shutil.copytree(MODULES, folder / "modules", symlinks=True)
        for name in MODULES_OF_OURS:
            (folder / "modules" / name).unlink(missing_ok=True)
            shutil.copy(BUILD / ".libs" / Path(name).name, folder / "modules" / name)
        (folder / "mail").mkdir(mode=0o750)
        shutil.chown(folder / "mail", "vmail", "vmail")
        (folder / "data").mkdir()

    def command(self, *words):
        return ["nsenter", "--target", self.first, "--mount", "--net", "--pid", "--root",
                "--", *words]

    def run(self, *words, input=""):
        return subprocess.run(self.command(*words), input=input, capture_output=True, text=True,
                              check=False, timeout=180)

    def admin(self, *words, input=""):
        return self.run(BUILD / "boxkeeper", "--settings", self.settings, *words, input=input)

    def cli(self, *words, input=""):
        done = self.admin(*words, input=input)
        assert done.returncode == 0, done.stderr + self.logs()
        return done

    def python(self, code):
        """Runs it inside; its output."""
        done = self.run("/usr/bin/python3", "-", input=code)
        assert done.returncode == 0, done.stderr + self.logs()
        return done.stdout

    def start_daemon(self):
        """boxkeeperd, and postsrsd."""
        self.start_postsrsd()
        self._start_boxkeeperd()

    def start_postsrsd(self, domain="mx.example"):
        """As Debian's unit does; instead of the one that was started before."""
        self.stop_postsrsd()
        (self.folder / "postsrsd.secret").write_text("of this test only\n")
        done = self.run("/usr/sbin/postsrsd", f"-s{self.folder}/postsrsd.secret", f"-d{domain}",
                        "-4", "-D", "-unobody", f"-p{self.folder}/postsrsd.pid")
        assert done.returncode == 0, done.stderr

    def stop_postsrsd(self):
        pid_file = self.folder / "postsrsd.pid"
        if pid_file.exists():
            pid = pid_file.read_text().strip()
            assert self.run("kill", pid).returncode == 0
            # The machine's first process does not wait for it, so a zombie stays.
            wait_for(lambda: self.run("grep", "^State:\tZ", f"/proc/{pid}/status").returncode != 1,
                     "the end of postsrsd")
            pid_file.unlink(missing_ok=True)

    def _start_boxkeeperd(self):
        self.daemon = subprocess.Popen(self.command(
            BUILD / "boxkeeperd", "--settings", self.settings, "--socket-directory",
            "/var/spool/postfix/boxkeeper", "--log-stderr"),
            stderr=open(self.folder / "daemon.log", "w"), stdin=subprocess.DEVNULL)
        wait_for(lambda: (self.folder / "queue/boxkeeper/policy").exists(), "boxkeeperd")

    def logs(self):
        return self.run("tail", "-n", "40", "/var/log/mail.log", "/var/log/dovecot.log").stdout

    def end(self):
        self.process.kill()  # --kill-child and the pid namespace end all the others
        self.process.wait()
        if self.daemon is not None:
            self.daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
