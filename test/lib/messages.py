#!/usr/bin/env python3
# messages: message files that are large, broken or hostile
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""Writes them into the folder that is its argument."""

import os
import sys

TAIL = b"Message-ID: <x@client.example>\nDate: Sat, 31 Jan 2026 12:00:00 +0000\n\nOne line.\n"


def message(name, head, tail=TAIL):
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(head + tail)


lines = b"".join(b"\n " + b"%06d " % n + b"x" * 62 for n in range(1400))
message("whole", b"X-Big: first" + lines[: 840 * 71] + b"\n last\n")
message("folded", b"X-Big: first" + lines + b"\n last\n")
message("unfolded", b"X-Big: first" + b" many words" * 9000 + b" last\n")
message("beyond", b"X-Big: first" + lines * 2 + b"\n last\n")
message("thousand", b"".join(b"X-H%d: value %d\n" % (n, n) for n in range(1, 1001)))
message("same", b"".join(b"X-Same: value %d\n" % n for n in range(1, 1001)))
message(
    "words",
    b"Subject: =?utf-8?B?!!!?= =?utf-8?Q?=ZZ=?= =?x?Q?a?= =?utf-8?B?/w==?= =?=? =?utf-8?Q?\n"
    b"X-Good: =?utf-8?Q?b=C3=BCcher?= =?utf-8?B?YWJj\n",
)
message(
    "mime",
    b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"a\nContent-Type: text/\n"
    b"Content-Transfer-Encoding: none\nX-Mime: broken\n",
    TAIL + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n--a--\n--a\n",
)
message("nul", b"X-Nul: before\0behind\nX-After: here\n", TAIL + b"a\0b\n\0\n")
message("eight", b"X-Eight: b\xfccher \xff\xfe\nX-\xfcml: there\n", TAIL + bytes(range(128, 256)) + b"\n")
message("utf8", "X-Utf8: Bücher\n".encode())
message("empty", b"X-Empty:\nX-Blank: \t \n")
message("name", b"X-" + b"n" * 900 + b": long\n")
message("names", b"X-" + b"n" * 3000 + b": longer\nX-Behind: b\n")
message("none", b"", b"\nOnly a text.\n")
message("text", b"", b"No header, and no empty line.\n")
message("nothing", b"", b"\n")
for number in range(3):
    message("hostile%d" % number, b"Subject: " + b"a" * 900 + b"!\nX-N: %d\n" % number)

# What differs only in how it is written.
SPACES = (
    (b"plain", b"Subject: A word or two\n"),
    (b"close", b"Subject:A word or two\n"),
    (b"tab", b"Subject:\tA word or two\n"),
    (b"wide", b"Subject:   A word or two  \n"),
    (b"before", b"Subject : A word or two\n"),
    (b"folded", b"Subject: A word\n or two\n"),
    (b"tabbed", b"Subject: A word\n\tor two\n"),
    (b"deep", b"Subject: A word\n     or two\n"),
    (b"late", b"Subject:\n A word or two\n"),
    (b"blank", b"Subject: A word\n \n or two\n"),
    (b"cr", b"Subject: A word\r or two\n"),
    (b"ends", b"Subject: A word or two\n \n"),
    (b"case", b"SUBJECT: a WORD or TWO\n"),
    (b"q", b"Subject: =?us-ascii?q?A_word?= =?utf-8?b?IG9yIHR3bw==?=\n"),
    (b"qfold", b"Subject: =?us-ascii?q?A_word?=\n =?utf-8?b?IG9yIHR3bw==?=\n"),
    (b"twice", b"Subject: other\nSubject: A word or two\n"),
    (b"quoted", b'Subject: "A word or two"\n'),
    (b"control", b"Subject: A\x01word or\x7ftwo\n"),
    (b"angle", b"Subject: A word or two\n>From: x@y.example\nX-Behind: b\n"),
    (b"bcc", b"Bcc: hidden@x.example\nReturn-Path: <other@x.example>\nSubject: A word or two\n"),
    (b"own", b"X-Nexthop-Route: 1 forged\nSubject: A word or two\n"),
    (b"to", b"To: a@x.example (me), \"b, c\" <d@x.example>\nCc: e@x.example\nSubject: A word or two\n"),
    (b"empty", b": nothing\nSubject: A word or two\n"),
    (b"odd", b"X_a.b!c: odd\nSubject: A word or two\n"),
    (b"dots", b".\n..\nSubject: A word or two\n"),
)
for name, head in SPACES:
    message("spaces-" + name.decode(), head)
