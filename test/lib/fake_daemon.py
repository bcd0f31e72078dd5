#!/usr/bin/env python3
# fake_daemon: answers milterctl as no daemon of ours would
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""fake_daemon.py SOCKET FOLDER: serves HTTP on SOCKET. What it answers stands in FOLDER, and is
read anew for each request:

  answer   the body, sent with its length; "@N@" in it is the number of the request
  mutate   if it is there: with things changed in it that the number of the request decides
  raw      if it is there: these octets instead, and the connection is closed
  then     if it is there: these octets follow over and over, until the client leaves
  hold     if it is there: the connection stays open, and nothing is said"""

import copy
import json
import os
import random
import socketserver
import sys


def read(name):
    try:
        with open(os.path.join(sys.argv[2], name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.take_request():
            if read("hold") is not None:
                self.wait_for_end()
                return
            raw = read("raw")
            self.wfile.write(self.answer() if raw is None else raw)
            self.wfile.flush()
            then = read("then")
            while then:
                self.wfile.write(then)
            if raw is not None:
                return

    def answer(self):
        self.server.requests += 1
        number = self.server.requests
        body = (read("answer") or b"").replace(b"@N@", str(number).encode())
        if read("mutate") is not None:
            body = mutated(body, random.Random(number))
            print("answer", number, body[:2000], flush=True)
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def take_request(self):
        length = 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.rfile.read(length)
        return line != b""

    def wait_for_end(self):
        while self.rfile.read(1):
            pass


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    requests = 0

    def handle_error(self, request, client_address):
        pass


# ---- mutations

TEXTS = [
    "",
    "x" * 253,
    "x" * 5000,
    ":" * 300,
    "\x1b[31mred\x1b[0m",
    "\u202eevil\u202c",
    "zero\u200bwidth\ufeff",
    "\x9b31m",
    "%s%n%d",
    "a\nb\tc",
    "\u00fc",
]
OTHERS = [None, True, 0, -1, 65536, 2147483648, -(2**63), 2**63 - 1, 1e308, [], {}]


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, path + (index,))


def mutate(value, dice):
    path = dice.choice(list(places(value)))
    new = copy.deepcopy(
        dice.choice([dice.choice(TEXTS), dice.choice(OTHERS), [value], {"x": value}])
    )
    if not path:
        return new
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    last = path[-1]
    action = dice.randrange(4)
    if action == 0:
        del holder[last]
    elif action == 1 and isinstance(holder, list):
        holder.extend([holder[last]] * dice.choice([1, 100]))
    else:
        holder[last] = new
    return value


def mutated(text, dice):
    value = json.loads(text)
    for _ in range(dice.randrange(1, 4)):
        value = mutate(value, dice)
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if dice.randrange(10) == 0:
        text = text[: dice.randrange(len(text) + 1)]
    return text


def main():
    with Server(sys.argv[1], Handler) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
