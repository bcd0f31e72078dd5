#!/usr/bin/env python3
# faulty: SMTP hosts with faults that come and go
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""faulty.py FOLDER PORT ADDRESS[:PORT]...: listens on each address, for SMTP and LMTP, and takes mail,
but for the fault that FOLDER/ADDRESS.fault has, read anew for each command:

  ok                        (or no file) none
  down                      refuses connections
  silent STAGE              says nothing from that stage on, until the fault is another one
  slow SECONDS              waits that long before each reply
  large OCTETS              does not answer to the end of larger messages until the fault is another one
  say STAGE REPLY           that reply at that stage
  every N STAGE REPLY       the same, for each Nth message
  limit N REPLY             that reply to MAIL after N messages of a session, and closes
  crowd N REPLY             that greeting as long as N sessions are open; replies take 0.1 s each
  first STAGE REPLY         that reply to the first message of each pair of sender and recipient
                            (greylisting)

STAGE is greeting, ehlo, mail, rcpt, data or end. A reply of 421 or to the greeting that is not 220
ends the session. FOLDER/ADDRESS.met gets a line for each session, FOLDER/ADDRESS.taken one for each
message that was taken: its subject, the user, "tls" or nothing, and the recipients, comma-separated;
between them are tabs. FOLDER/ADDRESS.offers may have the words auth (any user and password will do)
and starttls (with the certificate and key of FOLDER/host.pem)."""

import asyncio
import base64
import os
import ssl
import sys

STAGES = ["greeting", "ehlo", "mail", "rcpt", "data", "end"]


class Host:
    def __init__(self, folder, address):
        self.path = os.path.join(folder, address)
        self.messages = 0
        self.open = 0
        self.known = set()
        self.server = None
        for name in ("met", "taken"):
            open(self.path + "." + name, "a").close()

    def words(self, name):
        try:
            with open(self.path + "." + name) as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def fault(self):
        return self.words("fault") or ["ok"]

    async def listen(self, address, port):
        """Unless it is down."""
        is_down = self.fault()[0] == "down"
        if is_down and self.server is not None:
            self.server.close()
            self.server = None
        elif not is_down and self.server is None:
            self.server = await asyncio.start_server(
                self.serve, address, port, backlog=256, limit=1 << 24
            )

    def note(self, name, text):
        with open(self.path + "." + name, "a") as file:
            file.write(text + "\n")

    async def wait(self, stage):
        """Until the host would answer."""
        while True:
            fault = self.fault()
            if fault[0] == "slow":
                await asyncio.sleep(float(fault[1]))
                return
            if fault[0] == "crowd":
                await asyncio.sleep(0.1)
            if fault[0] != "silent" or STAGES.index(stage) < STAGES.index(fault[1]):
                return
            await asyncio.sleep(0.05)

    async def digest(self, size):
        """Until it has done with so large a message."""
        while (fault := self.fault())[0] == "large" and size > int(fault[1]):
            await asyncio.sleep(0.05)

    def reply(self, stage, session):
        """What is said instead of yes; None: yes."""
        fault = self.fault()
        # Who greets nobody has closed what was open.
        if fault[0] == "say" and fault[1] in (stage, "greeting"):
            return " ".join(fault[2:])
        if fault[0] == "every" and fault[2] == stage:
            return " ".join(fault[3:]) if self.messages % int(fault[1]) == 0 else None
        if fault[0] == "limit" and stage == "mail" and session["messages"] > int(fault[1]):
            return " ".join(fault[2:])
        if fault[0] == "crowd" and stage == "greeting" and self.open > int(fault[1]):
            return " ".join(fault[2:])
        if fault[0] == "first" and fault[1] == stage:
            key = (session["sender"], session["recipient"])
            if key not in self.known:
                self.known.add(key)
                return " ".join(fault[2:])
        return None

    async def answer(self, writer, stage, session, good):
        """False: the session is over."""
        await self.wait(stage)
        said = self.reply(stage, session)
        writer.write((said or good).encode() + b"\r\n")
        await writer.drain()
        session["refused"] = said is not None
        return said is None or not (said.startswith("421") or stage == "greeting")

    def greeting(self, session):
        offers = self.words("offers")
        lines = ["faulty.example", "8BITMIME", "SIZE 100000000"]
        lines += ["AUTH PLAIN"] if "auth" in offers else []
        lines += ["STARTTLS"] if "starttls" in offers and not session["tls"] else []
        return "\r\n".join("250-" + line for line in lines[:-1]) + "\r\n250 " + lines[-1]

    async def start_tls(self, writer, session):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(os.path.dirname(self.path), "host.pem"))
        writer.write(b"220 2.0.0 go on\r\n")
        await writer.start_tls(context)
        session["tls"] = "tls"
        return True

    async def message(self, reader, writer, session):
        """All that follows DATA. False: the session is over."""
        if not await self.answer(writer, "data", session, "354 go on"):
            return False
        if session["refused"]:
            return True
        size = 0
        is_head = True
        subject = ""
        while (line := await reader.readline()).rstrip(b"\r\n") != b".":
            if reader.at_eof():
                return False
            size += len(line)
            is_head = is_head and line.strip() != b""
            if is_head and line.lower().startswith(b"subject:"):
                subject = line[8:].strip().decode("latin-1")
        await self.digest(size)
        goes_on = True
        # LMTP has a reply for each recipient.
        for _ in session["recipients"] if session["lmtp"] else [None]:
            goes_on = await self.answer(writer, "end", session, "250 2.0.0 Ok")
        if not session["refused"]:
            recipients = ",".join(session["recipients"])
            self.note("taken", "\t".join([subject, session["user"], session["tls"], recipients]))
        return goes_on

    async def command(self, line, reader, writer, session):
        verb = line[:4].upper()
        if verb in (b"EHLO", b"HELO", b"LHLO"):
            session["lmtp"] = verb == b"LHLO"
            return await self.answer(writer, "ehlo", session, self.greeting(session))
        if verb == b"STAR":
            return await self.start_tls(writer, session)
        if verb == b"AUTH":
            session["user"] = base64.b64decode(line.split()[2]).split(b"\0")[1].decode()
            writer.write(b"235 2.7.0 Ok\r\n")
            return True
        if verb == b"MAIL":
            self.messages += 1
            session["messages"] += 1
            session["recipients"] = []
            session["sender"] = line.split(b">")[0]
            return await self.answer(writer, "mail", session, "250 2.1.0 Ok")
        if verb == b"RCPT":
            session["recipient"] = line.split(b">")[0]
            goes_on = await self.answer(writer, "rcpt", session, "250 2.1.5 Ok")
            if not session["refused"]:
                recipient = session["recipient"].decode("latin-1").partition("<")[2]
                session["recipients"].append(recipient)
            return goes_on
        if verb == b"DATA":
            return await self.message(reader, writer, session)
        writer.write(b"221 2.0.0 Bye\r\n" if verb == b"QUIT" else b"250 2.0.0 Ok\r\n")
        return verb != b"QUIT"

    async def serve(self, reader, writer):
        session = {
            "messages": 0,
            "sender": b"",
            "recipient": b"",
            "recipients": [],
            "refused": False,
            "lmtp": False,
            "user": "",
            "tls": "",
        }
        self.note("met", "session")
        self.open += 1
        try:
            goes_on = await self.answer(writer, "greeting", session, "220 faulty.example ESMTP")
            while goes_on and (line := await reader.readline()):
                goes_on = await self.command(line, reader, writer, session)
        except OSError:
            pass
        finally:
            self.open -= 1
            writer.close()


async def main():
    folder, port, *addresses = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    hosts = []
    for name in addresses:
        address, _, own = name.partition(":")
        hosts.append((Host(folder, address), address, int(own or port)))
    seen = None
    clock = asyncio.get_running_loop().time
    until = 0
    while True:
        # A fault is a file that was moved there. For a second more: the folder's time is coarse.
        changed = os.stat(folder).st_mtime_ns
        if changed != seen:
            until = clock() + 1
        if clock() < until:
            for host, *place in hosts:
                await host.listen(*place)
        if seen is None:
            print("listening", flush=True)
        seen = changed
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main())
