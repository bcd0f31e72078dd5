#!/usr/bin/env python3
# browser: a headless Chromium, led by chromedriver's HTTP (W3C WebDriver), one command a call
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
"""browser.py FOLDER COMMAND [ARGUMENT...]: FOLDER has "port", chromedriver's, and all of the browser.

  open                 begins a session
  close                ends it, and the browser
  go URL
  js SCRIPT [ARG...]   what SCRIPT returns, as text, or as JSON if it is none
  axe FILE             runs axe-core, FILE, on the page; prints what it finds, one line each
  size WIDTH HEIGHT    of the page as it is seen
  media [NAME=VALUE]   features of media, such as prefers-color-scheme=dark
  shot FILE [full]     a picture of what is seen, or of the whole page
  complaints           what the browser has to say of the page: errors, and what its policy has refused
  key KEY...           pressed one after the other: one character each, or a name such as Tab"""

import base64
import json
import pathlib
import sys
import urllib.error
import urllib.request

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Space": " ", "Down": "\ue015", "Up": "\ue013"}
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--force-color-profile=srgb", "--hide-scrollbars", "--no-proxy-server"]
AXE = """const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations", "incomplete"]}).then((result) => done(result.violations.map((rule) =>
    rule.id + ": " + rule.nodes.map((node) => node.target.join(" ") + " " + node.failureSummary.replace(/\\s+/g, " ")).join("; "))),
    (error) => done(["axe: " + error]));"""


class Browser:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.base = "http://127.0.0.1:" + (self.folder / "port").read_text().strip()
        session = self.folder / "session"
        self.session = session.read_text() if session.exists() else None

    def call(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                         method=method or ("GET" if body is None else "POST"))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            sys.exit("browser.py: " + json.load(error)["value"]["message"].split("\n")[0])

    def here(self, path, body=None, method=None):
        return self.call("/session/" + self.session + path, body, method)

    def cdp(self, command, **parameters):
        return self.here("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self):
        options = OPTIONS + ["--user-data-dir=" + str(self.folder / "profile")]
        answer = self.call("/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": options}, "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": 60000, "pageLoad": 60000}}}})
        (self.folder / "session").write_text(answer["sessionId"])

    def close(self):
        self.here("", method="DELETE")
        (self.folder / "session").unlink()

    def go(self, url):
        self.here("/url", {"url": url})

    def js(self, script, *arguments):
        show(self.here("/execute/sync", {"script": script, "args": list(arguments)}))

    def axe(self, file):
        self.here("/execute/sync", {"script": pathlib.Path(file).read_text(), "args": []})
        for line in self.here("/execute/async", {"script": AXE, "args": []}):
            print(line)

    # What the page has complained of: scripts that fail, and what the policy has refused.
    def complaints(self):
        for entry in self.here("/se/log", {"type": "browser"}):
            print(entry["level"], entry["message"])

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=int(width), height=int(height), deviceScaleFactor=1,
                 mobile=False)

    def media(self, *features):
        pairs = [feature.split("=") for feature in features]
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in pairs])

    def shot(self, file, part=""):
        parameters = {"format": "png"}
        if part == "full":
            size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
            parameters["captureBeyondViewport"] = True
            parameters["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        answer = self.cdp("Page.captureScreenshot", **parameters)
        pathlib.Path(file).write_bytes(base64.b64decode(answer["data"]))

    def key(self, *keys):
        actions = []
        for key in keys:
            value = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self.here("/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})


def show(value):
    print(value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    getattr(Browser(sys.argv[1]), sys.argv[2])(*sys.argv[3:])


main()
