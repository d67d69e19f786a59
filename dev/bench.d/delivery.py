# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""Deliveries and IMAP commands with the plugin against the same Dovecot without it."""

from lib import mail, measure

CLIENTS = 4
FOLDERS = (10, 100, 1000)
ACCOUNTS = [f"u{number}@d.example" for number in range(8)]
# An account each with many folders beside those that every account has.
WITH_FOLDERS = {count: [f"folders{count}n{number}@d.example" for number in range(2)]
                for count in FOLDERS}


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def deliveries(port, addresses, count):
    """`count` messages over CLIENTS connections, for one recipient each."""
    def work(client):
        connection = mail.Lmtp(port)
        took = [connection.deliver(addresses[(client + number) % len(addresses)],
                                   mail.MESSAGE % (number, client, number))
                for number in range(count // CLIENTS)]
        connection.close()
        return took

    found, seconds = mail.together(work, range(CLIENTS))
    took = [1000 * transaction for one in found for _, transaction in one]
    return {
        "per_second": measure.significant(len(took) / seconds),
        "p50_ms": measure.significant(percentile(took, 0.5)),
        "p99_ms": measure.significant(percentile(took, 0.99)),
    }


def session(port, address, rounds):
    """What a mail client does, over and over; the number of commands."""
    connection = mail.Imap(port, address)
    connection.command("SELECT INBOX")
    for number in range(rounds):
        connection.command("NOOP")
        connection.command("FETCH 1:20 (UID FLAGS RFC822.SIZE ENVELOPE)")
        connection.command("STATUS Archive (MESSAGES UNSEEN)")
        connection.command(f"STORE {number % 20 + 1} FLAGS (\\Seen)")
        connection.command("UID SEARCH UNSEEN")
        message = mail.MESSAGE % (number, 0, number)
        connection.command(f"APPEND Drafts {{{len(message)}}}", message)
        connection.command("COPY 1 Archive")
        connection.command("GETQUOTAROOT INBOX")
        connection.command("FETCH 1 BODY.PEEK[]")
        connection.command("IDLE", b"DONE")
    connection.command("LOGOUT")
    connection.close()
    return rounds * 10 + 3


def commands(port, addresses, rounds):
    def work(client):
        return session(port, addresses[client % len(addresses)], rounds)

    found, seconds = mail.together(work, range(CLIENTS))
    return {"per_second": measure.significant(sum(found) / seconds)}


def compare(lab, rounds, measured):
    """Rounds of plugin and stock in turns, who is first changing."""
    runs = []
    for number in range(rounds):
        order = ("plugin", "stock") if number % 2 == 0 else ("stock", "plugin")
        run = {kind: measured(lab.ports[kind]) for kind in order}
        run["ratio"] = measure.significant(run["plugin"]["per_second"] / run["stock"]["per_second"])
        runs.append(run)
    return runs


def texts(runs, field):
    return [measure.with_spread([run[kind][field] for run in runs]) for kind in ("plugin", "stock")]


def put(result, path, runs):
    result.put(f"{path}.ratio", [run["ratio"] for run in runs])
    result.runs(path, runs)
    for kind in ("plugin", "stock"):
        for field in runs[0][kind]:
            result.put(f"{path}.{kind}.{field}", [run[kind][field] for run in runs])


def prepare(lab, quick):
    everybody = ACCOUNTS + [address for addresses in WITH_FOLDERS.values() for address in addresses]
    lab.add_accounts(everybody)
    for kind in ("plugin", "stock"):
        for count, addresses in WITH_FOLDERS.items():
            for address in addresses:
                names = [f"Folder {number}" for number in range(20 if quick else count)]
                lab.doveadm(kind, "mailbox", "create", "-u", address, *names)
        deliveries(lab.ports[kind]["lmtp"], everybody, CLIENTS * 20 * len(everybody))


def part(result, quick):
    rounds, count, turns = (1, 40, 2) if quick else (15, 600, 15)
    few = max(1, rounds // 3)
    with mail.Lab() as lab:
        prepare(lab, quick)
        measure.progress("deliveries")
        rows, points = [], {"plugin": [], "stock": []}

        def add(name, path, runs):
            put(result, path, runs)
            rows.append((name, *texts(runs, "per_second"),
                         measure.with_spread([run["ratio"] for run in runs], measure.ratio),
                         *texts(runs, "p99_ms")))

        add("6 folders", "delivery",
            compare(lab, rounds, lambda ports: deliveries(ports["lmtp"], ACCOUNTS, count)))
        for folders, addresses in WITH_FOLDERS.items():
            runs = compare(lab, few, lambda ports, to=addresses: deliveries(
                ports["lmtp"], to, max(CLIENTS, count // 4)))
            add(f"{folders:,} folders", f"delivery.folders{folders}", runs)
            for kind, line in points.items():
                line.append((folders, measure.significant(
                    result.figures["delivery"][f"folders{folders}"][kind]["p50_ms"])))
        with lab.state_locked():
            add("6 folders, state.db locked by another", "delivery.state_locked",
                compare(lab, few, lambda ports: deliveries(ports["lmtp"], ACCOUNTS, count)))
        columns = ("", "with the plugin", "without", "ratio", "p99 with, ms", "p99 without, ms")
        result.table(f"Deliveries/s by LMTP, {CLIENTS} connections", columns, rows)
        result.curve("delivery-folders", "One delivery by folders of the recipient", "folders",
                     "milliseconds (median)", points)

        measure.progress("sessions")
        rows = []
        runs = compare(lab, rounds, lambda ports: commands(ports["imap"], ACCOUNTS, turns))
        put(result, "imap", runs)
        many = compare(lab, few, lambda ports: commands(ports["imap"], WITH_FOLDERS[FOLDERS[-1]],
                                                        max(1, turns // 5)))
        put(result, "imap.folders1000", many)
        result.table(
            f"IMAP commands/s, {CLIENTS} sessions", ("", "with the plugin", "without", "ratio"),
            [(name, *texts(found, "per_second"),
              measure.with_spread([run["ratio"] for run in found], measure.ratio))
             for name, found in (("6 folders", runs), ("1,000 folders", many))])


if __name__ == "__main__":
    measure.main(part)
