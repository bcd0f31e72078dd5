#!/bin/bash
# attempt: trial and silence on Sendmail, whose log says little of the hosts before
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
. "$srcdir/test/lib/attempts.sh" || exit 99
find_mta
world_open
host_start own 2
faulty_start 21 22 23 24 31 32 33 34
daemon_make
for_good() { # the pool on standard input: who is deferred, stays so
	sed "s/^); };\$/); health = { backoff = 3600; backoff_max = 3600; }; };/"
}
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" \
	"$(health_settings 'backoff = 3; backoff_max = 3; jitter = 0;')" <<-END
	pools = {
		$(daemon_pool trial 21 31) $(daemon_pool silent 22 32 | for_good)
		$(daemon_pool mute 23 33 | for_good)
		$(daemon_pool all 24 34)
	};
	routes = ( { match = "trial.example"; pool = "trial"; }, { match = "silent.example"; pool = "silent"; },
		{ match = "mute.example"; pool = "mute"; }, { match = "all.example"; pool = "all"; } );
END
daemon_start
# Each message is delivered in the background, and waits for a silent host for three seconds.
mta_make_wired "define(\`confTO_INITIAL', \`3s')dnl" "define(\`confTO_HELO', \`3s')dnl" \
	"define(\`confTO_MAIL', \`3s')dnl" "define(\`confTO_CONNECT', \`3s')dnl" \
	"define(\`confTO_ICONNECT', \`3s')dnl"
mta_start

all_delivered() { # POOL COUNT NUMBER...
	local pool=$1 count=$2
	shift 2
	ok "$pool: all are delivered" wait_for taken "$count" "$@"
	ok "$pool: the queue is empty" wait_for mta_queue_is_empty
}
delivered_is() { # NUMBER COUNT
	[ "$(health_member "$1" delivered)" = "$2" ]
}

# ---- a host on trial gets one message

fault 21 say greeting 421 4.3.2 Closing
for i in 1 2 3 4 5 6; do
	send --to "u$i@trial.example" >"$world/sent"
	wait_for mta_queue_is_empty
done
ok "trial: passed over, it is deferred for that" wait_for was_deferred 21 passed_over
is "trial: all went to the other" "$(faulty_taken 31)" 6
# Well again, but slow: the others come while the one on trial is not yet taken.
fault 21 silent end
ok "trial: the back-off ends" wait_for health_is 21 trial
met=$(faulty_met 21)
storm trial 20 20
ok "trial: the others are delivered by the other host" wait_for taken 25 31
is "trial: one message has gone there" "$(($(faulty_met 21) - met))" 1
fault 21 ok
all_delivered trial 26 21 31
is "trial: by it" "$(faulty_taken 21)" 1
ok "trial: its success is seen" wait_for delivered_is 21 1
send --to again@trial.example >"$world/sent"
ok "trial: the second makes it up" wait_for health_is 21 up
before=$(faulty_taken 21)
storm trial 20 20
all_delivered trial 47 21 31
is "trial: it has its share again" "$(($(faulty_taken 21) - before))" 10

# ---- a silent host is avoided

fault 22 silent mail
storm silent 60 20
all_delivered silent 60 22 32
# By its silence, or by what it has lost. On a busy machine that takes longer.
is_found() {
	is_silent 22 || ! health_is 22 up
}
ok "silent: it is found" keep_sending silent is_found
note "silent: $(given silent 22) messages were given to it until then"
before=$(given silent 22)
storm silent 20 20
within "silent: then it has no more than its tries" $(($(given silent 22) - before)) 0 2
all_delivered silent $(($(given silent 22) + $(given silent 32))) 22 32
is "silent: it has taken none" "$(faulty_taken 22)" 0
is "silent: the other is up" "$(health_of 32)" up

# ---- so is one of which a delivery by the next is the only word

for stage in greeting mail end; do
	fault 23 say "$stage" 452 4.3.1 Insufficient system resources
	before=$(faulty_taken 33)
	for i in 1 2 3 4 5 6; do
		send --to "u$i@mute.example" >"$world/sent"
		wait_for mta_queue_is_empty
		! health_is 23 deferred || break
	done
	ok "mute, $stage: deferred" wait_for health_is 23 deferred
	is "mute, $stage: for that reason" "$(health_member 23 reason)" passed_over
	is "mute, $stage: after three messages" "$(health_member 23 failures)" 3
	is "mute, $stage: nobody lost anything" "$(($(faulty_taken 33) - before))" "$i"
	ctl reset "$world_net.23" >"$world/reset"
	fault 23 ok
done

# ---- silent all at once: nobody is worse than the other

fault 24 silent mail
fault 34 silent mail
storm all 20 20
ok "all: .24 is not marked" not is_silent 24
ok "all: .34 neither" not is_silent 34
fault 24 ok
fault 34 ok
all_delivered all 20 24 34

is "nothing is bounced" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
is "nothing went to Sendmail's own relay host" "$(host_count own)" 0
daemon_end
tap_done
