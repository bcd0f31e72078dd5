#!/usr/bin/env python3
# milter_tap: stands between an MTA and a milter, and writes down what they say
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""milter_tap.py SOCKET MILTERSOCKET: passes all on as it is.

Prints a line for each packet: the connection's number, "mta" or "milter", the packet's letter, and
  mta O, milter O   version, actions, steps; of the milter also STAGE:MACRO,MACRO,... it asks for
  mta D             the letter that the macros are for, and NAME=VALUE each
  mta L             the header's name
  mta B             how many octets
  all others        their text, with blanks for what is no text
and "NUMBER end" when it is over."""

import itertools
import os
import socket
import socketserver
import struct
import sys
import threading

STAGES = "CHMRETN"  # connect, helo, mail, rcpt, end of message, data, end of headers
NUMBERS = itertools.count(1)


def text(octets):
    return "".join(chr(o) if 0x20 < o < 0x7F else " " for o in octets).strip()


def words(octets):
    return [text(word) for word in octets.rstrip(b"\0").split(b"\0")]


def negotiation(data, is_milter):
    version, actions, steps = struct.unpack("!III", data[:12])
    out = [str(version), f"{actions:#x}", f"{steps:#x}"]
    rest = data[12:]
    while is_milter and len(rest) > 4:
        stage = struct.unpack("!I", rest[:4])[0]
        names, _, rest = rest[4:].partition(b"\0")
        out.append(f"{STAGES[stage]}:{','.join(names.decode().split())}")
    return out


def detail(side, letter, data):
    if letter == "O":
        return negotiation(data, side == "milter")
    if side == "mta" and letter == "D":
        pairs = words(data[1:]) if len(data) > 1 else []
        return [chr(data[0])] + [f"{n}={v}" for n, v in zip(pairs[::2], pairs[1::2])]
    if side == "mta" and letter == "L":
        return words(data)[:1]
    if side == "mta" and letter == "B":
        return [str(len(data))]
    return [text(data)] if data else []


def receive(source, length):
    data = b""
    while len(data) < length:
        more = source.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def packets(number, side, source, sink):
    """Until one of them ends; then the other is told."""
    try:
        while True:
            head = receive(source, 5)
            letter = chr(head[4])
            data = receive(source, struct.unpack("!I", head[:4])[0] - 1)
            print(number, side, letter, *detail(side, letter, data), flush=True)
            sink.sendall(head + data)
    except (EOFError, OSError):
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        number = next(NUMBERS)
        with socket.socket(socket.AF_UNIX) as milter:
            milter.connect(sys.argv[2])
            back = threading.Thread(
                target=packets, args=(number, "milter", milter, self.request)
            )
            back.start()
            packets(number, "mta", self.request, milter)
            back.join()
        print(number, "end", flush=True)


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


with Server(sys.argv[1], Handler) as server:
    os.chmod(sys.argv[1], 0o666)
    print("listening", flush=True)
    server.serve_forever()
