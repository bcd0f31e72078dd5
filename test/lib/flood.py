#!/usr/bin/env python3
# flood: a client that sends without end and reads nothing
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""flood.py [OPTIONS] SOCKET TEXT: SOCKET is a path or ADDRESS:PORT; TEXT may have \\r, \\n, \\0 and
\\xHH. Sends TEXT over and over, for so long as it is taken, and reads nothing; where it is closed
on, it comes again. Prints "flooding" once it has begun, and at the end how many octets were taken.

  --first TEXT   goes before it, once on each connection
  --clients N    so many connections at once [1]
  --seconds S    [5]"""

import argparse
import select
import socket
import time


def octets_of(text):
    text = text.encode("utf-8", "surrogateescape")
    return text.decode("unicode_escape").encode("latin-1")


class Client:
    def __init__(self, name, first, block):
        self.name, self.first, self.block = name, first, block
        self.taken = 0
        self.closings = 0
        self.connect()

    def connect(self):
        if self.name.startswith("/"):
            self.connection = socket.socket(socket.AF_UNIX)
            address = self.name
        else:
            host, port = self.name.rsplit(":", 1)
            self.connection = socket.socket()
            address = (host, int(port))
        self.connection.settimeout(20)
        self.connection.connect(address)
        self.connection.setblocking(False)
        self.rest = memoryview(self.first)

    def send(self):
        if not self.rest:
            self.rest = memoryview(self.block)
        try:
            sent = self.connection.send(self.rest)
        except BlockingIOError:
            return
        except OSError:
            self.connection.close()
            self.closings += 1
            self.connect()
            return
        self.taken += sent
        self.rest = self.rest[sent:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", default="")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("socket")
    parser.add_argument("text")
    options = parser.parse_args()
    text = octets_of(options.text)
    block = text * max(1, 262144 // len(text))
    clients = [
        Client(options.socket, octets_of(options.first), block) for _ in range(options.clients)
    ]
    print("flooding", flush=True)
    end = time.monotonic() + options.seconds
    while (left := end - time.monotonic()) > 0:
        by_connection = {one.connection: one for one in clients}
        _, ready, _ = select.select([], list(by_connection), [], min(left, 0.2))
        for connection in ready:
            by_connection[connection].send()
    print(
        f"taken {sum(one.taken for one in clients)}"
        f" closings {sum(one.closings for one in clients)}"
    )


if __name__ == "__main__":
    main()
