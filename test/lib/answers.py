#!/usr/bin/env python3
# answers: a server of maps with answers from a file, for tests without the daemon
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""answers.py SOCKET ANSWERS: each line of ANSWERS, which is read anew for each request, is
"REQUEST<TAB>ANSWER", "nexthop pool.0<TAB>OK esmtp:[192.0.2.1]"; all else is NOTFOUND. Prints each
request and its answer."""

import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        while request := self.netstring():
            answer = self.server.answer(request)
            print(request, answer, sep="\t", flush=True)
            encoded = answer.encode()
            self.wfile.write(b"%d:%s," % (len(encoded), encoded))

    def netstring(self):
        length = b""
        while (octet := self.rfile.read(1)) not in (b":", b""):
            length += octet
        return self.rfile.read(int(length) + 1)[:-1].decode() if length else None


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path, answers):
        super().__init__(path, Session)
        self.answers = answers

    def answer(self, request):
        with open(self.answers, encoding="utf-8") as file:
            lines = (line.rstrip("\n").split("\t", 1) for line in file)
            return dict(lines).get(request, "NOTFOUND ")


def main():
    server = Server(*sys.argv[1:])
    print("listening", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
