#!/bin/bash
# daemon_steer: parts of a host's weight, drains of later, maintenance windows
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v miltertest >/dev/null || skip_all "no miltertest"
world_open
daemon_make
write_routes() { # [SETTING of a.example]
	daemon_routes <<-END
		pools = { two = { hosts = ( { host = "a.example"; ${1-} }, { host = "b.example"; },
				{ host = "c.example"; priority = 10; } ); };
			one = { hosts = ( { host = "d.example"; } ); }; };
		routes = ( { match = "two.example"; pool = "two"; }, { match = "one.example"; pool = "one"; } );
	END
}
write_routes
daemon_start

# verb VERB...: $said, $complained and $status.
verb() {
	status=0
	said=$(ctl "$@" 2>"$world/complained") || status=$?
	complained=$(cat "$world/complained")
	is "$*: status 0" "$status" 0
}
member_of() { # HOST MEMBER
	ctl --json hosts | jq -c --arg host "$1.example" ".hosts[] | select(.host == \$host) | .$2"
}
member_is() { # HOST MEMBER VALUE
	[ "$(member_of "$1" "$2")" = "$3" ]
}
# How many of COUNT messages try each host first: "a=N b=N c=N".
firsts() { # COUNT [ADDRESS]
	nexthops "$1" "${2:-u@two.example}" | sed 's/^smtp:\[\(.\).*/\1/' | sort | uniq -c | awk '{ print $2 "=" $1 }' | xargs
}

# ---- a part

is "as configured: even" "$(firsts 300)" "a=150 b=150"
verb weight a.example
is "weight HOST: shows what is so" "$said" "a.example:25 has its weight as configured"
verb weight a.example 50% --reason 'slow disks'
is "half: it says so" "$said" "a.example:25 has 50% of its weight until it is set to 100%: slow disks"
is "half: no warning" "$complained" ""
verb weight a.example
is "weight HOST: shows it" "$said" "a.example:25 has 50% of its weight until it is set to 100%: slow disks"
verb --json simulate 300 u@two.example
is "half: simulate knows" "$(jq -c '[.hosts[].first]' <<<"$said")" "[100,200,0]"
is "half: one to two" "$(firsts 300)" "a=100 b=200"
ok "half: the log says so" daemon_has_said \
	'info: host=a\.example:25 weight="50%: slow disks" by uid=[0-9]* pid=[1-9][0-9]*$'
is "half: so does an event" "$(ctl --json events | jq -c '.events[-1] | [.event, .host, .from, .to, .reason, .text, .until]')" \
	'["weight","a.example","up","up","operator","50%: slow disks",null]'
contains "half: hosts shows it" "$(ctl hosts)" "50% of its weight: slow disks"
ok "half: so does pools" grep -qE '^ +a\.example:25 +0 +1 \(50%\) +up ' <(ctl pools)
ok "half: so does explain" grep -qE '^ +[0-9] +a\.example:25 +0 +1 \(50%\) +up$' <(ctl explain u@two.example)
is "half: so does the state file" \
	"$(ctl --json state "$daemon/state" | jq -c '.hosts[] | select(.host == "a.example") | [.weight_percent, .weight_until, .weight_text]')" \
	'[50,null,"slow disks"]'
