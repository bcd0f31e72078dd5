#!/usr/bin/env python3
# raw: octets to a socket, as they are, and what comes back
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""raw.py [OPTIONS] SOCKET TEXT: SOCKET is a path or ADDRESS:PORT; TEXT may have \\r, \\n, \\0 and
\\xHH. Prints what the other side sends until it closes, or until --wait seconds without a word.

  --repeat N   TEXT is sent N times
  --close      both directions are closed right behind it; nothing is read
  --half       only ours is closed
  --octets     one octet at a time
  --many N     N connections at once, each with TEXT; prints how many were answered with 200
  --wait S     [5]"""

import argparse
import socket
import sys


def connect(name, wait):
    if name.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        # With a time limit, a full backlog would be an error at once.
        connection.connect(name)
        connection.settimeout(wait)
    else:
        host, port = name.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=wait)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_all(connection):
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except (TimeoutError, ConnectionResetError):
        pass
    return b"".join(parts)


def send(connection, text, octets):
    try:
        if octets:
            for octet in text:
                connection.sendall(bytes([octet]))
        else:
            connection.sendall(text)
    except (BrokenPipeError, ConnectionResetError, TimeoutError):
        pass


def many(options, text):
    connections = [connect(options.socket, options.wait) for _ in range(options.many)]
    for connection in connections:
        send(connection, text, False)
    print(sum(read_all(connection).startswith(b"HTTP/1.1 200 ") for connection in connections))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--close", action="store_true")
    parser.add_argument("--half", action="store_true")
    parser.add_argument("--octets", action="store_true")
    parser.add_argument("--many", type=int)
    parser.add_argument("--wait", type=float, default=5)
    parser.add_argument("socket")
    parser.add_argument("text")
    options = parser.parse_args()
    text = options.text.encode("utf-8", "surrogateescape")
    text = text.decode("unicode_escape").encode("latin-1") * options.repeat
    if options.many:
        many(options, text)
        return
    connection = connect(options.socket, options.wait)
    send(connection, text, options.octets)
    if options.close:
        connection.close()
        return
    if options.half:
        connection.shutdown(socket.SHUT_WR)
    sys.stdout.buffer.write(read_all(connection))


if __name__ == "__main__":
    main()
