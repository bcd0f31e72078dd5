#!/bin/bash
# page: the status page in a browser, while mail goes through Postfix and a host turns sick
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# The browser is at the control socket by a port, as ssh -L makes one, and at status_listen.

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/browser.sh" || exit 99

find_postfix
find_browser
world_open
host_start own 2
faulty_start 21 22 23
daemon_make
daemon_routes "$(health_settings 'failures = 2; backoff = "10m"; jitter = 0;')" \
	"map_socket = \"unix:$daemon/map.sock\";" "status_listen = \"inet:9797@$world_net.4\";" <<END
pools = { $(daemon_pool two 21 22) $(daemon_pool one 23 22,priority=20) };
rules = ( { name = "bulk"; when = { header = "Precedence: bulk"; }; pool = "one"; } );
routes = ( { match = "two.example"; pool = "two"; }, { match = "one.example"; pool = "one"; } );
END
daemon_start
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no' 'minimal_backoff_time=600' 'queue_run_delay=600' \
	"transport_maps=socketmap:unix:$daemon/map.sock:transport"
mta_start
process_start port socat "TCP-LISTEN:9798,bind=$world_net.4,fork,reuseaddr" "UNIX-CONNECT:$daemon/control.sock"
control=http://$world_net.4:9798/
public=http://$world_net.4:9797/
sick=$world_net.21:$HOST_PORT
well=$world_net.22:$HOST_PORT
browser_start

# The row of a host; of its cells, by their place.
row='const row = [...document.querySelectorAll(".hosts tbody tr")].find((row) => row.cells[0].textContent.includes(arguments[0])); return '
state="$row row.cells[1].querySelector('.badge').textContent;"
text='return document.querySelector(arguments[0]).textContent;'
press='document.querySelector(arguments[0]).click();'
fill='const field = document.querySelector(arguments[0]); field.value = arguments[1]; field.dispatchEvent(new Event("input", {bubbles: true}));'

# ---- what it shows

browser size 1600 1000
browser go "$control"
shows "it is live" live "$text" '#live-text'
shows "all is well" OK "$text" '#verdict'
shows "the host is up" up "$state" "$sick"
shows "the hosts of both pools" 4 'return document.querySelectorAll(".hosts tbody tr").length'
shows "the rule" 'bulkpool one0never' 'return [...document.querySelector("#rules-table tbody tr").cells].slice(0, 4).map((cell) => cell.textContent).join("")'
ok "6 messages" deliver_each two.example 6
ok "1 by the rule" deliver_each one.example 1 --header 'Precedence: bulk'
shows "shares, beside those by weight" '50 %, by weight 50 %' "$row row.cells[2].textContent" "$sick"
shows "the bar" 50% "$row row.cells[2].querySelector('.bar span').style.width" "$sick"
shows "hits of the rule" 1 'return document.querySelector("#rules-table tbody tr").cells[2].textContent'
shows "messages" '7 of 7' "$text" '#fact-routed'
shows "usual time, from the log" true "$row /^[0-9.]+ s$/.test(row.cells[4].textContent)" "$sick"

# ---- a host turns sick, with words that nobody is to obey

js 'window.alert = () => { window.alerted = true; };
	const host = arguments[0];
	window.seen = new Promise((resolve) => new MutationObserver((changes, observer) => {
		const row = [...document.querySelectorAll(".hosts tbody tr")].find((row) => row.cells[0].textContent.includes(host));

		if (row.cells[1].querySelector(".badge").textContent === "deferred") {
			observer.disconnect();
			window.seenAt = Date.now();
		}
	}).observe(document.getElementById("pools"), {subtree: true, childList: true, characterData: true}));' "$sick" >/dev/null
words='452 4.3.1 <script>alert(1)</script><img src=x onerror=alert(2)> '$'\u202e''gnp full for joe@two.example'
fault 21 say mail "$words"
python3 - "$daemon_log" >"$world/turned" <<'END' &
import sys, time
end = time.monotonic() + 180
with open(sys.argv[1], errors="replace") as log:
    while time.monotonic() < end:
        if "up->deferred" in (line := log.readline()):
            print(round(time.time() * 1000))
            break
        line or time.sleep(.005)
