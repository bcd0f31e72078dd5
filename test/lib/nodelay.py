#!/usr/bin/env python3
# nodelay: whether a process sends small packets at once
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""nodelay.py PID PORT: prints "no delay" or "delay" for each TCP socket of that process that is
bound to PORT, by its TCP_NODELAY; accepted sockets have that of the one that listens."""

import ctypes
import os
import socket
import sys

PIDFD_GETFD = 438  # the same on all machines


def main():
    pid, port = int(sys.argv[1]), int(sys.argv[2])
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
            continue
        fd = libc.syscall(PIDFD_GETFD, process, int(name), 0)
        if fd == -1:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        with socket.socket(fileno=fd) as of:
            if of.family == socket.AF_INET and of.getsockname()[1] == port:
                on = of.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                print("no delay" if on else "delay")


if __name__ == "__main__":
    main()
