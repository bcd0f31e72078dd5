#!/usr/bin/env python3
# socketmap: a client of a socketmap, as an MTA should be, and as none should
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""socketmap.py [OPTIONS] SOCKET [REQUEST...]: SOCKET is a path or ADDRESS:PORT, a request
"MAP KEY", with \\r, \\n, \\0 and \\xHH for other octets. Sends all requests, then prints each reply
on a line of its own; "closed" if the server closes before it has answered them all.

  --raw TEXT     instead of requests: these octets; all that comes until the server closes is read,
                 and "closed after N s" printed
  --repeat N     the requests N times
  --octets       one octet at a time
  --half         our side is closed behind the last request; prints "closed" when the server's is
  --clients N    as N clients at once, each with all requests; prints how many had which replies
  --again FILE   the first request is sent again when FILE is there
  --fill N       N clients come, one after the other, ask once and stay; but before the last one
                 comes the first one asks again. Prints who was closed then, by number from 0
  --turn N       N clients come, one after the other, ask once and stay. Prints how many were answered
  --deaf         sends the requests over and over and reads nothing; "closed after N s"
  --drip S       sends TEXT of --raw, then an octet every S seconds; "closed after N s"
  --wait S       an answer may take so long [60]"""

import argparse
import collections
import os
import resource
import select
import socket
import sys
import threading
import time


def connect(options):
    if options.socket.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        # With a time limit, a full backlog would be an error at once.
        connection.connect(options.socket)
        connection.settimeout(options.wait)
    else:
        host, port = options.socket.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=options.wait)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def octets_of(text):
    text = text.encode("utf-8", "surrogateescape")
    return text.decode("unicode_escape").encode("latin-1")


def netstring(octets):
    return b"%d:%s," % (len(octets), octets)


def read_reply(file):
    """None if the server has closed."""
    digits = b""
    while True:
        octet = file.read(1)
        if not octet and not digits:
            return None
        if octet == b":":
            break
        if not octet.isdigit():
            sys.exit(f"no netstring: {digits + octet}")
        digits += octet
    octets = file.read(int(digits) + 1)
    if len(octets) != int(digits) + 1 or octets[-1:] != b",":
        sys.exit(f"no netstring: {digits}:{octets}")
    return octets[:-1].decode("utf-8", "replace")


def send(connection, octets, one_by_one):
    try:
        for i in range(0, len(octets), 1 if one_by_one else len(octets)):
            connection.sendall(octets[i : i + 1] if one_by_one else octets)
    except (BrokenPipeError, ConnectionResetError):
        pass


class Client:
    """One connection."""

    def __init__(self, options):
        self.options = options
        self.socket = connect(options)
        self.file = self.socket.makefile("rb")

    def ask(self, request):
        self.socket.sendall(netstring(octets_of(request)))
        return read_reply(self.file)

    def replies(self):
        """To all requests, sent without waiting for a reply."""
        requests = [netstring(octets_of(r)) for r in self.options.requests] * self.options.repeat

        def send_all():
            send(self.socket, b"".join(requests), self.options.octets)
            if self.options.half:
                self.socket.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send_all)
        sender.start()
        got = []
        try:
            while len(got) < len(requests) + self.options.half:
                reply = read_reply(self.file)
                if reply is None:
                    got.append("closed")
                    break
                got.append(reply)
        except ConnectionResetError:
            got.append("closed")
        sender.join()
        return got

    def is_closed(self):
        """It was, and nothing is left to read."""
        readable, _, _ = select.select([self.socket], [], [], 0)
        try:
            return bool(readable) and not self.socket.recv(1, socket.MSG_PEEK)
        except ConnectionResetError:
            return True


def read_to_end(client, start):
    try:
        while True:
            reply = read_reply(client.file)
            if reply is None:
                break
            print(reply)
    except ConnectionResetError:
        pass
    print(f"closed after {time.monotonic() - start:.0f} s")


def raw(options):
    client = Client(options)
    start = time.monotonic()
    send(client.socket, octets_of(options.raw), options.octets)
    if options.drip:
        # Time is what this is about.
        try:
            while True:
                time.sleep(options.drip)
                client.socket.sendall(b"x")
        except (BrokenPipeError, ConnectionResetError):
            pass
    read_to_end(client, start)


def deaf(options):
    client = Client(options)
    start = time.monotonic()
    octets = b"".join(netstring(octets_of(r)) for r in options.requests) * 1000
    print("asking", flush=True)
    try:
        while True:
            client.socket.sendall(octets)
    except (BrokenPipeError, ConnectionResetError):
        print(f"closed after {time.monotonic() - start:.0f} s")


def again(options):
    client = Client(options)
    print(client.ask(options.requests[0]), flush=True)
    end = time.monotonic() + options.wait
    while not os.path.exists(options.again) and time.monotonic() < end:
        time.sleep(0.05)
    print(client.ask(options.requests[0]))


def clients(options):
    lines = []

    def run(client):
        lines.append(" | ".join(client.replies()))

    threads = [
        threading.Thread(target=run, args=[client])
        for client in [Client(options) for _ in range(options.clients)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line, count in sorted(collections.Counter(lines).items()):
        print(count, line)


def come(options, count):
    """So many clients that were answered once, or lost."""
    those = []
    for _ in range(count):
        client = Client(options)
        client.reply = client.ask(options.requests[0])
        those.append(client)
    return those


def fill(options):
    those = come(options, options.fill - 1)
    those[0].ask(options.requests[0])
    those += come(options, 1)
    end = time.monotonic() + options.wait
    closed = []
    while not closed and time.monotonic() < end:
        time.sleep(0.05)
        closed = [str(i) for i, client in enumerate(those) if client.is_closed()]
    print("closed:", *closed)
    print("the last:", those[-1].reply)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--raw")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--octets", action="store_true")
    parser.add_argument("--half", action="store_true")
    parser.add_argument("--clients", type=int)
    parser.add_argument("--again")
    parser.add_argument("--fill", type=int)
    parser.add_argument("--turn", type=int)
    parser.add_argument("--deaf", action="store_true")
    parser.add_argument("--drip", type=float)
    parser.add_argument("--wait", type=float, default=60)
    parser.add_argument("socket")
    parser.add_argument("requests", nargs="*")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if options.raw is not None:
        raw(options)
    elif options.deaf:
        deaf(options)
    elif options.again:
        again(options)
    elif options.clients:
        clients(options)
    elif options.fill:
        fill(options)
    elif options.turn:
        those = come(options, options.turn)
        print("answered:", sum(client.reply is not None for client in those))
    else:
        print(*Client(options).replies(), sep="\n")


if __name__ == "__main__":
    main()
