#!/usr/bin/env python3
# listeners: hosts that do what no decent mail server does
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""listeners.py PORT MODE=ADDRESS...: listens on each address and treats its clients by MODE:

silent   says nothing
drip     one octet of an endless greeting each second
long     10 MB of greeting in one line
many     10 MB of greeting in lines
close    closes at once
reset    resets the connection at once
junk     speaks another protocol
early    greets, says 421 and closes before it was asked anything
goodbye  takes all, but does not answer QUIT
full     has no room for another connection
slow     speaks SMTP, 100 ms for each reply

Port 0 is any. Prints "listening MODE ADDRESS PORT" for each, then "ready"; then "open MODE N" when a
client comes, N being how many there are now in that mode, "said MODE LINE" and "sent MODE OCTETS"."""

import asyncio
import itertools
import socket
import struct
import sys

FLOOD = 10 * 1000 * 1000
OPEN = {}


def tell(*words):
    print(*words, flush=True)


async def feed(writer, mode, data):
    """Sends DATA; tells how much of it the client took, give or take what the kernel holds."""
    sent = 0
    try:
        while sent < len(data):
            writer.write(data[sent : sent + 65536])
            await writer.drain()
            sent += 65536
    finally:
        tell("sent", mode, min(sent, len(data)))


async def drip(writer):
    for octet in itertools.chain(b"220 ", itertools.repeat(ord("x"))):
        writer.write(bytes([octet]))
        await writer.drain()
        await asyncio.sleep(1)


async def speak(reader, writer, mode):
    delay = 0.1 if mode == "slow" else 0
    writer.write(b"220 listener.example ESMTP\r\n")
    while line := await reader.readline():
        text = line.decode("latin-1").rstrip("\r\n")
        tell("said", mode, text)
        await asyncio.sleep(delay)
        if text == "QUIT" and mode == "goodbye":
            continue
        writer.write(b"221 Bye\r\n" if text == "QUIT" else b"250 2.0.0 Ok\r\n")
        if text == "QUIT":
            return


async def treat(mode, reader, writer):
    if mode == "silent":
        await reader.read()
    elif mode == "drip":
        await drip(writer)
    elif mode == "long":
        await feed(writer, mode, b"220 " + b"x" * FLOOD)
    elif mode == "many":
        await feed(writer, mode, b"220-listener.example\r\n" * (FLOOD // 22))
    elif mode == "reset":
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    elif mode == "junk":
        writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")
        await reader.read()
    elif mode == "early":
        writer.write(b"220 listener.example\r\n421 4.3.2 going down\r\n")
    elif mode in ("goodbye", "slow"):
        await speak(reader, writer, mode)


def handler(mode):
    async def handle(reader, writer):
        OPEN[mode] = OPEN.get(mode, 0) + 1
        tell("open", mode, OPEN[mode])
        try:
            await treat(mode, reader, writer)
            writer.close()
            await writer.wait_closed()
        except OSError:
            pass
        finally:
            OPEN[mode] -= 1
            writer.close()

    return handle


def fill(listener, kept):
    """Connections until no more are taken."""
    listener.listen(0)
    for _ in range(16):
        client = socket.socket(listener.family)
        client.settimeout(0.3)
        kept.append(client)
        try:
            client.connect(listener.getsockname())
        except OSError:
            return


async def main():
    port, *hosts = sys.argv[1:]
    kept = []
    for host in hosts:
        mode, address = host.split("=", 1)
        listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port)))
        kept.append(listener)
        if mode == "full":
            fill(listener, kept)
        else:
            kept.append(await asyncio.start_server(handler(mode), sock=listener, backlog=256))
        tell("listening", mode, address, listener.getsockname()[1])
    tell("ready")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
