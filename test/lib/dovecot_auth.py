#!/usr/bin/env python3
# dovecot_auth: what Dovecot says to Postfix of who may log in
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""dovecot_auth.py SOCKET USER:PASSWORD...: Dovecot's authentication protocol, mechanism PLAIN."""

import base64
import os
import socketserver
import sys

GREETING = (
    "VERSION\t1\t1\n"
    "MECH\tPLAIN\tplaintext\n"
    "SPID\t1\n"
    "CUID\t1\n"
    "COOKIE\t00112233445566778899aabbccddeeff\n"
    "DONE\n"
)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(GREETING.encode())
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] == "AUTH":
                self.wfile.write(self.answer(words).encode())

    def answer(self, words):
        response = next(w[5:] for w in words if w.startswith("resp="))
        _, user, password = base64.b64decode(response).decode().split("\0")
        word = "OK" if f"{user}:{password}" in self.server.logins else "FAIL"
        return f"{word}\t{words[1]}\tuser={user}\n"


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    logins = sys.argv[2:]


with Server(sys.argv[1], Handler) as server:
    os.chmod(sys.argv[1], 0o666)
    print("listening", flush=True)
    server.serve_forever()
