#!/bin/bash
# daemon_reload: a new configuration in force, whole or not at all
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
notify_open

three='three = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; }, { host = "192.0.2.3"; } ); };'
# write_routes ROUTES [MORE POOLS [MORE SETTINGS]]
write_routes() {
	daemon_routes ${3:+"$3"} <<-END
		pools = { ${2:-} $three };
		routes = ( { match = "example.com"; pool = "three"; }$1 );
	END
}
more() { # NAME
	echo ", { match = \"$1.example\"; action = \"discard\"; }"
}
write_routes ""
daemon_start

# The action for an address.
action() {
	ctl --json explain "$1" | jq -r .action
}
has_action() { # ADDRESS ACTION
	[ "$(action "$1")" = "$2" ]
}

# told WHAT LINE...: the service manager was told these since the last call.
told() {
	local what=$1
	shift
	notify_is_built || return 0
	ok "$what" wait_for notify_said "$@"
	notify_forget
}
told "the service manager is told of the start" READY=1
RELOAD=("RELOADING=1 MONOTONIC_USEC=[1-9][0-9]*" READY=1)

# ---- it works

write_routes "$(more one)"
daemon_hangup
ok "SIGHUP: the new route is in force" has_action u@one.example discard
ok "SIGHUP: the log says so" daemon_has_said "info: reloaded config=$daemon/routes.cfg pools=1 hosts=3 routes=2 rules=0\$"
told "SIGHUP: the service manager is told" "${RELOAD[@]}"
write_routes "$(more one)$(more two)"
is "milterctl reload: says so" "$(ctl reload 2>&1)" "reloaded"
ok "milterctl reload: the log says who asked for it" daemon_has_said "info: reloaded config=.* by uid=$(id -u) pid=[1-9][0-9]*\$"
is "milterctl reload: so does the event" "$(ctl --json events | jq -r '.events[-1].by' | cut -d ' ' -f 1)" "uid=$(id -u)"
ok "milterctl reload: the new route is in force" has_action u@two.example discard
told "milterctl reload: the service manager is told" "${RELOAD[@]}"
is "milterctl --json reload" "$(ctl --json reload | jq -c .)" '{"ok":true,"faults":[]}'
is "status: three reloads, the last was good" "$(ctl --json status | jq -c '.reload | [.ok, .count]')" '[true,3]'
is "events: three reloads" "$(ctl --json events | jq -r '.events[].event' | tr '\n' ' ')" "start reload reload reload "
write_routes "$(more one)" 'spare = { hosts = ( { host = "192.0.2.4"; } ); };'
status=0
warned=$(ctl reload 2>&1 >"$world/out") || status=$?
is "with a warning: status 0" "$status" 0
is "with a warning: reloaded" "$(cat "$world/out")" reloaded
ok "with a warning: it is shown" grep -qE "routes.cfg:[0-9]+: warning: pool spare is never used" <<<"$warned"
ok "with a warning: the log has it" daemon_has_said "warning: $daemon/routes.cfg:[0-9]+: pool spare|warning: $daemon/routes.cfg:[0-9]+: warning: pool spare"
notify_forget

# ---- it does not: the table before stays

