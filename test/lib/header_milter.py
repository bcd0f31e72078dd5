#!/usr/bin/env python3
# header_milter: a milter that adds headers, to stand before another one
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""header_milter.py SOCKET NAME VALUE: at the end of each message it inserts the header NAME: VALUE
before all others, and appends it behind them."""

import os
import socketserver
import struct
import sys

NO_STEPS = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x200
ADD_HEADERS = 0x1


class Connection(socketserver.StreamRequestHandler):
    def say(self, letter, data=b""):
        self.wfile.write(struct.pack("!I", 1 + len(data)) + letter + data)

    def handle(self):
        header = b"".join(word.encode() + b"\0" for word in sys.argv[2:4])
        while size := self.rfile.read(4):
            letter = self.rfile.read(struct.unpack("!I", size)[0])[:1]
            if letter == b"O":
                self.say(b"O", struct.pack("!III", 6, ADD_HEADERS, NO_STEPS))
            elif letter == b"E":
                self.say(b"i", struct.pack("!I", 0) + header)
                self.say(b"h", header)
                self.say(b"c")
            elif letter not in b"DAQ":
                self.say(b"c")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


with Server(sys.argv[1], Connection) as server:
    os.chmod(sys.argv[1], 0o666)
    print("listening", flush=True)
    server.serve_forever()
