#!/usr/bin/env python3
# send: an SMTP client that keeps its mail until it is accepted
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""Sends messages to an SMTP server, over several connections at once, and tries again what was
refused with 4xx or lost with its connection, as a mail server would.

Prints one line for each message, when it is done with it: "ID accepted TRIES QUEUEID REPLY",
"ID rejected TRIES - REPLY" (5xx) or "ID kept TRIES - REPLY" (still not accepted at the deadline).
With --verbose each reply is printed: ID, command and reply with tabs between.
Exit status: 0 if all were accepted, 1 if not."""

import argparse
import base64
import os
import re
import socket
import sys
import threading
import time

# As Postfix and Sendmail say it.
QUEUE_ID = re.compile(r"queued as ([0-9A-Za-z]+)|2\.0\.0 ([0-9A-Za-z]+) Message accepted")
PRINTING = threading.Lock()


class Refused(Exception):
    """The server said no to a whole message."""


class Client:
    """One connection."""

    def __init__(self, options):
        self.options = options
        host, port = options.server.rsplit(":", 1)
        source = (options.source, 0) if options.source else None
        self.socket = socket.create_connection((host, int(port)), options.timeout, source)
        self.file = self.socket.makefile("rb")
        self.sent = 0
        try:
            self.greet()
        except Refused:
            self.close()
            raise

    def greet(self):
        """All that comes before the first message."""
        options = self.options
        hello = f"EHLO {options.helo}"
        self.expect("-", "connect", 220)
        self.command("-", hello, 250)
        if options.xclient:
            self.command("-", f"XCLIENT {options.xclient}", 220)
            self.command("-", hello, 250)
        if options.starttls:
            self.start_tls()
            self.command("-", hello, 250)
        if options.login:
            user, password = options.login.split(":", 1)
            plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            self.command("-", f"AUTH PLAIN {plain}", 235)

    def start_tls(self):
        """Who the server is, is of no interest here."""
        # Takes a sixth of the time that python3 needs to start, and few have use for it.
        import ssl

        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion[self.options.starttls.replace(".", "_")]
        if self.options.cert:
            context.load_cert_chain(self.options.cert)
        self.command("-", "STARTTLS", 220)
        self.file.close()
        self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")

    def reply(self, message, name):
        while True:
            line = self.file.readline()
            if not line:
                raise ConnectionError(f"connection lost after {name}")
            if line[3:4] != b"-":
                break
        answer = line.decode("utf-8", "replace").rstrip("\r\n")
        if self.options.verbose:
            with PRINTING:
                print(message, name, answer, sep="\t", flush=True)
        return answer

    def expect(self, message, name, code):
        answer = self.reply(message, name)
        if int(answer[:3]) != code:
            raise Refused(answer)
        return answer

    def command(self, message, line, code):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.expect(message, line, code)

    def envelope(self, message):
        """MAIL, and a RCPT for each recipient."""
        parameters = "".join(f" {p}" for p in self.options.mail_parameter)
        lines = [f"MAIL FROM:<{self.options.sender}>{parameters}"]
        more = "".join(f" {p}" for p in self.options.rcpt_parameter)
        for name in message.recipients:
            lines.append(f"RCPT TO:{name if name.startswith('<') else f'<{name}>'}{more}")
        return lines

    def send(self, message):
        if self.options.rset and self.sent % 2:
            self.begin_and_reset(message.name)
        self.sent += 1
        lines = self.envelope(message)
        if self.options.pipelining:
            return self.send_pipelined(message, lines)
        self.command(message.name, lines[0], 250)
        refusals = []
        for line in lines[1:]:
            try:
                self.command(message.name, line, 250)
            except Refused as refused:
                refusals.append(refused)
        if len(refusals) == len(lines) - 1:
            raise refusals[-1]
        self.command(message.name, "DATA", 354)
        return self.body(message)

    def send_pipelined(self, message, lines):
        """RFC 2920: all of the envelope and DATA at once."""
        lines.append("DATA")
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())
        answers = [self.reply(message.name, line) for line in lines]
        if answers[-1].startswith("354"):
            return self.body(message)
        raise Refused(next(a for a in answers if not a.startswith("2")))

    def begin_and_reset(self, name):
        """A message that goes no further."""
        self.command(name, f"MAIL FROM:<{self.options.sender}>", 250)
        for recipient in self.options.rset_recipient or self.options.to:
            self.command(name, f"RCPT TO:<{recipient}>", 250)
        self.command(name, "RSET", 250)

    def body(self, message):
        gate = self.options.gate
        if gate:
            # The last line is kept back until then.
            self.socket.sendall(message.data[:-2])
            while not os.path.exists(gate):
                time.sleep(0.05)
        self.socket.sendall(message.data[-2 if gate else 0 :] + b".\r\n")
        return self.expect(message.name, ".", 250)

    def quit(self):
        try:
            self.command("-", "QUIT", 221)
        except (OSError, Refused):
            pass
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()


class Message:
    """One message, and how often it was tried."""

    def __init__(self, options, number):
        self.name = f"{options.id}{number}"
        self.recipients = [
            r.replace("%n", str(number)).replace("%d", str(number % 10)) for r in options.to
        ]
        self.tries = 0
        if options.file:
            with open(options.file, "rb") as file:
                text = file.read()
        else:
            text = self.text(options)
        lines = re.split(rb"\r?\n", text.rstrip(b"\n"))
        self.data = b"".join((b"." if l.startswith(b".") else b"") + l + b"\r\n" for l in lines)

    def text(self, options):
        head = [
            f"From: <{options.sender}>",
            f"Subject: message {self.name}",
            f"Message-ID: <{self.name}@client.example>",
            "Date: Sat, 31 Jan 2026 12:00:00 +0000",
            *options.header,
        ]
        text = f"This is {self.name}.\n" + (63 * "x" + "\n") * (options.text // 64)
        return ("\n".join(head) + f"\n\n{text}").encode("utf-8", "surrogateescape")


class Sender:
    """What all connections share: the messages still to be sent."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.waiting = [Message(options, n) for n in range(options.count, 0, -1)]
        self.last = options.count
        self.start = time.monotonic()
        self.end = self.start + options.deadline
        self.taken = 0
        self.failed = 0

    def take(self):
        with self.lock:
            message = self.waiting.pop() if self.waiting else self.another()
            self.taken += 1
            due = self.start + (self.taken / self.options.rate if self.options.rate else 0)
        if message is not None and due > time.monotonic():
            time.sleep(due - time.monotonic())
        return message

    def another(self):
        """One more than was asked for, until there is the file."""
        if not self.options.until or os.path.exists(self.options.until):
            return None
        self.last += 1
        return Message(self.options, self.last)

    def done(self, message, word, reply):
        match = QUEUE_ID.search(reply) if word == "accepted" else None
        queue_id = match[match.lastindex] if match else "-"
        with self.lock, PRINTING:
            self.failed += word != "accepted"
            print(message.name, word, message.tries, queue_id, reply, flush=True)

    def put_back(self, message, reply):
        """To be tried again, unless it is too late."""
        if time.monotonic() >= self.end or self.options.once:
            self.done(message, "kept", reply)
            return
        time.sleep(self.options.retry)
        with self.lock:
            self.waiting.append(message)

    def run(self):
        client = None
        while (message := self.take()) is not None:
            if client and client.sent >= self.options.per_connection:
                client.quit()
                client = None
            message.tries += 1
            try:
                client = client or Client(self.options)
                self.done(message, "accepted", client.send(message))
            except Refused as refused:
                # After a refusal the next message begins on a new connection.
                if client:
                    client.quit()
                    client = None
                if str(refused).startswith("5"):
                    self.done(message, "rejected", str(refused))
                else:
                    self.put_back(message, str(refused))
            except OSError as error:
                if client:
                    client.close()
                    client = None
                self.put_back(message, str(error))
        if client:
            client.quit()


