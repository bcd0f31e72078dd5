#!/usr/bin/env python3
# milter_client: an MTA that says to a milter what no MTA says
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""milter_client.py SOCKET [OPTIONS]: SOCKET is a path or ADDRESS:PORT. Sends one message and prints
the milter's last answer to it, a letter, and the next hop that it adds: "c smtp:[192.0.2.1]".

  --sender A      [s@client.example]
  --recipient A   [u@example.com], several times for several
  --header N:V    several times for several
  --repeat N      all headers N times [1]
  --half-open N   beside the message, N sessions that have negotiated and say no more
  --silent        those have said nothing at all
  --partial N     and N connections that have sent a part of a packet, before that of the message
  --connected F   makes the file F when all are connected, before the first answer
  --hold F        sends no message, and keeps all connections until there is a file F
  --macros HEX    instead of a message: a packet of macros with that content; prints "closed" if the
                  milter closes the connection"""

import argparse
import os
import socket
import struct
import time

VERSION = 6
ACTIONS = 0x1FF
STEPS = 0x1FFFFF
NO_REPLY = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "L": 0x80,
            "N": 0x40000}
LEFT_OUT = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "L": 0x20, "N": 0x40, "T": 0x200}


class Session:
    def __init__(self, name, wait=60):
        if name.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(name)
            self.socket.settimeout(wait)
        else:
            host, port = name.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), timeout=wait)
        self.file = self.socket.makefile("rb")
        self.steps = 0

    def send(self, command, content=b""):
        self.socket.sendall(struct.pack("!I", len(content) + 1) + command.encode() + content)

    def receive(self):
        """The letter and what is behind it; an empty letter if the milter has gone."""
        try:
            head = self.file.read(4)
            if len(head) < 4:
                return "", b""
            packet = self.file.read(struct.unpack("!I", head)[0])
        except (ConnectionResetError, BrokenPipeError):
            return "", b""
        return packet[:1].decode(), packet[1:]

    def negotiate(self):
        self.offer()
        self.agree()

    def offer(self):
        self.send("O", struct.pack("!III", VERSION, ACTIONS, STEPS))

    def agree(self):
        command, content = self.receive()
        if command != "O":
            raise SystemExit(f"negotiation is answered with \"{command}\"")
        self.steps = struct.unpack("!III", content[:12])[2]

    def step(self, command, content=b""):
        """Gives the answer, or "c" if the milter has none for that step."""
        if self.steps & LEFT_OUT.get(command, 0):
            return "c"
        self.send(command, content)
        if self.steps & NO_REPLY.get(command, 0):
            return "c"
        return self.receive()[0]


def words(*values):
    return b"".join(value.encode("utf-8", "surrogateescape") + b"\0" for value in values)


def message(session, options):
    """Gives the last answer, and the next hop."""
    nexthop = "-"
    session.step("C", words("client.example") + b"4" + struct.pack("!H", 25) + words("192.0.2.9"))
    session.step("H", words("client.example"))
    session.step("M", words(f"<{options.sender}>"))
    for recipient in options.recipient or ["u@example.com"]:
        answer = session.step("R", words(f"<{recipient}>"))
        if answer not in ("c", ""):
            return answer, nexthop
    session.step("T")
    headers = b""
    for header in options.header:
        name, value = header.split(":", 1)
        content = words(name, value)
        headers += struct.pack("!I", len(content) + 1) + b"L" + content
    if not session.steps & LEFT_OUT["L"]:
        for _ in range(options.repeat):
            session.socket.sendall(headers)
            if not session.steps & NO_REPLY["L"]:
                for _ in options.header:
                    session.receive()
    session.step("N")
    session.send("E")
    while True:
        command, content = session.receive()
        if command in ("h", "i"):
            nexthop = content.split(b"\0")[1 if command == "h" else -2].decode()
        if command not in ("h", "i", "m", "+", "-", "p"):
            return command or "closed", nexthop


def hold(path):
    while not os.path.exists(path):
        time.sleep(0.05)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("socket")
    parser.add_argument("--sender", default="s@client.example")
    parser.add_argument("--recipient", action="append")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--half-open", type=int, default=0)
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--partial", type=int, default=0)
    parser.add_argument("--connected")
    parser.add_argument("--hold")
    parser.add_argument("--macros")
    options = parser.parse_args()
    others = [Session(options.socket) for _ in range(options.half_open)]
    for other in others:
        if not options.silent:
            other.negotiate()
    for _ in range(options.partial):
        others.append(Session(options.socket))
        others[-1].socket.sendall(b"\0\0\0")
    if options.hold:
        hold(options.hold)
        return
    session = Session(options.socket)
    session.offer()
    if options.connected:
        open(options.connected, "w").close()
    session.agree()
    if options.macros:
        session.send("D", bytes.fromhex(options.macros))
        print("closed" if session.receive()[0] == "" else "answered")
        return
    print(*message(session, options))


main()
