#!/usr/bin/env python3
# meanwhile: how often a map answers while others work at what takes long
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""meanwhile.py MAP CONTROL CLIENTS TARGET: sends GET TARGET on so many connections to CONTROL, and asks
MAP, one question after the other, until all are answered. Prints
"answers N slowest S ms done N", where done counts the answers with 200."""

import select
import socket
import sys
import time

QUESTION = b"23:transport u@example.com,"


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(60)
    connection.connect(path)
    return connection


def ask(connection):
    connection.sendall(QUESTION)
    answer = b""
    while not answer.endswith(b","):
        part = connection.recv(65536)
        if not part:
            sys.exit("the map has closed")
        answer += part


def main():
    questions = connect(sys.argv[1])
    ask(questions)
    request = f"GET {sys.argv[4]} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    waiting = {}
    for _ in range(int(sys.argv[3])):
        connection = connect(sys.argv[2])
        connection.sendall(request.encode())
        waiting[connection] = b""
    answers = done = 0
    slowest = 0.0
    while waiting:
        begun = time.monotonic()
        ask(questions)
        slowest = max(slowest, time.monotonic() - begun)
        ready, _, _ = select.select(list(waiting), [], [], 0)
        for connection in ready:
            part = connection.recv(65536)
            waiting[connection] += part
            if not part:
                done += waiting.pop(connection).startswith(b"HTTP/1.1 200 ")
        answers += 1 if waiting else 0
    print(f"answers {answers} slowest {slowest * 1000:.0f} ms done {done}")


if __name__ == "__main__":
    main()