END
watcher=$!
ok "4 messages, which the other host takes" deliver_each two.example 4
wait "$watcher"
shows "the page has it, without being loaded again" deferred "$state" "$sick"
milliseconds=$(($(js 'return window.seenAt') - $(cat "$world/turned")))
note "from the daemon's log line to the page: $milliseconds ms"
ok "that has a time" test "$milliseconds" -lt 60000
shows "one host less is up" '2 of 3' "$text" '#fact-hosts'
shows "why, in the host's own words" true "$row row.cells[1].querySelector('.words').textContent.includes('<script>alert(1)</script><img src=x')" "$sick"
shows "how often it was down" '1 time' "$row row.cells[6].firstChild.textContent" "$sick"
shows "the change" "${sick}deferredwas up" 'return document.querySelector("#events .what").textContent'
shows "its lane" 'up,deferred' 'return [...document.querySelector("#lanes .lane").children].map((part) => part.dataset.state).join()'
shows "what went to the next host for it" true \
	'const row = document.querySelector("#deferred-table tbody tr"); return row.textContent.includes("<script>alert(1)</script>") && Number(row.cells[3].textContent) >= 2'
is "nothing of it was obeyed" "$(js 'return [window.alerted === true, document.querySelectorAll("main script, main img").length]')" '[false,0]'
is "nothing in it turns the direction of writing" "$(js 'return /[\u202a-\u202e\u2066-\u2069\u200e\u200f]/.test(document.body.textContent)')" false

# ---- actions, by keyboard

js 'document.querySelector(`button[aria-label="Change ${arguments[0]}"]`).focus()' "$well" >/dev/null
browser key Enter
shows "a question first" true 'return document.querySelector("#steer").open'
shows "it has the focus" verb 'return document.activeElement.name'
shows "of that host" "$well" "$text" '#steer-title'
js 'const field = document.querySelector("#steer-form").reason; field.focus(); field.value = "<b>disk</b> swap"' >/dev/null
is "nothing is done before it is answered" "$(health_of 22)" up
browser key Escape
shows "Escape is no" false 'return document.querySelector("#steer").open'
is "and nothing is done" "$(health_of 22)" up
shows "the focus is where it was" "Change $well" 'return document.activeElement.getAttribute("aria-label")'
browser key Enter
js 'document.querySelector("#steer-form").reason.value = "<b>disk</b> swap"' >/dev/null
shows "the question" "Drain $well until somebody ends it?" "$text" '#steer-question'
js "$press" '#steer-do' >/dev/null
shows "it is drained" drained "$state" "$well"
is "so it is" "$(health_of 22)" drained
shows "not all is well: why" true 'return document.querySelector("#tile").dataset.level !== "ok" && document.querySelector("#reasons").textContent.includes("two")'
is "with the reason" "$(health_member 22 text)" '<b>disk</b> swap'
shows "it is said" true "return document.querySelector('#done').textContent.startsWith(arguments[0] + ' is drained now.')" "$well"
js 'document.querySelector(`button[aria-label="Change ${arguments[0]}"]`).click()' "$well" >/dev/null
shows "then the question is another one" "Enable $well?" "$text" '#steer-question'
js "$press" '#steer-do' >/dev/null
shows "it is enabled" true "$row row.cells[1].querySelector('.badge').textContent !== 'drained'" "$well"

js 'document.querySelector(`button[aria-label="Change ${arguments[0]}"]`).click(); document.querySelector("#steer-form [value=weight]").click()' "$well" >/dev/null
js "$fill" '#steer-form [name=percent]' 25 >/dev/null
js "$fill" '#steer-form [name=for]' 1h >/dev/null
shows "a part of its weight: the question" "Give $well 25 % of its weight for 1 hour?" "$text" '#steer-question'
js "$press" '#steer-do' >/dev/null
shows "a part of its weight: so it is" true "$row row.cells[1].textContent.includes('25 % of its weight, ')" "$well"
is "a part of its weight: the daemon has it" "$(health_member 22 weight_percent)" 25
js 'document.querySelector(`button[aria-label="Change ${arguments[0]}"]`).click(); document.querySelector("#steer-form [value=weight]").click()' "$well" >/dev/null
js "$fill" '#steer-form [name=percent]' 100 >/dev/null
shows "all of it again: has no end" "Give $well 100 % of its weight?" "$text" '#steer-question'
js "$press" '#steer-do' >/dev/null
shows "all of it again" false "$row row.cells[1].textContent.includes('of its weight')" "$well"

