#!/bin/bash
# man_options: the manual pages have the options of --help, and no others
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# Long options of a page's list "The options are:", and those of --help.
options_of_page() {
	sed -n '/^The options are:/,/^\.El/p' "$srcdir/man/$1" | grep '^\.It' |
		sed 's/Fl Fl \([a-z-]*\)/\n--\1\n/g' | grep '^--' | sort
}
options_of_help() {
	"$1" --help | grep -E '^ +-' | grep -oE -- '--[a-z]+' | sort
}

is "nexthop-milter(8)" "$(options_of_page nexthop-milter.8)" \
	"$(options_of_help "$DAEMON_PROGRAM" | at_least 6 options)"
is "milterctl(1)" "$(options_of_page milterctl.1)" \
	"$(options_of_help "$MILTERCTL_PROGRAM" | at_least 4 options)"
is "nexthop-milter(8): the short options" \
	"$(sed -n 's/^\.It Fl \([a-z]\) .*/-\1/p' "$srcdir/man/nexthop-milter.8" | tr '\n' ' ')" \
	"$("$DAEMON_PROGRAM" --help | sed -nE 's/^ +(-[a-z]), .*/\1/p' | tr '\n' ' ')"
tap_done
