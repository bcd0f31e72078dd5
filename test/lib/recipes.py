#!/usr/bin/env python3
# recipes: what docs/recipes says, as steps that a script can go
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""recipes.py DOCUMENT FOLDER: reads the document, writes each indented block to a file of FOLDER,
and prints the steps in the order of the document, one line each, its fields with \\x1f between:

  host ADDRESS:PORT                  one that the document has somewhere
  frame KIND FILE                    what stands before the first recipe; KIND as below
  recipe NUMBER TITLE
  offers ADDRESS WORD                what that host needs to be able to do in this recipe
  block KIND FILE                    KIND is routes, main, master or the path of a table
  write                              what the blocks since the last one say is to be written
  apply                              and to be put in force
  send COUNT RECIPIENTS FROM CLIENT SIZE HEADER WANTED
  fact ADDRESS WORD ARGUMENT...
  run COMMAND FILE                   FILE has what it is to print, with one space between words
  answer TABLE KEY VALUE             a directory's answer, which is no test's to give

What cannot be read, and a recipe that nothing is looked at in, is an error: FILE:LINE: text on
standard error, and exit status 1."""

import os
import re
import sys

ADDRESS = r"192\.0\.2\.\d+"
MESSAGE = re.compile(
    r"(?:(?P<count>\d+) messages )?to (?P<to>\S+?(?:, \S+?)*)"
    r"(?: from (?P<from>\S+))?(?: by client (?P<client>\S+))?(?: of (?P<size>\d+) MB)?"
    r'(?: with "(?P<header>[^"]+)")?\s+-> (?P<wanted>.+)'
)
FACTS = [
    (rf"({ADDRESS}) stops", "fault", lambda m: ["down"]),
    (rf"({ADDRESS}) starts", "fault", lambda m: ["ok"]),
    (
        rf"({ADDRESS}) answers (MAIL|RCPT) with (\d\d\d .*)",
        "fault",
        lambda m: ["say", m[2].lower(), m[3]],
    ),
    (rf"({ADDRESS}) answers nothing to MAIL", "fault", lambda m: ["silent", "mail"]),
    (rf"({ADDRESS}) answers as usual", "fault", lambda m: ["ok"]),
    (rf"({ADDRESS}) is (up|deferred|drained|spent|on trial)", "state", lambda m: [m[2].split()[-1]]),
    (rf"({ADDRESS}) has (\d+) waiting", "waiting", lambda m: [m[2]]),
    (rf"({ADDRESS}) has it", "has", lambda m: []),
]
KINDS = [
    (r"routes\.cfg\b.*", "routes"),
    (r"main\.cf\b.*", "main"),
    (r"master\.cf\b.*", "master"),
    (r"(/etc/\S+?)[:, ].*", None),
    (r"Result\b.*", "result"),
]


class Document:
    def __init__(self, path, folder):
        self.path = path
        self.folder = folder
        self.faults = 0
        self.number = 0
        self.looks = 0
        self.pending = False
        self.steps = []
        self.offers = set()
        self.count = 0
        self.start = 0
        self.contents = []
        self.titles = []
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().split("\n")

    def fault(self, line, text):
        self.faults += 1
        print(f"{self.path}:{line}: {text}", file=sys.stderr)

    def step(self, *fields):
        self.steps.append("\x1f".join(str(field) for field in fields))

    def keep(self, lines):
        """Gives the name of a file with these lines."""
        self.count += 1
        path = os.path.join(self.folder, f"block{self.count}")
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        return path

    def parts(self):
        """Pairs of a line's number and a block: lines that are all indented, or all not."""
        block, first, is_in = [], 0, False
        for number, line in enumerate(self.lines, 1):
            indented = line.startswith("    ")
            if line and indented != is_in and block:
                yield first, is_in, block
                block = []
            elif not line and block and not is_in:
                yield first, is_in, block
                block = []
            if line or block:
                if not block:
                    first, is_in = number, indented
                block.append(line)
        if block:
            yield first, is_in, block

    def read(self):
        text = ""
        for number, is_in, block in self.parts():
            while block and not block[-1]:
                block.pop()
            if is_in:
                self.block(number, text, [line[4:] for line in block])
                continue
            if len(block) == 2 and re.fullmatch("-+", block[1]):
                self.heading(number, block[0])
            text = " ".join(block)
        self.end_recipe()
        if self.contents != self.titles:
            self.fault(1, "the contents are not the recipes' titles")

    def heading(self, line, title):
        match = re.fullmatch(r"(\d+)\. (.+)", title)
        if match is None:
            return
        self.end_recipe()
        if int(match[1]) != self.number + 1:
            self.fault(line, f"recipe {match[1]} follows {self.number}")
        self.number, self.start, self.looks, self.pending = int(match[1]), line, 0, False
        self.offers = set()
        self.titles.append((match[1], match[2]))
        self.step("recipe", match[1], match[2])

    def end_recipe(self):
        if self.number > 0 and self.looks == 0:
            self.fault(self.start, "nothing is looked at in this recipe")
        if self.pending:
            self.fault(self.start, "what stands last in this recipe is never tried")

    def block(self, line, text, lines):
        if lines[0].startswith(("$ ", "# ")):
            self.session(line, lines)
            return
        for pattern, kind in KINDS:
            match = re.fullmatch(pattern, text)
            if match is None or ":" not in text:
                continue
            if kind == "result":
                self.result(line, lines)
            elif self.number == 0:
                self.step("frame", kind or match[1], self.keep(lines))
            else:
                self.step("block", kind or match[1], self.keep(lines))
                self.pending = True
            return
        if self.number == 0:
            self.contents += re.findall(r"^ *(\d+)  (.+)$", "\n".join(lines), re.M)
        else:
            self.fault(line, "the text before this block does not say what it is")

    def apply(self):
        if self.pending:
            self.step("apply")
            self.pending = False

    def session(self, line, lines):
        commands = []
        for text in lines:
            if text.startswith(("$ ", "# ")):
                commands.append((text[2:], []))
            else:
                commands[-1][1].append(text)
        for command, output in commands:
            match = re.fullmatch(r"postmap -q (\S+) (ldap:\S+)", command)
            if match is not None:
                self.step("answer", match[2], match[1], " ".join(output))
                continue
            if not command.startswith(("milterctl ", "postfix reload")):
                self.fault(line, f"no test runs this: {command}")
            if command == "milterctl reload" and self.pending:
                self.step("write")
                self.pending = False
            self.apply()
            words = [" ".join(text.split()) for text in output]
            self.step("run", command, self.keep([text for text in words if text]))

    def result(self, line, lines):
        self.apply()
        for number, text in enumerate(lines, line):
            if not self.message(text) and not self.fact(text):
                self.fault(number, f"this cannot be read: {text}")

    def message(self, text):
        match = MESSAGE.fullmatch(text)
        if match is None:
            return False
        for host, more in re.findall(rf"({ADDRESS})((?: as \S+| by TLS)*)", match["wanted"]):
            for word, offer in (" as ", "auth"), (" by TLS", "starttls"):
                if word in more and (host, offer) not in self.offers:
                    self.offers.add((host, offer))
                    self.step("offers", host, offer)
        self.looks += 1
        self.step("send", match["count"] or 1, match["to"].replace(",", ""), match["from"] or "",
                  match["client"] or "", match["size"] or 0, match["header"] or "",
                  match["wanted"].strip())
        return True

    def fact(self, text):
        for pattern, word, arguments in FACTS:
            match = re.fullmatch(pattern, text)
            if match is not None:
                self.step("fact", match[1], word, *arguments(match))
                return True
        return False

    def hosts(self):
        """All that any configuration has; each address has one port."""
        ports = {}
        text = "\n".join(line for line in self.lines if line.startswith("    "))
        for number, rest in re.findall(r'host = "\[?192\.0\.2\.(\d+)\]?";([^}]*)\}', text):
            port = re.search(r"\bport = (\d+)", rest)
            ports.setdefault(int(number), set()).add(int(port[1]) if port else 25)
        for number, found in sorted(ports.items()):
            if len(found) > 1:
                self.fault(1, f"192.0.2.{number} has several ports")
            print("host", f"192.0.2.{number}:{min(found)}", sep="\x1f")


def main():
    document = Document(*sys.argv[1:])
    document.read()
    document.hosts()
    for step in document.steps:
        print(step)
    return 1 if document.faults > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