def abandon(options):
    """Begins a message and drops the connection in the middle of it."""
    client = Client(options)
    message = Message(options, 1)
    for line in client.envelope(message):
        client.command(message.name, line, 250)
    if options.abandon == "data":
        client.command(message.name, "DATA", 354)
        client.socket.sendall(message.data[: len(message.data) // 2])
    if options.abandon == "quit":
        client.quit()
    else:
        client.close()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--server", required=True, help="ADDRESS:PORT")
    add("--count", type=int, default=1)
    add("--parallel", type=int, default=1, help="connections at once")
    add("--per-connection", type=int, default=1, help="messages on each")
    add("--from", dest="sender", default="sender@client.example")
    add("--to", action="append", required=True, help="%%n: the message's number; %%d: its last digit")
    add("--mail-parameter", action="append", default=[], help="SMTPUTF8, …")
    add("--rcpt-parameter", action="append", default=[], help="NOTIFY=NEVER, …")
    add("--id", default="m", help="names are this and a number")
    add("--file", help="header and body")
    add("--header", action="append", default=[], help="NAME: VALUE, if there is no --file")
    add("--text", type=int, default=0, help="octets of text, about, if there is no --file")
    add("--gate", help="ends a message only once this file is there")
    add("--until", help="sends more than --count, as long as this file is not there")
    add("--source", help="the client's address")
    add("--helo", default="client.example")
    add("--xclient", help="NAME=… ADDR=…")
    add("--starttls", nargs="?", const="TLSv1.3", help="TLSv1.2: no newer protocol")
    add("--cert", help="the client's certificate and key, one file")
    add("--login", help="USER:PASSWORD")
    add("--pipelining", action="store_true")
    add("--rset", action="store_true", help="before each second message, another one is reset")
    add("--rset-recipient", action="append", help="recipients of that one")
    add("--abandon", choices=["rcpt", "data", "quit"], help="send nothing, drop the connection")
    add("--rate", type=float, help="no more messages a second than this")
    add("--once", action="store_true", help="try once")
    add("--retry", type=float, default=0.1, help="seconds until the next try")
    add("--deadline", type=float, default=180, help="seconds until it gives up")
    add("--timeout", type=float, default=180, help="seconds to wait for a reply")
    add("--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    if options.abandon:
        abandon(options)
        return 0
    sender = Sender(options)
    threads = [threading.Thread(target=sender.run) for _ in range(options.parallel)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 1 if sender.failed else 0


if __name__ == "__main__":
    sys.exit(main())
