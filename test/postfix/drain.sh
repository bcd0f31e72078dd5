#!/bin/bash
# drain: what drain, enable and reset say, and that it is so for mail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
host_start own 2
host_start lone 21
daemon_make
two="11,priority=0 12,priority=10"
one=21
drain_routes() { # [KEY=VALUE; ...]
	# Words are to be split.
	# shellcheck disable=SC2086
	daemon_routes "$(health_settings "backoff = 3600; backoff_max = 3600; $*")" <<-END
		pools = { $(daemon_pool two $two) $(daemon_pool one $one) };
		routes = ( { match = "two.example"; pool = "two"; }, { match = "one.example"; pool = "one"; } );
	END
}
drain_routes
mta_make "$daemon_socket"
daemon_start
mta_start

# verb VERB...: $said, $complained and $status.
verb() {
	status=0
	said=$(ctl "$@" 2>"$world/complained") || status=$?
	complained=$(cat "$world/complained")
	is "$*: status 0" "$status" 0
}
a=$world_net.11:$HOST_PORT
b=$world_net.12:$HOST_PORT
lone=$world_net.21:$HOST_PORT
use_of() { # NUMBER
	ctl --json hosts | jq -c --arg host "$world_net.$1" '.hosts[] | select(.host == $host) | [.in_use, .pending]'
}
use_is() { # NUMBER [IN_USE,PENDING]
	[ "$(use_of "$1")" = "$2" ]
}

# ---- a host with a message in the queue: its list stays with it

send --to first@two.example >/dev/null
ok "no host listens: the message waits" wait_for mta_log_has 'to=<first@two.example>.*status=deferred'
ok "and the first host is deferred" wait_for health_is 11 deferred
verb drain "$a" --for 2h --reason 'new disks'
contains "drain: it says until when" "$said" "$a drained until "
contains "drain: what is left" "$said" "no new messages, 1 pending of those routed since "
contains "drain: no host is left" "$complained" "milterctl: warning: pool two has no host up, 1 deferred: its mail tries those, and waits"
is "drain: as JSON" "$(use_of 11)" "[false,1]"
contains "hosts: it is not out of use" "$(ctl hosts)" "1 pending; new disks"
# A reload without the host that the message begins with, and one that has it again.
two=12
drain_routes
verb reload
contains "a reload without it: says what is pending" "$complained" \
	"$daemon/routes.cfg: warning: $a is in no pool any more, but 1 message is pending that begins with it"
two="11,priority=0 12,priority=10"
drain_routes
verb reload
is "with it again: no warning" "$complained" ""
verb drain "$a" --for 2h --reason 'new disks'
host_start second 12
ok "the other host comes back: the message is delivered" wait_for host_has second 1
ok "then it is out of use" wait_for use_is 11 "[false,0]"
contains "hosts: says so" "$(ctl hosts)" "out of use; new disks"
verb drain "$a"
contains "drain again: it says so" "$said" "$a drained: out of use, none pending of those routed since "
is "drain again: no end" "$(ctl --json hosts | jq -c '.hosts[0].until')" null

# ---- put back: it is believed when it has delivered

ok "the other host failed with it" wait_for health_is 12 deferred
verb reset "$b"
contains "reset: it says so" "$said" "$b up, by your word and not checked; what was remembered of it is forgotten; its last word was a failure"
verb enable "$a"
contains "enable: one message is to try it" "$said" "$a on trial: the next message decides; its last word was a failure"
is "enable: it is on trial" "$(health_of 11)" trial
send --to dead@two.example >/dev/null
ok "it is dead still: the message goes to the other host" wait_for host_has second 2
ok "and it is deferred" wait_for health_is 11 deferred
verb enable "$a"
contains "enabled while deferred: what it said last" "$said" \
	"$a on trial: the next message decides; its last word was a failure "
