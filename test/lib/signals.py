#!/usr/bin/env python3
# signals: sends SIGHUP to a process, as fast as it goes or one after the other
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""signals.py PID COUNT: as fast as it goes, from two processes at once.
signals.py PID COUNT FILE TEXT: the next one when FILE has one more line with TEXT. Prints how many
of them were answered within 20 s each."""

import os
import signal
import sys
import time

LIMIT_S = 20


def storm(pid, count):
    child = os.fork()
    try:
        for _ in range(count // 2):
            os.kill(pid, signal.SIGHUP)
    except ProcessLookupError:
        print("it is gone")
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def one_by_one(pid, count, path, text):
    answered = 0
    rest = b""
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        for _ in range(count):
            os.kill(pid, signal.SIGHUP)
            end = time.monotonic() + LIMIT_S
            while text not in rest and time.monotonic() < end:
                rest += file.readline()
                if not rest.endswith(b"\n"):
                    time.sleep(0.001)
            if text not in rest:
                break
            rest = b""
            answered += 1
    print(answered)


def main():
    pid, count = int(sys.argv[1]), int(sys.argv[2])
    if len(sys.argv) == 3:
        storm(pid, count)
    else:
        one_by_one(pid, count, sys.argv[3], sys.argv[4].encode())


if __name__ == "__main__":
    main()
