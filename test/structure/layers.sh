#!/bin/bash
# layers: who may include whom; arrows only point downward
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

# "FOLDER: the folders that it may include". Files of the daemon itself lie in no folder.
allowed='
core: core
text: text core
engine: engine core text
conf: conf core text
follow: follow engine core
start: start follow engine conf core
doctor: doctor start follow engine conf core text
doors: doors follow engine conf core text
migrate: migrate conf core text
ctl: ctl doctor migrate start engine conf core text
main: doors start follow engine conf core text main'

# "LAYER FILE INCLUDED" for each #include of ours.
includes() {
	local file layer
	(cd "$srcdir" && grep -EoH '^#include "[^"]+"' $(tree_files '*.[ch]' | grep -E '^(include|milter)/')) |
		sed -E 's/^([^:]*):#include "(.*)"/\1 \2/' |
		while read -r file included; do
			layer=${file#*/}
			[ "$layer" != "${layer%/*}" ] && layer=${layer%%/*} || layer=main
			echo "$layer $file $included"
		done
}

includes | at_least 150 includes >"${TMPDIR:-/tmp}/layers.$$"
trap 'rm -f "${TMPDIR:-/tmp}/layers.$$"' EXIT

while IFS=: read -r layer may; do
	[ -n "$layer" ] || continue
	awk -v layer="$layer" -v may=" $may " '
		$1 != layer { next }
		{ of = $3 ~ "/" ? substr($3, 1, index($3, "/") - 1) : "main" }
		# Autoconf'"'"'s header has what the programs are called, and whether there are libsystemd and ncurses.
		$3 == "config.h" && ($2 ~ "/(main|watch_screen).c$" || layer == "main" || layer == "follow") { next }
		index(may, " " of " ") == 0 { print $2 " includes " $3 }
		' "${TMPDIR:-/tmp}/layers.$$" | none "$layer includes only:$may"
done <<<"$allowed"

# Files with the same first word are one door: http_, milter_, probe_.
awk '
	function door(name) { sub(".*/", "", name); sub("\\..*", "", name); sub("_.*", "", name); return name }
	$1 == "doors" && $3 ~ "^doors/" && door($2) != door($3) { print $2 " includes " $3 }
	' "${TMPDIR:-/tmp}/layers.$$" | none "no door includes another"

cut -d ' ' -f 1 "${TMPDIR:-/tmp}/layers.$$" | sort -u |
	grep -vxFf <(sed -n 's/:.*//p' <<<"$allowed") | none "every folder is a layer"
tap_done
