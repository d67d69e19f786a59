# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The administrator's command: bulk work, and commands about one account among more and more."""

import os
import shutil
import statistics
import time
import warnings

from lib import accounts, measure

GROWTH = (1000, 10_000, 100_000, 1_000_000)
COMMENTS = ("first", "second")  # so that each change is one
BULK = {
    "list": ("account", "list", "--page-size", "{count}"),
    "list-page": ("account", "list", "--page", "7"),
    "list-json": ("--json", "account", "list", "--page-size", "{count}"),
    "export": ("account", "export", "--domain", "d0.example"),
    "edit-file": ("account", "export", "--domain", "d0.example", "--as", "edit"),
}
# The account that is there whatever the number of accounts and domains.
POINT = {
    "show": ("account", "show", "u0@d0.example"),
    "set": ("account", "set", "u0@d0.example", "--comment", "{comment}"),
    "explain": ("explain", "u0@d0.example"),
    "suspend-resume": ("account", "{verb}", "u0@d0.example"),
}


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt


def hash_seconds(rounds=20):
    """What crypt(3) takes for one password: yescrypt as the CLI uses it, which bounds registrations."""
    salt = crypt.mksalt(crypt.METHOD_SHA512)  # only for its letters
    began = time.process_time()
    for number in range(rounds):
        crypt.crypt(f"Passw0rd-{number}", "$y$j9T$" + salt[3:19].replace("+", "."))
    return (time.process_time() - began) / rounds


def registration(result, count):
    """One file of `count` accounts into empty databases, and how much of the time is hashing."""
    folder = measure.folder()
    try:
        accounts.migrate(folder)
        accounts.run(folder, "domain", "add", "d.example", "--plan", "open")
        rows = "".join(f"u{number},Xk7-vq{number}_Zw,comment {number},1\n" for number in range(count))
        file = folder / "accounts.csv"
        file.write_text("mail_account,mail_password,comment,mail_capacity\n" + rows, encoding="utf-8")
        measure.progress(f"registering {count} accounts")
        run = measure.timed(accounts.command(folder, "--yes", "account", "import", file, "--domain",
                                             "d.example"))
        run["hash_cpu_seconds"] = measure.significant(hash_seconds() * count)
        run["hashing_share"] = measure.significant(run["hash_cpu_seconds"] / run["cpu_seconds"], 3)
        export = measure.timed(accounts.command(folder, "account", "export", "--domain", "d.example"))
    finally:
        shutil.rmtree(folder)
    result.put("cli.register.seconds", [run["seconds"]])
    result.put("cli.register.hashing_share", [run["hashing_share"]])
    result.runs("cli.register", [run])
    result.table(
        f"Registration of {count:,} accounts by CSV (one run, {os.cpu_count()} processors)",
        ("", "seconds", "CPU, s", "of it hashing passwords", "most memory, MiB"),
        [("import", measure.number(run["seconds"]), measure.number(run["cpu_seconds"]),
          f"{run['hashing_share']:.0%}", measure.number(run["mib"])),
         ("export of them", measure.number(export["seconds"]), measure.number(export["cpu_seconds"]), "",
          measure.number(export["mib"]))])


def run_command(folder, words, count, number):
    words = [word.format(count=count, comment=COMMENTS[number % 2],
                         verb=("suspend", "resume")[number % 2]) for word in words]
    return measure.timed(accounts.command(folder, *words))


def measured(commands, sizes, rounds, one_domain):
    """{name: {size: [run, …]}}; the sizes take turns."""
    found = {name: {size: [] for size in sizes} for name in commands}
    for number in range(rounds):
        for size in sizes:
            folder = accounts.kept(size, 1 if one_domain else None)
            for name, words in commands.items():
                found[name][size].append(run_command(folder, words, size, number))
    return found


def median_of(runs, field):
    return statistics.median(run[field] for run in runs)


def table(result, title, found, sizes):
    rows = []
    for name, by_size in found.items():
        for field, unit, factor in (("cpu_seconds", "CPU, ms", 1000), ("mib", "MiB", 1)):
            rows.append((name if unit != "MiB" else "", unit,
                         *(measure.with_spread([run[field] * factor for run in by_size[size]])
                           for size in sizes)))
    result.table(title, ("", "", *(f"{size:,}" for size in sizes)), rows)


def put(result, found, sizes):
    for name, by_size in found.items():
        path = f"cli.{name.replace('-', '_')}"
        for size in sizes:
            for field in ("seconds", "cpu_seconds", "mib"):
                result.put(f"{path}.n{size}.{field}", [run[field] for run in by_size[size]])
            result.runs(f"{path}.n{size}", by_size[size])
        first, last = (median_of(by_size[size], "cpu_seconds") for size in (sizes[0], sizes[-1]))
        result.put(f"{path}.growth", [last / max(first, 0.001)])


def curve(result, name, title, found, sizes):
    result.curve(name, title, "accounts", "CPU milliseconds (median)",
                 {command: [(size, max(0.1, 1000 * median_of(by_size[size], "cpu_seconds")))
                            for size in sizes] for command, by_size in found.items()})


def part(result, quick):
    registration(result, 20 if quick else 10_000)
    sizes = (1000,) if quick else GROWTH
    bulk_sizes = sizes[:3]
    bulk = measured(BULK, bulk_sizes, 1 if quick else 3, one_domain=True)
    put(result, bulk, bulk_sizes)
    table(result, "Lists and exports, by accounts", bulk, bulk_sizes)
    curve(result, "cli-lists", "Lists and exports by accounts", bulk, bulk_sizes)
    try:
        point = measured(POINT, sizes, 2 if quick else 10, one_domain=False)
    finally:  # other parts ask about it, too
        for size in sizes:
            accounts.run(accounts.kept(size), "account", "resume", "u0@d0.example")
    put(result, point, sizes)
    table(result, "Commands about one account, by accounts", point, sizes)
    curve(result, "cli-commands", "Commands about one account by accounts", point, sizes)


if __name__ == "__main__":
    measure.main(part)
