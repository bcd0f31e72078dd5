#!/usr/bin/env python3
# stream: reads the daemon's stream of server-sent events
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""stream.py [OPTIONS] SOCKET FILE: SOCKET is a path or ADDRESS:PORT. Appends "EVENT DATA" to FILE, one
line each as it comes, with "#ID " in front if it has one; at the end "closed".

  --since ID   as Last-Event-ID
  --asleep N   opens N streams and reads nothing of them until it is ended; FILE gets "asleep N" with the
               number of those that were begun"""

import argparse
import socket
import time


def connect(name):
    if name.startswith("/"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(name)
        return connection
    host, port = name.rsplit(":", 1)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    return connection


def ask(name, since):
    connection = connect(name)
    header = "" if since is None else "Last-Event-ID: %s\r\n" % since
    connection.sendall(("GET /v1/stream HTTP/1.0\r\nHost: localhost\r\n%s\r\n" % header).encode())
    return connection


def follow(name, since, out):
    stream = ask(name, since).makefile("r", encoding="utf-8", newline="\n")
    while stream.readline().strip():
        pass
    number = event = ""
    for line in stream:
        field, _, value = line.rstrip("\n").partition(": ")
        if field == "id":
            number = "#" + value + " "
        elif field == "event":
            event = value
        elif field == "data":
            print(number + event, value, file=out, flush=True)
            number = ""
    print("closed", file=out, flush=True)


def sleep(name, count, out):
    connections = [ask(name, None) for _ in range(count)]
    begun = sum(connection.recv(12, socket.MSG_WAITALL).endswith(b"200") for connection in connections)
    print("asleep", begun, file=out, flush=True)
    time.sleep(3600)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--since")
    parser.add_argument("--asleep", type=int)
    parser.add_argument("socket")
    parser.add_argument("file")
    arguments = parser.parse_args()
    with open(arguments.file, "a", encoding="utf-8") as out:
        if arguments.asleep:
            sleep(arguments.socket, arguments.asleep, out)
        else:
            follow(arguments.socket, arguments.since, out)


main()