contains "enabled while deferred: in its words" "$said" " ago: connect to $world_net.11"
verb enable "$a"
contains "enabled on trial: nothing to end" "$said" "$a was not drained: on trial: the next message decides"
host_start first 11
has_delivered() { # NUMBER COUNT
	[ "$(health_member "$1" delivered)" = "$2" ]
}
for i in 1 2; do
	send --to "trial$i@two.example" >/dev/null
	ok "message $i comes through" wait_for has_delivered 11 "$i"
done
ok "and it is up" wait_for health_is 11 up
verb check-health
contains "check-health: all is well" "$said" "NEXTHOP OK - 3 of 3 hosts up | up=3 "
verb drain "$a"
is "drained while well: no warning" "$complained" ""
ok "drained while well: out of use as soon as all is delivered" wait_for use_is 11 "[false,0]"
verb enable "$a"
contains "enabled: it is up" "$said" "$a up, by your word and not checked; its last delivery was "
is "enabled: so it is" "$(health_of 11)" up
verb enable "$a"
contains "enabled again: nothing to end" "$said" "$a was not drained: up; its last delivery was "

# ---- a reload that drains: a maintenance window that is open

host_stop lone
send --to last@one.example >/dev/null
ok "no host listens again: the message waits" wait_for mta_log_has 'to=<last@one.example>.*status=deferred'
one='21,maintenance="00:00-24:00"'
drain_routes
verb reload
contains "a reload into a window: says what is pending" "$complained" \
	"$daemon/routes.cfg: warning: $lone is drained by its maintenance window, but 1 message is pending that begins with it"
is "a reload into a window: it is drained" "$(health_of 21)" drained
drain_routes
verb reload
lacks "another reload: it was drained already" "$complained" "1 message is pending that begins with it"
one=21
drain_routes
verb reload
is "the window is taken away: put back, and tried" "$(health_of 21)" trial
one='21,maintenance="00:00-24:00"'
drain_routes
verb reload
contains "a reload into the window again: says it again" "$complained" "drained by its maintenance window, but 1 message is"
verb enable "$lone"
verb reload
lacks "a reload while the window is waived: it drains nobody" "$complained" "1 message is pending that begins with it"
ok "a reload while the window is waived: so it is" not health_is 21 drained
one=21
drain_routes
verb reload
host_start lone 21
ok "it listens: the message is delivered" wait_for host_has lone 1
send --to again@one.example >/dev/null
ok "so is the next one, and it is up" wait_for health_is 21 up

# ---- the last host of a pool: mail goes on

verb drain "$lone"
contains "last host: it says so" "$said" "$lone drained: STILL IN USE, "
is "last host: and warns" "$complained" \
	"milterctl: warning: $lone is drained, but mail goes on to it: it is the only host of pool one"
is "last host: mail is accepted" "$(send --count 3 --to u%n@one.example | grep -c ' accepted 1 ')" 3
ok "last host: and goes on to it" wait_for host_has lone 5
contains "last host: hosts says so" "$(ctl hosts)" "STILL IN USE"
verb enable "$lone"
verb drain "$a" "$b"
is "both hosts at once: each is warned of" "$complained" \
	"$(printf 'milterctl: warning: %s is drained, but mail goes on to it: all hosts are drained of pool two\n' "$a" "$b")"
verb enable "$a" "$b"
is "both hosts at once: both are up" "$(health_of 11) $(health_of 12)" "up up"
verb --json drain "$lone"
is "as JSON" "$(jq -c '.hosts[0] | [.state, .in_use, .before.state, (.warnings | length)]' <<<"$said")" '["drained",true,"up",1]'
ctl enable "$lone" >"$world/enabled"

# ---- what is not known is not said

sed -i "s|log = \"$mta_log\"|log = \"none\"|" "$daemon/routes.cfg"
daemon_reload
verb drain "$a"
contains "no log: it is not known" "$said" \
	"$a drained: no new messages, pending messages are not known: health.log is \"none\": the MTA's log is not read"
is "no log: as JSON" "$(use_of 11)" "[false,null]"

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
daemon_end
tap_done
