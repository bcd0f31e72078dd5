#!/bin/bash
# watchers: what those who look cost the mail: a scrape, milterctl watch, an open status page
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Run by "make bench". Messages come steadily, some hundred a second, by the milter's protocol, while nobody
# looks, or a scraper reads /metrics each second (fifteen times as often as is usual), or "milterctl watch" runs
# on a terminal, or an open page has its stream. The runs take turns; each row is the median of
# BENCH_ROUNDS with the least and the most, for 10 and for 1,000 hosts.
#
#   us a message    processor time of libmilter's threads, on which the MTA waits, a message
#   ratio           that to the run of the same round in which nobody looked
#   % of a core     what the main thread uses, which looks and HTTP have for themselves

. "${srcdir:-.}/test/lib/load.sh" || exit 99

ROUNDS=${BENCH_ROUNDS:-5}
SECONDS_EACH=${BENCH_SECONDS:-6}
command -v miltertest >/dev/null || skip_all "no miltertest"
command -v tmux >/dev/null || skip_all "no tmux"

# ns of all threads of the daemon but the first, and of that.
used() {
	local pid=$1 task all=0 main=0 ns
	for task in /proc/"$pid"/task/*; do
		read -r ns _ <"$task/schedstat" || continue
		if [ "${task##*/}" = "$pid" ]; then main=$ns; else all=$((all + ns)); fi
	done
	echo "$all $main"
}
messages() {
	ctl --json status | jq .messages.total
}

scrape() {
	while :; do
		curl -sS "http://$world_net.4:8080/metrics" >/dev/null
		sleep 1
	done
}
watch_start() {
	tmux -L "nexthop-bench-$$" -f /dev/null new-session -d -x 100 -y 40 \
		"$MILTERCTL_PROGRAM" --socket "$daemon/control.sock" watch
}
watch_stop() {
	tmux -L "nexthop-bench-$$" kill-server
}
look() { # WHO
	case $1 in
	scrape) process_start looker bash -c "$(declare -f scrape); world_net=$world_net; scrape" ;;
	page) process_start looker curl -sSN "http://$world_net.4:8080/v1/stream" ;;
	watch) watch_start ;;
	esac
}
look_away() { # WHO
	case $1 in
	scrape | page) process_stop looker ;;
	watch) watch_stop ;;
	esac
}

# measure HOSTS ROUND WHO: a line "HOSTS ROUND WHO US SHARE".
measure() {
	local before after from to begun ended tasks
	look "$3"
	sleep 1
	while
		tasks=(/proc/"$(daemon_pid)"/task/*)
		from=$(messages) before=$(used "$(daemon_pid)") begun=$(date +%s%N)
		sleep "$SECONDS_EACH"
		after=$(used "$(daemon_pid)") ended=$(date +%s%N) to=$(messages)
		# With a thread its time is gone: once more.
		! ls -d "${tasks[@]}" >/dev/null 2>&1
	do
		:
	done
	look_away "$3"
	echo "$1 $2 $3 $before $after $((to - from)) $((ended - begun))" |
		awk '{ printf "%s %s %s %.3f %.3f\n", $1, $2, $3, ($6 - $4) / $8 / 1000, ($7 - $5) / $9 * 100 }'
}

run() { # HOSTS
	local i pool=0 round who
	world_open nexthop-bench
	daemon_make
	{
		echo "pools = {"
		for ((i = 0; i < $1; i += 10)); do
			echo "p$((pool++)) = { hosts = ("
			printf '{ host = "192.0.%d.%d"; },' $(for k in {0..9}; do echo $((2 + (i + k) / 250)) $(((i + k) % 250 + 1)); done) |
				sed 's/,$//'
			echo "); };"
		done
		echo '}; routes = ('
		for ((i = 0; i < pool; i++)); do
			echo "{ match = \"d$i.example\"; pool = \"p$i\"; },"
		done
		echo '{ match = "ALL"; pool = "p0"; } );'
	} | daemon_routes 'health = { log = "none"; };' "status_listen = \"inet:8080@$world_net.4\";"
	process_start daemon "$DAEMON_PROGRAM" -c "$daemon/routes.cfg"
	wait_for daemon_has_begun
	lua_start mail until "to=a@d0.example" "stop=$world/stop" per=50 pause=0.1
	wait_for line_is_in "$world/mail.log" '^nexthop' || bail_out "no mail flows"
	for ((round = 1; round <= ROUNDS; round++)); do
		for who in none scrape watch page; do
			measure "$1" "$round" "$who"
		done
	done >>"$results"
	: >"$world/stop"
	process_wait mail
}

results=$(mktemp) || exit 99
for hosts in 10 1000; do
	(run "$hosts") || exit
done
printf '%-6s %-7s %28s %28s %24s\n' hosts who 'us a message' ratio '% of a core'
awk '
	function median(list, n,    i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
				t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
			}
		return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
	}
	function row(values, key, format,    n, list, i, m) {
		n = split(values[key], list, " ")
		for (i = 1; i <= n; i++) list[i] += 0
		m = median(list, n)
		return sprintf(format " (" format " to " format ")", m, list[1], list[n])
	}
	$3 == "none" { base = $4 }
	{
		key = $1 " " $3
		if (!(key in us)) order[++count] = key
		us[key] = us[key] " " $4
		ratio[key] = ratio[key] " " $4 / base
		share[key] = share[key] " " $5
	}
	END {
		for (i = 1; i <= count; i++) {
			split(order[i], name, " ")
			printf "%-6s %-7s %28s %28s %24s\n", name[1], name[2], row(us, order[i], "%.1f"),
				row(ratio, order[i], "%.3f"), row(share, order[i], "%.2f")
		}
	}' "$results"
rm -f "$results"
