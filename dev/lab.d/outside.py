# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""The rest of the world: an SMTP server to which a lab relays everything that is not its own.

usage: outside.py PORT FOLDER

Each message that arrives becomes one FOLDER/*.eml, whole from the moment it can be seen (written
beside the folder, then renamed):

    MAIL FROM:<sender>
    RCPT TO:<recipient>        one line each
                               an empty line
    the message, lines ended by LF

Recipients whose local part begins with "reject" get 550, those with "defer" 450.
"""

import asyncio
import os
import signal
import sys
import time

from aiosmtpd.smtp import SMTP


class Outside:
    def __init__(self, folder):
        self.folder = folder
        self.unfinished = folder + ".unfinished"
        self.number = 0
        os.makedirs(folder, exist_ok=True)
        os.makedirs(self.unfinished, exist_ok=True)

    async def handle_RCPT(self, server, session, envelope, address, options):
        local_part = address.lower().lstrip('"')
        if local_part.startswith("reject"):
            return "550 5.1.1 the outside rejects this recipient"
        if local_part.startswith("defer"):
            return "450 4.2.1 the outside defers this recipient"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        # aiosmtpd leaves the null sender as it was written.
        sender = "" if envelope.mail_from in (None, "<>") else envelope.mail_from
        lines = [f"MAIL FROM:<{sender}>"]
        lines += [f"RCPT TO:<{address}>" for address in envelope.rcpt_tos]
        head = "\n".join(lines) + "\n\n"
        self.number += 1
        # The time first, so that names sort in the order of arrival over restarts as well.
        name = f"{time.time_ns()}-{self.number}.eml"
        path = os.path.join(self.unfinished, name)
        with open(path, "wb") as file:
            file.write(head.encode("utf-8", "surrogateescape"))
            file.write(envelope.original_content.replace(b"\r\n", b"\n"))
        os.rename(path, os.path.join(self.folder, name))
        return "250 2.0.0 OK, it is outside now"


async def serve(port, folder):
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: stop.done() or stop.set_result(None))
    outside = Outside(folder)
    server = await loop.create_server(
        lambda: SMTP(outside, hostname="outside.example", ident="the outside", loop=loop,
                     data_size_limit=None, enable_SMTPUTF8=True),
        "127.0.0.1", port)
    await stop
    server.close()


asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
