#!/usr/bin/env python3
# syslog: writes what programs say to syslog(3) into a file, as a syslog daemon would
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""syslog.py SOCKET FILE NAME: NAME is what stands in the place of the host's name."""

import os
import re
import socket
import sys

# <PRIORITY>Mmm dd hh:mm:ss and the rest.
FORM = re.compile(rb"<\d+>(\w{3} [ \d]\d \d\d:\d\d:\d\d) (.*)", re.DOTALL)


def main():
    path, log, name = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(path)
    os.chmod(path, 0o666)
    with open(log, "ab", buffering=0) as file:
        print("listening", flush=True)
        while True:
            line = listener.recv(65536).rstrip(b"\0\n").replace(b"\n", b" ")
            if form := FORM.fullmatch(line):
                line = b"%s %s %s" % (form[1], name.encode(), form[2])
            file.write(line + b"\n")


if __name__ == "__main__":
    main()