ok "half: so does a metric" grep -qxF \
	'nexthop_host_weight_effective{pool="two",host="a.example:25"} 0.5' \
	<(curl -s --unix-socket "$daemon/control.sock" http://localhost/metrics)
daemon_kill
daemon_start
is "half: after kill -9, too" "$(firsts 300)" "a=100 b=200"
write_routes
ok "half: a reload" daemon_reload
is "half: after a reload, too" "$(firsts 300)" "a=100 b=200"
verb drain a.example
verb enable a.example
contains "enable: a part of the weight is no drain, and stays" "$said" \
	"; it has 50% of its weight until it is set to 100%: slow disks"
verb reset a.example
contains "reset: it stays, too" "$said" "; it has 50% of its weight"
is "it has stayed" "$(member_of a weight_percent)" 50
verb weight a.example 1000%
is "ten times" "$(firsts 1100)" "a=1000 b=100"
verb weight a.example 100%
is "100%: it says so" "$said" "a.example:25 has its weight as configured"
is "100%: as configured" "$(firsts 300)" "a=150 b=150"

# ---- nothing

verb weight a.example 0%
is "nothing: no warning" "$complained" ""
is "nothing: behind the others of its tier" "$(nexthops 2 u@two.example | sort -u)" "smtp:[b.example],[a.example],[c.example]"
verb weight b.example 0%
is "nothing for a tier: behind the next one" "$(nexthops 2 u@two.example | sed 's/,.*//' | sort -u)" "smtp:[c.example]"
verb weight c.example 0%
is "nothing for anyone: a warning" "$complained" \
	"milterctl: warning: c.example:25 has 0% of its weight, but mail goes on to it: no host of pool two that is up has more"
is "nothing for anyone: as configured" "$(firsts 300)" "a=150 b=150"
verb weight d.example 0%
is "the only host: a warning" "$complained" \
	"milterctl: warning: d.example:25 has 0% of its weight, but mail goes on to it: no host of pool one that is up has more"
is "the only host has the mail" "$(firsts 10 u@one.example)" "d=10"
for host in a b c d; do
	verb weight "$host.example" 100%
done

# ---- for a while

verb weight a.example 50% --for 1s
ok "for a while: it says until when" \
	grep -qE '^a\.example:25 has 50% of its weight until 2[0-9-]{9} [0-9:]{8} [+-][0-9]{4}, [01] s left$' <<<"$said"
ok "for a while: it ends by itself" wait_for member_is a weight_percent 100
has_ended() {
	[ "$(daemon_count 'info: host=a\.example:25 weight_ended="100%: its time is over"$')" = 1 ]
}
ok "for a while: the log says so, once" wait_for has_ended
is "for a while: so does an event" "$(ctl --json events | jq -c '.events[-1] | [.event, .host, .by]')" \
	'["weight_ended","a.example",null]'
verb weight a.example 50% --for 2s
daemon_kill
daemon_start
ok "for a while: it ends after kill -9, too" wait_for has_ended
is "for a while: as configured then" "$(firsts 300)" "a=150 b=150"
verb weight a.example 50% --for 1d12h
within "for a while: until when" $(($(date -d "$(member_of a weight_until | tr -d '"')" +%s) - $(date +%s))) 129000 129600
verb weight a.example 20%
is "a second part has its own time" "$(member_of a weight_until)" null

# ---- until a time, by the clocks of the machine's zone

until_of() { # TIME: when a drain of b.example until then ends, in the zone of the daemon
	ctl drain b.example --until "$1" >/dev/null
	TZ=$zone date -d "$(member_of b until | tr -d '"')" +%FT%H:%M:%S
}
daemon_stop
zone=CET-1CEST,M3.5.0,M10.5.0/3
TZ=$zone daemon_start
is "drain --until a date" "$(until_of 2999-07-01T14:30)" 2999-07-01T14:30:00
past=$(TZ=$zone date -d '5 minutes ago' +%H:%M)
is "drain --until a time: the minutes" "$(until_of "$past" | cut -d T -f 2)" "$past:00"
within "drain --until a time that is past today: tomorrow" \
	$(($(date -d "$(member_of b until | tr -d '"')" +%s) - $(date +%s))) 82000 90500
verb drain b.example --until now+2s
ok "drain --until: it ends by itself" wait_for member_is b state '"up"'
verb weight b.example 50% --until now+1s
ok "weight --until: it ends by itself" wait_for member_is b weight_percent 100
refuses() { # TIME TEXT
	status=0
	complained=$(ctl drain b.example --until "$1" 2>&1) || status=$?
	is "drain --until $1: status 1" "$status" 1
	contains "drain --until $1: why" "$complained" "$2"
}
refuses 2999-03-31T02:30 "until: there is no such time on that day, the clocks are set forward over it"
refuses 2001-07-01T14:30 "until is past"
is "and nothing is drained" "$(member_of b state)" '"up"'

# ---- a drain that begins later

event_is() { # EVENT HOST BY
	[ "$(ctl --json events | jq -c '.events[-1] | [.event, .host, .by]')" = "[\"$1\",\"$2\",$3]" ]
}
verb drain a.example --at 2998-07-01T14:30 --for 2h --reason 'patch night'
ok "drain --at: it says from when until when" grep -qE \
	'^a\.example:25 is to be drained at 2998-07-01 [0-9:]+ [+-][0-9]{4}, in [0-9]+ d [0-9]+ h, until 2998-07-01 [0-9:]+ [+-][0-9]{4}: patch night$' <<<"$said"
is "drain --at: no warning" "$complained" ""
is "drain --at: the span counts from then, in the zone of the daemon" \
	"$(member_of a drain_at) $(member_of a drain_until) $(member_of a drain_text)" \
	'"2998-07-01T12:30:00Z" "2998-07-01T14:30:00Z" "patch night"'
is "drain --at: it is up" "$(member_of a state)" '"up"'
ok "drain --at: the log says so" daemon_has_said \
	'info: host=a\.example:25 drain_planned="from 2998-07-01T12:30:00Z until 2998-07-01T14:30:00Z: patch night" by uid=[0-9]* pid=[1-9][0-9]*$'
ok "drain --at: hosts shows it" grep -qE '^a\.example:25 +up .* drain at 2998-07-01 .*: patch night$' <(ctl hosts)
verb drain b.example --at 2998-07-01T15:00
is "drain --at of two hosts of three: no warning" "$complained" ""
verb drain c.example --at 2998-07-01T15:00
is "drain --at of the last host: a warning" "$complained" \
	"milterctl: warning: c.example:25 is to be drained: pool two has no other host up that is not to be drained at that time"
verb drain d.example --at 2998-07-01T15:00
is "drain --at of the only host: a warning" "$complained" \
	"milterctl: warning: d.example:25 is to be drained, but mail will go on to it: it is the only host of pool one"
verb drain b.example --at 2998-07-01T15:00 --until 14:00
is "drain --at, --until a time: the next one after the beginning" "$(member_of b drain_until)" '"2998-07-02T12:00:00Z"'
contains "drain --at, the second time: it says which it replaces" "$said" ", and no more at 2998-07-01 "
verb drain b.example
contains "drain: a plan stays, and is shown" "$said" "; it is to be drained at 2998-07-01 "
verb enable b.example
contains "enable: the plan is cancelled" "$said" "; cancelled is the drain that was planned for 2998-07-01 "
is "enable: there is none" "$(member_of b drain_at)" null
is "enable: an event" "$(ctl --json events | jq -c '.events[-2] | [.event, .host]')" '["drain_cancelled","b.example"]'
verb enable c.example d.example
refuses_at() { # TIME TEXT
	status=0
	complained=$(ctl drain b.example --at "$1" 2>&1) || status=$?
	is "drain --at $1: status 1" "$status" 1
	contains "drain --at $1: why" "$complained" "$2"
}
refuses_at 2999-03-31T02:30 "at: there is no such time on that day"
refuses_at 2001-07-01T14:30 "at is past"

verb drain a.example --at now+1s --for 4s --reason soon
ok "drain --at: it begins by itself" wait_for daemon_has_said 'info: host=a\.example:25 up->drained reason=operator text="soon" failures=0 until=[0-4]s delivered=0$'
ok "drain --at: it ends by itself" wait_for event_is drain_ended a.example null
is "drain --at: no plan is left" "$(member_of a drain_at)" null

# It is due, or over, while there is no daemon: the clock goes on, and the next one looks.
verb drain a.example --at now+1h --reason later
verb drain b.example --at now+1h --for 1h --reason missed
daemon_kill
if daemon_has asan || daemon_has tsan; then
	note "no strange clock under a sanitizer"
	daemon_start
elif ! ${CC:-cc} -shared -fPIC -o "$world/strange.so" "$srcdir/test/lib/strange_clock.c" 2>"$world/cc.log"; then
	fail "the strange clock is built"
	note "$(cat "$world/cc.log")"
	daemon_start
else
	echo 10000 >"$world/strange"
	daemon_mark=$(wc -l <"$daemon_log")
	process_start daemon env TZ=UTC0 LD_PRELOAD="$world/strange.so" STRANGE_CLOCK="$world/strange" \
		"$DAEMON_PROGRAM" -c "$daemon/routes.cfg" --debug
	ok "due without a daemon: the next one drains it" wait_for daemon_has_said \
		'info: host=a\.example:25 up->drained reason=operator text="later" failures=0 delivered=0$'
	ok "over without a daemon: one line" wait_for daemon_has_said 'info: host=b\.example:25 drain_dropped="from .*Z until .*Z: missed"$'
	ok "the daemon serves" wait_for quietly ctl status
	is "over without a daemon: it is up, and nothing is planned" "$(member_of b state) $(member_of b drain_at)" '"up" null'
	is "over without a daemon: an event" "$(ctl --json events | jq -c '[.events[] | select(.event == "drain_dropped").host]')" '["b.example"]'
	is "due without a daemon: mail goes to the other" "$(firsts 10)" "b=10"

	# A maintenance window that is open now, until the clock is set to after it.
	verb enable a.example
	verb weight a.example 100%
	is "no window: even" "$(firsts 10)" "a=5 b=5"
	at=$(($(date +%s) + 10000))
	write_routes "maintenance = [ \"$(TZ=UTC0 date -d "@$((at - 60))" '+%a %H:%M')-$(TZ=UTC0 date -d "@$((at + 7200))" +%H:%M)\" ];"
	ok "a window: a reload" daemon_reload
	is "a window: mail goes to the other" "$(firsts 10)" "b=10"
	ok "a window: the log says so" daemon_has_said \
		'info: host=a\.example:25 up->drained reason=maintenance text="" failures=0 until=(1h5[0-9]m|2h)[0-9ms]* delivered=0$'
	ok "a window: hosts says so" grep -qE '^a\.example:25 +drained .* out of use; maintenance$|^a\.example:25 +drained .* maintenance$' <(ctl hosts)
	verb enable a.example
	contains "enable: it says that the window is waived" "$said" "; its maintenance window is waived until "
	is "enable: mail goes to both" "$(firsts 10)" "a=5 b=5"
	contains "enable: hosts shows it" "$(ctl hosts)" "maintenance is waived until "
	verb drain a.example
	echo 20000 >"$world/strange.new"
	mv "$world/strange.new" "$world/strange"
	waived() { [ "$(member_of a waived_until)" = null ]; }
	ok "after the window nothing is waived" wait_for waived
	is "a drain outlasts the window" "$(member_of a state) $(member_of a reason)" '"drained" "operator"'
fi
daemon_end
tap_done
