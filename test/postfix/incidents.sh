#!/bin/bash
# incidents: ten of them at once, and what is seen of each on the page, on a terminal and by alerts
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# The table is that of docs/incidents. Each has a pool of its name, and hosts of its own: the first one
# sick. Prometheus has the alerts as they are shipped, but for the times that they wait.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/browser.sh" || exit 99
. "$srcdir/test/lib/prometheus.sh" || exit 99

find_postfix
find_browser
find_prometheus
command -v tmux >/dev/null || skip_all "no tmux"
world_open

# ---- the table

# "NAME<tab>WORDS<tab>MET<tab>STATE<tab>REASON<tab>ALERT" for each.
document_block docs/incidents 'Ten incidents' | sed 1d | sed -E 's/  +/\t/g' >"$world/table"
is "the table has ten incidents" "$(awk -F '\t' 'NF == 6' "$world/table" | wc -l) $(wc -l <"$world/table")" "10 10"
names=($(cut -f 1 "$world/table"))
declare -A words met state reason alert first second
for i in "${!names[@]}"; do
	name=${names[i]}
	first[$name]=$((21 + i))
	second[$name]=$((41 + i))
	IFS=$'\t' read -r _ "words[$name]" "met[$name]" "state[$name]" "reason[$name]" "alert[$name]" \
		< <(sed -n "$((i + 1))p" "$world/table")
done

host_start own 2
faulty_start "${first[@]}" "${second[@]}"
daemon_make
pools=
routes=
for name in "${names[@]}"; do
	lower=${second[$name]}
	[ "$name" != backup ] || lower=$lower,priority=10
	pools="$pools $(daemon_pool "$name" "${first[$name]}" "$lower")"
	routes="$routes${routes:+,} { match = \"$name.example\"; pool = \"$name\"; }"
