#!/usr/bin/env python3
# nameserver: a DNS server that has a name for each kind of trouble
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""nameserver.py ADDRESS NAME=ANSWER...: answers UDP on port 53 of ADDRESS. ANSWER is one of

nxdomain, servfail, silent     for both kinds of query
IP,IP,...                      A and AAAA records
half:IP,...                    the same, but no answer at all where there is no record

NAME may begin with "*.", then all names below have that answer; names not given are nxdomain.
Prints "ready", then "asked TYPE NAME" for each query."""

import ipaddress
import socket
import struct
import sys

A, AAAA = 1, 28
NXDOMAIN, SERVFAIL = 3, 2


def parse_query(packet):
    labels = []
    at = 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]
    (kind,) = struct.unpack("!H", packet[at + 1 : at + 3])
    return ".".join(labels), kind, packet[12 : at + 5]


def make_reply(packet, question, code, records):
    """The question is given back as it came: its letters' case is the client's secret."""
    head = packet[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
    body = b""
    for address in records:
        kind = A if address.version == 4 else AAAA
        data = address.packed
        body += struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data)) + data
    return head + question + body


def find(answers, name):
    name = name.lower()
    return answers.get(name) or answers.get("*." + name.partition(".")[2], "nxdomain")


def answer(packet, answers):
    name, kind, question = parse_query(packet)
    print("asked", {A: "A", AAAA: "AAAA"}.get(kind, kind), name.lower(), flush=True)
    what = find(answers, name)
    if what == "silent":
        return None
    if what in ("nxdomain", "servfail"):
        return make_reply(packet, question, NXDOMAIN if what == "nxdomain" else SERVFAIL, [])
    is_half, what = what.startswith("half:"), what.removeprefix("half:")
    version = {A: 4, AAAA: 6}.get(kind)
    records = [a for a in map(ipaddress.ip_address, what.split(",")) if a.version == version]
    return None if is_half and not records else make_reply(packet, question, 0, records)


def main():
    address, *names = sys.argv[1:]
    answers = dict(name.split("=", 1) for name in names)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    print("ready", flush=True)
    while True:
        packet, client = server.recvfrom(4096)
        reply = answer(packet, answers)
        if reply is not None:
            server.sendto(reply, client)


if __name__ == "__main__":
    main()