# ---- explain and trace

js "$fill" '#explain [name=recipient]' u@two.example >/dev/null
js "$press" '#explain button' >/dev/null
shows "explain: what milterctl explain says" true \
	'return document.querySelector("#explain-answer").textContent.includes(arguments[0])' "$(ctl --json explain u@two.example | jq -r .nexthop)"
id=$(sed -nE 's/.*\]: ([0-9A-Za-z]+): removed.*/\1/p' "$mta_log" | tail -n 1)
js "$fill" '#trace [name=queue_id]' "$id" >/dev/null
js "$press" '#trace button' >/dev/null
shows "trace: where it is" true 'return document.querySelector("#trace-answer").textContent.includes("delivered by")'
js "$fill" '#trace [name=queue_id]' NOSUCH >/dev/null
js "$press" '#trace button' >/dev/null
shows "trace: of none that is known" true 'return document.querySelector("#trace-answer").textContent.includes("no such message is known")'

# ---- sizes, colours, and what keeps people from using it

if has_axe; then
	for media in 'prefers-color-scheme=light' 'prefers-color-scheme=dark' 'forced-colors=active' 'prefers-contrast=more'; do
		browser media "$media"
		for size in '1600 1000' '820 1180' '360 740'; do
			# Words are to be split.
			# shellcheck disable=SC2086
			browser size $size
			[ "${NEXTHOP_TEST_KEEP:-}" != 1 ] || browser shot "$world/${media#*=}-${size% *}.png"
			is "axe-core finds nothing, $media, $size" "$(browser axe "$AXE_ROOT/axe.min.js")" ""
		done
	done
	browser media
	js 'document.querySelector(`button[aria-label="Change ${arguments[0]}"]`).click()' "$well" >/dev/null
	is "nor in the question" "$(browser axe "$AXE_ROOT/axe.min.js")" ""
	browser key Escape
elif [ "${NEXTHOP_TEST_REQUIRE:-}" = 1 ]; then
	fail "axe-core is there"
else
	note "no axe-core in $AXE_ROOT: not looked at"
fi
for size in '1600 1000' '820 1180' '360 740' '320 640'; do
	# shellcheck disable=SC2086
	browser size $size
	is "nothing stands beside the page, $size" "$(js 'return document.documentElement.scrollWidth <= innerWidth')" true
	is "targets are large enough, $size" "$(js 'return [...document.querySelectorAll("button, input, select, summary, nav a")].filter((element) => {
		const box = (element.closest("label") || element).getBoundingClientRect();

		return box.width > 0 && (box.width < 24 || box.height < 24);
	}).map((element) => element.outerHTML).join()')" ""
done
browser size 1600 1000
is "the page has nothing to complain of" "$(browser complaints | grep -v /v1/trace)" ""

# ---- for reading only

browser go "$public"
shows "TCP: it is live" live "$text" '#live-text'
shows "TCP: the same host" deferred "$state" "$sick"
is "TCP: no buttons that change anything" "$(js 'return document.querySelectorAll("button.row").length')" 0
shows "TCP: no forms" true 'return document.querySelector("#ask-forms").hidden'
shows "TCP: how to get there" true 'return document.querySelector("#ask-note").textContent.includes("ssh -L 9797:" + arguments[0])' "$daemon/control.sock"
is "TCP: no address" "$(js 'return document.querySelector("main").textContent.includes("joe@")')" false
shows "TCP: but a mark in its place" true 'return document.querySelector("#deferred-table").textContent.includes("[address]")'

# ---- the daemon goes, and comes back

