#!/usr/bin/env python3
# notify: writes down what a daemon tells its service manager
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""notify.py SOCKET: one line for each datagram, as sd_notify(3) sends them; line ends within one
become a blank."""

import socket
import sys


def main():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(sys.argv[1])
    print("listening", flush=True)
    while True:
        print(listener.recv(4096).decode().strip().replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
