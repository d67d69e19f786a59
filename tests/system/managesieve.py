# SPDX-FileCopyrightText: Boxkeeper authors
# SPDX-License-Identifier: MIT
"""As much of a ManageSieve client (RFC 5804) as tests need: login, and one command at a time."""

import base64
import socket


class ManageSieve:
    """One session, logged in; PermissionError with the server's words where login is refused."""

    def __init__(self, port, login, password):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.lines = self.socket.makefile("rb")
        self.answer()
        token = base64.b64encode(f"\0{login}\0{password}".encode()).decode()
        answer = self.command(f'AUTHENTICATE "PLAIN" "{token}"')
        if not answer.startswith("OK"):
            self.close()
            raise PermissionError(answer)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self.lines.close()
        self.socket.close()

    def answer(self):
        """The line that ends an answer: it begins with OK, NO or BYE. EOFError at the end."""
        while True:
            line = self.lines.readline()
            if not line:
                raise EOFError("the server closed the session")
            if line.startswith((b"OK", b"NO", b"BYE")):
                return line.decode("utf-8", "replace").strip()

    def command(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.answer()