done
# It comes back at once.
pools=${pools/flapping = \{/flapping = \{ health = \{ backoff = 1; backoff_max = 1; recover = 1; \};}
daemon_routes "$(health_settings 'backoff = "10m"; jitter = 0;')" "status_listen = \"inet:9797@$world_net.4\";" <<END
pools = { $pools };
routes = ( $routes );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no' 'minimal_backoff_time=600' 'queue_run_delay=600'
mta_start
begun=$(date +%s)

# ---- Prometheus, which waits for a second where it would wait for minutes

prometheus_start 's/^( +for: ).*/\11s/; s/> 86400$/> 1/'
# "ALERT HOST OR POOL<tab>SUMMARY<tab>DESCRIPTION" of those that fire.
alerts() {
	curl -sS -m 20 "http://$prometheus/api/v1/alerts" 2>"$world/curl.err" | jq -r '.data.alerts[] |
		select(.state == "firing") |
		"\(.labels.alertname) \(.labels.host // .labels.pool)\t\(.annotations.summary)\t\(.annotations.description)"'
}
alert_fires() { # ALERT HOST OR POOL
	alerts >"$world/alerts"
	grep -qF "$1 $2"$'\t' "$world/alerts"
}
ok "Prometheus scrapes the daemon" wait_for promql_is 'up{job="nexthop-milter"}' 1

# ---- milterctl watch

terminal() {
	tmux -S "$world/tmux" -f /dev/null "$@"
}
close_terminal() {
	terminal kill-server 2>/dev/null
}
at_close close_terminal
terminal new-session -d -x 170 -y 60 "LC_ALL=C.UTF-8 '$MILTERCTL_PROGRAM' --socket '$daemon/control.sock' watch" ||
	bail_out "no terminal"
line_of() { # HOST
	terminal capture-pane -p | grep -E "^ *$1:"
}
watch_has() { # HOST PATTERN
	line_of "$1" | grep -qE -e "$2"
}
# What a pattern would not take literally.
literal() {
	sed 's/[][().*+?^$|{}\\]/\\&/g' <<<"$1"
}

# ---- the status page

browser_start
browser size 1600 1000
browser go "http://$world_net.4:9797/"
row='const row = [...document.querySelectorAll(".hosts tbody tr")].find((row) =>
	row.cells[0].textContent.includes(arguments[0])); if (row === undefined) return "no such host"; return '
page_has() { # HOST STATE TEXT
	js "$row row.cells[1].querySelector('.badge').textContent + ' ' + row.cells[1].textContent" "$1" >"$world/page.row"
	[[ $(<"$world/page.row") == "$2 "*"$3"* ]]
}

# ---- the incidents

host_of() { # NAME
	echo "$world_net.${first[$1]}"
}
# stage NAME FAULT...: a message at a time, until the host is avoided, and two more.
stage() {
	local name=$1
	shift
	[ $# = 0 ] || fault "${first[$name]}" "$@"
	ok "$name: mail" deliver_each "$name.example" 8
}

stage refused down
stage full say mail "${words[full]}"
stage greeting say greeting "${words[greeting]}"
stage closing say mail "${words[closing]}"
fault "${first[part]}" every 3 end "${words[part]}"
ok "part: mail" deliver_each part.example 24
stage backup down

fault "${first[pool]}" say mail "${words[pool]}"
fault "${second[pool]}" say mail "${words[pool]}"
for number in 1 2 3; do
	send --to "v$number@pool.example" >"$world/send.out"
	wait_for mta_log_has "to=<v$number@pool.example>, .*status=deferred"
	wait_for log_is_read
done

quietly ctl drain "$(host_of drained)" --reason "${words[drained]}"
stage drained

# Four times down and up, and once more down.
for round in 1 2 3 4 5; do
	fault "${first[flapping]}" say greeting "${words[flapping]}"
	wait_for health_is "${first[flapping]}" up
	ok "flapping: down, $round" deliver_each flapping.example 2
	[ "$round" = 5 ] && break
	fault "${first[flapping]}" ok
	until health_is "${first[flapping]}" up; do
		deliver_each flapping.example 1 || break
	done
done

# Messages that it holds, and others that its peer takes after them.
fault "${first[silent]}" silent greeting
is_silent() {
	send --count 6 --parallel 6 --to "w%n@silent.example" >"$world/send.out"
	[ "$(health_member "${first[silent]}" silent_since)" != null ]
}
ok "silent: it is noticed" wait_for is_silent

# ---- what is seen

for name in "${names[@]}"; do
	host=$(host_of "$name")
	ok "$name: its state" wait_for health_is "${first[$name]}" "${state[$name]}"
	case "$name" in
	silent) ;;
	drained) is "$name: why" "$(health_member "${first[$name]}" reason)" "${reason[$name]}" ;;
	*) is "$name: why" "$(health_member "${first[$name]}" down_reason)" "${reason[$name]}" ;;
	esac
	case "$name" in
	# Those that hang have no line of their own yet; of the others each has met it when it was up.
	silent) at=$(health_member "${first[$name]}" waiting) && ok "$name: messages that met it" test "$at" -ge "${met[$name]}" ;;
	flapping) ok "$name: messages that met it" test "$(touched "${first[$name]}")" -gt "${met[$name]}" ;;
	*) is "$name: messages that met it" "$(touched "${first[$name]}")" "${met[$name]}" ;;
	esac

	# On a terminal: state and words; a refusal has Postfix's words.
	seen=${words[$name]}
	[ "$seen" != "refuses connections" ] || seen="Connection refused"
	ok "$name: watch has its state and words" wait_for watch_has "$host" "${state[$name]} .*$(literal "$seen")"

	# On the page: the same, since when it is down, and how often it was.
	ok "$name: the page has its state and words" wait_for page_has "$host:$HOST_PORT" "${state[$name]}" "$seen"
	[ "$name" != flapping ] ||
		contains "$name: the page has how often" "$(js "$row row.textContent" "$host:$HOST_PORT")" "5 times"

	# By an alert.
	about=$host:$HOST_PORT
	[[ ${alert[$name]} != NexthopPool* ]] || about=$name
	ok "$name: ${alert[$name]%,*}" wait_for alert_fires "${alert[$name]%,*}" "$about"
	text=$(grep -F "${alert[$name]%,*} $about"$'\t' "$world/alerts")
	case "${state[$name]}" in
	deferred | trial)
		contains "$name: the alert has the host" "$text" "$host:$HOST_PORT"
		contains "$name: the alert has the reason" "$text" ": ${reason[$name]}. "
		since=$(date -ud "$(health_member "${first[$name]}" down_since)" '+%F %T')
		contains "$name: the alert has since when" "${text,,}" "down since ${since:0:16}"
		ok "$name: that is after it was staged" test "$(date -ud "$since" +%s)" -ge "$begun"
		;;
	esac

	# It waits as long as the table has it.
	wanted=$(awk -v alert="${alert[$name]%,*}" '$2 == "alert:" { on = $3 == alert } on && $1 == "for:" { print ", " $2 }' \
		"$srcdir/etc/prometheus/nexthop-milter.rules.yml")
	is "$name: how long the alert waits" "${alert[$name]}" "${alert[$name]%,*}$wanted"
done

# ---- what was done

for name in refused full greeting closing part backup silent flapping; do
	mta_log_has "to=<[a-z0-9]*@$name.example>, .*status=(deferred|bounced)" && echo "$name"
done | none "no message was put off, but those of the pool without a host"
ok "and these wait" mta_log_has 'to=<v3@pool.example>, .*status=deferred'
ctl events >"$world/events"
for name in refused full greeting closing part backup flapping pool; do
	grep -qE "$(host_of "$name"):$HOST_PORT.*up->deferred.*${reason[$name]}|up->deferred.*$(host_of "$name")" "$world/events" ||
		echo "$name"
done | none "each is in the events"
js 'document.getElementById("more-events").click(); document.getElementById("more-events").click();' >/dev/null
contains "the page has the changes" "$(js 'return document.getElementById("events").textContent')" "$(host_of pool):$HOST_PORT"
contains "the page has what was deferred" "$(js 'return document.getElementById("deferred-table").textContent')" "${words[pool]}"
is "the page's tile: a pool has failed" "$(js 'return document.getElementById("verdict").textContent')" Failed
browser_stop
terminal send-keys q
prometheus_stop
mta_forget
daemon_end
tap_done
