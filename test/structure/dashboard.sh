#!/bin/bash
# dashboard: it is one by the types that Grafana itself has of dashboards and of their panels
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# What its queries are is for prometheus.sh.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v node >/dev/null || skip_all "no Node.js"
types=${NEXTHOP_GRAFANA:-$top_builddir/grafana}
sh "$srcdir/scripts/unpack.sh" grafana "$types" || skip_all "no types of Grafana in $types"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$types/node_modules" "$work/node_modules"
head=$srcdir/test/lib/dashboard.ts

# faults FILTER OF jq: of the dashboard as it changes it, by its lines.
faults() {
	{ cat "$head" && jq "$1" "$srcdir/etc/grafana/nexthop-milter.json"; } >"$work/dashboard.ts"
	(cd "$work" && node node_modules/typescript/lib/tsc.js --noEmit --strict --skipLibCheck --target es2022 \
		--module esnext --moduleResolution bundler dashboard.ts) |
		awk -F '[(,]' -v above="$(wc -l <"$head")" '/^dashboard\.ts\(/ { sub(/^[^)]*\): /, "line " ($2 - above) ": ") } { print }'
}
faults . | none "the dashboard"
# It would say nothing as well if the types were not found to be anything.
faults '.panels[0].id = "x" | del(.panels[8].gridPos.w) | .templating.list[0].sort = 22 | .panels[1].options.colorMode = "x" |
	.panels[8].fieldConfig.defaults.custom.x = 1 | .panels[9].options.legend.placement = "x" | .panels[9].targets[0].x = 1' |
	grep -c '^line ' >"$work/found"
is "faults are found, in each kind of panel" "$(cat "$work/found")" 7
tap_done
