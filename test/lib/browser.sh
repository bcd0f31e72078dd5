# browser: a headless Chromium of the test's own
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after world.sh. Everything of it is in $world/browser.

AXE_ROOT=${NEXTHOP_AXE:-$top_builddir/axe}

find_browser() {
	command -v chromium chromedriver >/dev/null || skip_all "no chromium, or no chromedriver"
}

browser() {
	python3 "$srcdir/test/lib/browser.py" "$world/browser" "$@"
}

browser_start() {
	mkdir -p "$world/browser"
	process_start chromedriver chromedriver --port=0
	at_close browser_stop
	wait_for line_is_in "$world/chromedriver.log" 'successfully on port' || bail_out "chromedriver does not start"
	sed -nE 's/.*successfully on port ([0-9]+).*/\1/p' "$world/chromedriver.log" >"$world/browser/port"
	browser open || bail_out "no browser"
}

browser_stop() {
	[ ! -e "$world/browser/session" ] || browser close
	process_stop chromedriver || :
}

# js SCRIPT [ARGUMENT...]: what it returns.
js() {
	browser js "$@"
}

# js_is VALUE SCRIPT [ARGUMENT...]
js_is() {
	[ "$(browser js "${@:2}")" = "$1" ]
}

# shows WHAT VALUE SCRIPT [ARGUMENT...]: it does, sooner or later.
shows() {
	ok "$1" wait_for js_is "${@:2}"
	js_is "${@:2}" || note "it is $(js "${@:3}")"
}

# Whether axe-core is there, fetched if need be.
has_axe() {
	[ -e "$AXE_ROOT/axe.min.js" ] || sh "$srcdir/scripts/unpack.sh" axe "$AXE_ROOT" >"$world/axe.log" 2>&1
}
