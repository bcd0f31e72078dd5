#!/bin/bash
# daemon_diff: milterctl diff and export, which need no daemon: what they print, and their exit status
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
cd "$world" || exit 99
echo 'mixed = "split"; routes = ( { match = "a.example"; action = "discard"; } );' >old.cfg
echo 'mixed = "split"; routes = ( { match = [ "a.example", "ALL" ]; action = "discard"; } );' >new.cfg
echo 'routes = ( { match = "a b"; action = "discard"; } );' >bad.cfg
# said STATUS COMMAND...: what it prints, and its exit status if that is not the one.
said() {
	local wanted=$1 status=0
	shift
	"$MILTERCTL_PROGRAM" "$@" 2>&1 || status=$?
	[ "$status" = "$wanted" ] || echo "status $status"
}
wrong='match "a b" is not an address, a domain, a .domain or ALL'
is "the same" "$(said 0 diff old.cfg old.cfg)" "old.cfg and old.cfg do the same: 1 route, 0 pools, 0 rules"
is "ALL appears" "$(said 1 diff old.cfg new.cfg)" "old.cfg => new.cfg: differences in routes: 1, pools: 0, rules: 0, settings: 0
  added route ALL: every other recipient
    - the MTA's own routing
    + new.cfg:1: action = \"discard\""
is "as JSON" "$(said 1 --json diff old.cfg new.cfg | jq -c '[.same, .routes[0].change, .routes[0].new.source, .pools]')" \
	'[false,"added","new.cfg:1",[]]'
is "faults of both files" "$(said 2 diff bad.cfg bad.cfg)" "bad.cfg:1: $wrong
bad.cfg:1: $wrong"
is "a file is missing" "$(said 2 diff old.cfg none.cfg)" "none.cfg: cannot read: No such file or directory"
contains "one file" "$(said 2 diff old.cfg)" "diff requires"
is "export: a fault, and no table" "$(said 1 export postfix bad.cfg)" "bad.cfg:1: $wrong"
is "export: a table that there is not" "$(said 2 export exim old.cfg)" \
	'milterctl: "exim" is not postfix, sendmail, esa, postfix-tls or postfix-sasl'
contains "export: no JSON" "$(said 2 --json export esa old.cfg)" "it has no --json"
is "export: a row" "$(said 0 export postfix old.cfg | grep -v '^#' | grep .)" "a.example	discard:"
tap_done