bad_routes() {
	write_routes "$(more three)
		, { match = \"example.org\"; pool = \"nowhere\"; }
		, { match = \"example.net\"; action = \"no\"; }
		, { match = \"one.example\"; action = \"dns\"; }
		, { match = \"one.example\"; action = \"dns\"; }"
}
bad_routes
mark=$(wc -l <"$daemon_log")
status=0
answer=$(ctl reload 2>&1) || status=$?
is "faults: milterctl reload gives status 1" "$status" 1
lacks "faults: it does not say that it is done" "$answer" "reloaded"
line=$(grep -n nowhere "$daemon/routes.cfg" | cut -d : -f 1)
ok "faults: the first is shown" grep -qE "^$daemon/routes.cfg:$line: .*nowhere" <<<"$answer"
ok "faults: the second is shown" grep -qE "^$daemon/routes.cfg:$((line + 1)): action must be" <<<"$answer"
ok "faults: the third is shown" grep -qE "^$daemon/routes.cfg:$((line + 3)): .*one.example" <<<"$answer"
log=$(tail -n +$((mark + 1)) "$daemon_log")
for at in "$line" $((line + 1)) $((line + 3)); do
	contains "faults: the log has line $at" "$log" "error: $daemon/routes.cfg:$at: "
done
ok "faults: the log says what is in force, and who asked" grep -qE \
	"error: reload failed config=$daemon/routes.cfg by uid=$(id -u) pid=[0-9]+: the configuration before it stays in force: $daemon/routes.cfg:$line: " <<<"$log"
contains "faults: and how many there are" "$log" "(and 2 more)"
is "faults: the old routes are in force" "$(action u@one.example) $(action u@three.example)" "discard none"
is "faults: mail goes its way" "$(nexthops 1 a@example.com | cut -c 1-13)" "smtp:[192.0.2"
is "faults: status says so" "$(ctl --json status | jq -c '.reload | [.ok, .count]')" '[false,4]'
contains "faults: status says so to people" "$(ctl status)" "FAILED: the configuration before it is in force"
is "faults: an event says so" "$(ctl --json events | jq -r '.events[-1].event')" reload_failed
told "faults: the service manager is told of an end" "${RELOAD[@]}"
is "faults, as JSON" "$(ctl --json reload | jq -c '[.ok, (.faults | length), (.faults[0] | keys)]')" \
	'[false,3,["file","line","text","warning"]]'
contains "faults, as JSON: the error is the first" "$(ctl --json reload | jq -r .error)" \
	"$daemon/routes.cfg:$line: "
daemon_signal HUP
failures() {
	[ "$(daemon_count 'error: reload failed ')" -ge "$1" ]
}
ok "faults: SIGHUP says so, too" wait_for failures 4
rm "$daemon/routes.cfg"
not_reloaded=$(ctl reload 2>&1)
contains "without a file: it says so" "$not_reloaded" "$daemon/routes.cfg: cannot read: No such file"
is "without a file: the old routes are in force" "$(action u@one.example)" discard
write_routes "$(more three)"
is "without faults again: reloaded" "$(ctl reload)" reloaded
is "without faults again: the new routes are in force" "$(action u@one.example) $(action u@three.example)" "none discard"
is "without faults again: status says so" "$(ctl --json status | jq .reload.ok)" true
notify_forget

# ---- routes that would be gone

numbered() { # NUMBER...
	local number
	for number in "$@"; do
		more "n$number"
	done
}
# lost WHAT COUNT FORCED...: a reload is refused, for it takes away so many, by HUP too; not by force.
lost() {
	local before
	before=$(ctl --json status | jq -c '[.routes, .reload.count]')
	status=0
	answer=$(ctl reload 2>&1) || status=$?
	is "$1: status 1" "$status" 1
	contains "$1: it says so" "$answer" \
		"$daemon/routes.cfg: $2 routes would be removed: if that is what you want, milterctl reload --force"
	before_hup=$(daemon_count 'error: reload failed ')
	daemon_signal HUP
	ok "$1: SIGHUP is refused, too" wait_for failures $((before_hup + 1))
	is "$1: the routes are in force" "$(ctl --json status | jq -c '[.routes, .reload.count]')" "$before"
	is "$1: force: reloaded" "$(ctl reload --force 2>&1)" reloaded
}
write_routes "$(numbered 1 2 3 4 5 6 7 8)"
daemon_reload
write_routes ""
is "eight of nine routes: they are few" "$(ctl reload 2>&1)" reloaded
write_routes "$(numbered 1 2 3 4 5 6 7 8 9)"
daemon_reload
write_routes "$(numbered 1 2 3 4)"
is "half of ten routes: reloaded" "$(ctl reload 2>&1)" reloaded
write_routes "$(numbered 1 2 3 4 5 6 7 8 9)"
daemon_reload
write_routes "$(numbered 1 2 3 11 12 13 14 15 16 17)"
lost "six of ten routes, with others in their places" "6 of 10"
is "six of ten routes: force: the new ones are in force" "$(action u@n17.example) $(action u@n9.example)" "discard none"
daemon_routes <<<"pools = { $three }; routes = ( { match = \"other.example\"; pool = \"three\"; } );"
lost "every route" "11 of 11"
write_routes ""
lost "the only route" "1 of 1"
for rest in "pools = { $three };" ""; do
	echo "$rest" >"$daemon/routes.cfg"
	contains "no routes and no rules${rest:+, but a pool}: it says so" "$(ctl reload --force 2>&1)" \
		"$daemon/routes.cfg: no routes and no rules: nothing would be routed"
	is "no routes and no rules${rest:+, but a pool}: the route is in force" "$(ctl --json status | jq .routes)" 1
done
is "force is 0 or 1" "$(curl -sS -o /dev/null -w '%{http_code}' --unix-socket "$daemon/control.sock" -X POST 'http://x/v1/reload?force=yes')" 400
write_routes ""
is "force=0 is none" "$(curl -sS --unix-socket "$daemon/control.sock" -X POST 'http://x/v1/reload?force=0' | jq .ok)" true
notify_forget

# ---- the rotation goes on

first=$(nexthops 1 a@example.com)
sequence=$first
for i in 1 2 3 4 5; do
	# Another pool in front, another order, other hosts: its place is found by name.
	if [ $((i % 2)) = 1 ]; then
		write_routes "$(more x), { match = \"x.example.com\"; pool = \"front\"; }" \
			'front = { hosts = ( { host = "192.0.2.3"; }, { host = "192.0.2.9"; } ); };'
	else
		write_routes ""
	fi
	daemon_reload
	sequence="$sequence $(nexthops 1 a@example.com)"
done
number() {
	sed 's/smtp:\[192\.0\.2\.\([1-3]\)\][^ ]*/\1/g' <<<"$sequence"
}
case "$(number)" in
"1 2 3 1 2 3" | "2 3 1 2 3 1" | "3 1 2 3 1 2") pass "the rotation goes on through five reloads" ;;
*) fail "the rotation goes on through five reloads: $(number)" ;;
esac

# ---- what a reload cannot change

write_routes "" "" "$(
	cat <<-END
		pid_file = "$daemon/pid";
		secret_socket = "unix:$daemon/secret.sock";
		status_listen = "inet:8080@$world_net.4";
		socket_mode = "0600";
		socket_group = "daemon";
		log_to = "syslog";
	END
)"
sed -i -e "s,milter\.sock,other.sock,; s,control\.sock,other_control.sock,; s,daemon/state,daemon/other_state," "$daemon/routes.cfg"
changed=$(ctl reload 2>&1)
for key in milter_socket control_socket secret_socket status_listen state_file pid_file socket_mode socket_group log_to; do
	contains "$key has changed: milterctl says so" "$changed" \
		"$daemon/routes.cfg: warning: $key has changed: it takes effect at the next start"
	ok "$key has changed: the log says so" daemon_has_said "warning: .*$key has changed"
done
contains "changed sockets: reloaded all the same" "$changed" reloaded
ok "changed sockets: the old ones are served" test -S "$daemon/milter.sock" -a ! -e "$daemon/other.sock"
is "changed sockets: status has the old ones" "$(ctl --json status | jq -r .sockets.milter)" "$daemon_socket"
# A map that was there at the start is asked, whatever the file says now.
write_routes "" "" "map_socket = \"unix:$daemon/map.sock\";"
daemon_stop
daemon_start
dns="rules = ( { name = \"r\"; when = { }; action = \"dns\"; } );"
write_routes "" "" "$dns"
contains "a rule with dns, while the map is there: refused" "$(ctl reload 2>&1)" "there is still a map"
is "a rule with dns, while the map is there: not in force" "$(ctl --json rules | jq '.rules | length')" 0
daemon_stop
daemon_start
is "a rule with dns, and no map: in force" "$(ctl --json rules | jq '.rules | length')" 1
write_routes ""
lacks "changed back: nothing is said" "$(ctl reload 2>&1)" "has changed"
# Sendmail is told of such a recipient by a token.
mta_kind=sendmail
write_routes "" "" "map_socket = \"unix:$daemon/map.sock\"; $dns"
daemon_stop
daemon_start
is "Sendmail: a rule with dns, while the map is there: reloaded" "$(ctl reload 2>&1)" reloaded
is "Sendmail: a rule with dns, while the map is there: in force" "$(ctl --json rules | jq '.rules | length')" 1
mta_kind=postfix
write_routes ""
daemon_stop
daemon_start

# ---- many at once

write_routes "$(more storm)"
before=$(daemon_count 'info: reloaded ')
for i in $(seq 50); do
	daemon_signal HUP
done
ok "50 SIGHUPs at once: the new routes are in force" wait_for has_action u@storm.example discard
write_routes "$(more last)"
for i in $(seq 20); do
	ctl_start "reload$i" reload
done
for i in $(seq 20); do
	process_wait "reload$i"
	[ "$(cat "$world/reload$i.log")" = reloaded ] || break
done
is "20 times milterctl reload at once: all are told of the end" "$i" 20
ok "20 times milterctl reload at once: the new routes are in force" has_action u@last.example discard
within "they were taken together" $(($(daemon_count 'info: reloaded ') - before)) 2 71

# A client that does not wait for the end.
for i in $(seq 30); do
	printf 'POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n' |
		timeout 5 socat -t 0 - "UNIX-CONNECT:$daemon/control.sock" >/dev/null || :
done
is "clients that do not wait do no harm" "$(ctl reload)" reloaded

# ---- 100 while mail flows

clients=4
for i in $(seq $clients); do
	lua_start "client$i" until "to=a@example.com" "stop=$world/stop" per=7 pause=0
done
begun() {
	local i
	for i in $(seq $clients); do
		line_is_in "$world/client$i.log" '^nexthop' || return 1
	done
}
wait_for begun || bail_out "no client begins"
turns=$(ctl --json pools | jq '.pools[] | select(.pool == "three").messages')
before=$(daemon_count 'info: reloaded ')
for i in $(seq 100); do
	if [ $((i % 2)) = 1 ]; then
		write_routes "$(more "r$i"), { match = \"x.example.com\"; pool = \"front\"; }" \
			'front = { hosts = ( { host = "192.0.2.3"; }, { host = "192.0.2.9"; } ); };'
	else
		write_routes "$(more "r$i")"
	fi
	ctl reload >/dev/null || break
done
is "100 reloads while mail flows: all are done" "$(($(daemon_count 'info: reloaded ') - before))" 100
within "100 reloads while mail flows: it does flow" \
	"$(ctl --json pools | jq '.pools[] | select(.pool == "three").messages')" $((turns + 100)) 1000000000
: >"$world/stop"
for i in $(seq $clients); do
	process_wait "client$i"
	is "100 reloads while mail flows: client $i comes to its end" "$(tail -n 1 "$world/client$i.log")" "done"
done
is "100 reloads while mail flows: every message has its next hop" \
	"$(grep -hvcE '^nexthop smtp:(\[192\.0\.2\.[123]\],?){3}$|^done$' "$world"/client*.log | sort -u)" 0
sent=$(cat "$world"/client*.log | grep -c '^nexthop')
read -r least most <<<"$(daemon_first three | awk '{ print $2 }' | sort -n | sed -n '1p;$p' | tr '\n' ' ')"
note "$sent messages"
within "100 reloads while mail flows: the hosts have had equal turns" $((most - least)) 0 1
is "100 reloads while mail flows: no message failed" "$(ctl --json status | jq -c '[.messages.faults, .messages.unrouted]')" '[0,0]'

daemon_end
told_stop() {
	! notify_is_built || line_is_in "$world/notify.log" '^STOPPING=1$'
}
ok "the service manager is told of the stop" told_stop
tap_done
