#!/usr/bin/env python3
# memory: whether a text is in the memory of a process, and in how much of it that a core dump has
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""memory.py PID TEXT: prints "dumped=N kept=M": how often TEXT stands in pages that a core dump of
the process would have, and in those that it would not (dd of VmFlags in proc(5)); the latter
followed by " unlocked" if one of them may be swapped out. Reads as the kernel does for a core dump."""

import sys


def mappings(pid):
    """(begin, end, flags) of each."""
    span = None
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as smaps:
        for line in smaps:
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                span = [int(part, 16) for part in words[0].split("-")]
            elif words[0] == "VmFlags:":
                yield span[0], span[1], words[1:]


def main():
    pid, text = sys.argv[1], sys.argv[2].encode()
    dumped, kept, unlocked = 0, 0, False
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, flags in mappings(pid):
            # What is larger is a sanitizer's own.
            if "rd" not in flags or "io" in flags or end - begin > 1 << 30:
                continue
            try:
                memory.seek(begin)
                octets = memory.read(end - begin)
            except (OSError, OverflowError):
                continue
            count = octets.count(text)
            if "dd" not in flags:
                dumped += count
            elif count > 0:
                kept += count
                unlocked = unlocked or "lo" not in flags
    print(f"dumped={dumped} kept={kept}" + (" unlocked" if unlocked else ""))


main()