js 'window.isSame = true' >/dev/null
daemon_stop >/dev/null
shows "lost: said at once" true 'return !document.querySelector("#lost").hidden && document.querySelector("#lost").textContent.startsWith("Connection lost since ")'
shows "lost: nothing stands as if it were so" true 'return document.querySelector("#verdict").textContent.startsWith("Not known.") && document.querySelector("#tile").dataset.level === "unknown"'
shows "lost: in the title" true 'return document.title.startsWith("not known")'
daemon_start
shows "it comes back by itself" 'live,true' 'return [document.querySelector("#live-text").textContent, window.isSame && document.querySelector("#lost").hidden].join()'
shows "with what is so" deferred "$state" "$sick"
shows "changes of before the restart are there" true \
	'return [...document.querySelectorAll("#events .what")].some((what) => what.textContent.includes(arguments[0] + "deferred"))' "$sick"
browser go "$public"
shows "for who comes later, too" true \
	'return [...document.querySelectorAll("#events .what")].some((what) => what.textContent.includes(arguments[0] + "deferred"))' "$sick"

# ---- 1000 hosts in 50 pools

{
	echo 'pools = {'
	for pool in $(seq 50); do
		printf 'pool%02d = { hosts = ( ' "$pool"
		for host in $(seq 20); do
			[ "$host" = 1 ] || printf ', '
			printf '{ host = "mx%d-%d.example.net"; }' "$pool" "$host"
		done
		echo ' ); };'
	done
	echo '}; routes = ( { match = "ALL"; pool = "pool01"; } );'
} >"$world/many"
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" "status_listen = \"inet:9797@$world_net.4\";" <"$world/many"
daemon_reload
shows "1000 hosts: after a reload, in the same page" '50' 'return document.querySelectorAll(".pool").length'
js 'window.isSame = true; window.began = performance.now()' >/dev/null
browser go "$control"
shows "1000 hosts: all of them are there" '1,000 of 1,000' "$text" '#fact-hosts'
shows "1000 hosts: pools are closed" 0 'return document.querySelectorAll(".pool[open]").length'
note "1000 hosts: until the last pool stands there: $(js 'return Math.round(performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd)') ms to the page, rows $(js 'return document.querySelectorAll(".hosts tr").length')"
is "1000 hosts: the filter finds one" "$(js 'const began = performance.now(); const field = document.querySelector("#filter");
	field.value = "mx37-11."; field.dispatchEvent(new Event("input")); document.body.offsetHeight; window.took = performance.now() - began;
	return [...document.querySelectorAll(".pool:not([hidden]) tbody tr:not([hidden])")].map((row) => row.cells[0].textContent).join()')" mx37-11.example.net:25
note "1000 hosts: the filter took $(js 'return window.took.toFixed(1)') ms"
js "$fill" '#filter' 'example.net' >/dev/null
shows "1000 hosts: all pools open" 1000 'return document.querySelectorAll(".pool:not([hidden]) tbody tr:not([hidden])").length'
# One host changes: its row, its pool, and no other.
js 'window.changed = new Set(); new MutationObserver((changes) => changes.forEach((change) => {
		const row = change.target.nodeType === 1 ? change.target.closest("tr") : change.target.parentElement.closest("tr");

		if (change.type === "childList" && change.target.tagName === "TBODY") window.changed.add("a table");
		if (row && !/ ago$|^for /.test(change.target.textContent)) window.changed.add(row.cells[0].textContent);
	})).observe(document.querySelector("#pools"), {subtree: true, childList: true, characterData: true, attributes: true})' >/dev/null
quietly ctl drain mx42-7.example.net --reason "one of many"
shows "1000 hosts: one changes" drained "$state" mx42-7.example.net
is "1000 hosts: no other row is touched" "$(js 'return [...window.changed].join()')" mx42-7.example.net:25
js "$fill" '#filter' '' >/dev/null
shows "1000 hosts: its pool is the first, and open" pool42 'return document.querySelector(".pool[open] h3").textContent'
if has_axe; then
	is "1000 hosts: axe-core finds nothing" "$(browser axe "$AXE_ROOT/axe.min.js")" ""
fi
browser_stop
process_stop port || :
daemon_end
tap_done
