#!/usr/bin/env python3
# hosts: SMTP hosts on many addresses, with SMTPUTF8, which smtp-sink does not have
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""hosts.py DIRECTORY PORT ADDRESS...: listens on each address and takes all mail. Each message
becomes a file DIRECTORY/ADDRESS/NUMBER: one line each for MAIL and RCPT, an empty line, the data
as received."""

import os
import socketserver
import sys
import threading


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 host.example ESMTP")
        envelope = []
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say("250-host.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING")
            elif verb == b"MAIL":
                envelope = [line]
                self.say("250 2.1.0 Ok")
            elif verb == b"RCPT":
                envelope.append(line)
                self.say("250 2.1.5 Ok")
            elif verb == b"DATA":
                self.say("354 go on")
                data = iter(self.rfile.readline, b".\r\n")
                self.server.keep(b"".join(envelope) + b"\r\n" + b"".join(data))
                self.say("250 2.0.0 Ok")
            elif verb == b"QUIT":
                self.say("221 2.0.0 Bye")
                return
            else:
                self.say("250 2.0.0 Ok")


class Host(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, directory, address, port):
        super().__init__((address, port), Session)
        self.directory = os.path.join(directory, address)
        self.lock = threading.Lock()
        self.count = 0
        os.makedirs(self.directory, exist_ok=True)

    def keep(self, content):
        with self.lock:
            self.count += 1
            path = os.path.join(self.directory, str(self.count))
            with open(path + ".new", "wb") as file:
                file.write(content)
            os.rename(path + ".new", path)


def main():
    directory, port, *addresses = sys.argv[1:]
    hosts = [Host(directory, address, int(port)) for address in addresses]
    threads = [threading.Thread(target=host.serve_forever) for host in hosts]
    for thread in threads:
        thread.start()
    print("listening", flush=True)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
