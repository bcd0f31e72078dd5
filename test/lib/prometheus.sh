# prometheus: a real one, that scrapes the daemon under test each second
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after world.sh. It has the alerts as they are shipped, a configuration, a folder
# and an address of its own; the daemon's status_listen is $world_net.4:9797.
#
#   $prometheus      its address

prometheus=

find_prometheus() {
	command -v prometheus >/dev/null || skip_all "no prometheus"
}

# prometheus_start [SCRIPT OF sed]: what it changes in the alerts.
prometheus_start() {
	prometheus=$world_net.5:9090
	sed -E "${1:-}" "$srcdir/etc/prometheus/nexthop-milter.rules.yml" >"$world/nexthop-milter.rules.yml"
	sed -e "s/192\.0\.2\.10:9797/$world_net.4:9797/" -e 's/scrape_interval: .*/scrape_interval: 1s/' \
		"$srcdir/etc/prometheus/prometheus.yml" >"$world/prometheus.yml"
	printf 'global:\n  evaluation_interval: 1s\n' >>"$world/prometheus.yml"
	process_start prometheus prometheus --config.file="$world/prometheus.yml" --storage.tsdb.path="$world/tsdb" \
		--web.listen-address="$prometheus" --log.level=warn
	at_close prometheus_stop
}

prometheus_stop() {
	process_stop prometheus || :
}

# promql QUERY: its only value; "": there is none.
promql() {
	curl -sS -m 20 --data-urlencode "query=$1" "http://$prometheus/api/v1/query" 2>"$world/curl.err" |
		jq -r '.data.result | if length == 1 then .[0].value[1] else empty end'
}

promql_is() { # QUERY VALUE
	found=$(promql "$1")
	[ "$found" = "$2" ]
}
