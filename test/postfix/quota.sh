#!/bin/bash
# quota: a host is given what its quota is, exactly, through kill -9; then the others have the mail
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/attempts.sh" || exit 99

find_postfix
world_open
host_start own 2
faulty_start 11 12 13 14 15 16 17 18
daemon_make
quota_routes() { # QUOTA-OF-11
	daemon_routes "$(health_settings "backoff = 3600; backoff_max = 3600;
		classify = ( { text = \"sending limit exceeded\"; class = \"spent\"; } );")" <<-END
		pools = { $(daemon_pool two "11,priority=0,quota=$1" "12,priority=10")
			$(daemon_pool each "13,priority=0,quota={ recipients = 4; per = 3600; }" "14,priority=10")
			$(daemon_pool says "17,priority=0" "18,priority=10")
			$(daemon_pool all "15,quota={ messages = 1; per = 3600; }" "16,quota={ messages = 1; per = 3600; }") };
		routes = ( { match = "two.example"; pool = "two"; }, { match = "each.example"; pool = "each"; },
			{ match = "all.example"; pool = "all"; }, { match = "says.example"; pool = "says"; } );
	END
}
quota_routes "{ messages = 3; per = \"1h\"; }"
daemon_start
echo '/^550([ -])5\.4\.5 (.*sending limit exceeded.*)/ 450${1}4.4.5 $2' >"$world/reply_filter"
mta_make "$daemon_socket" 'smtp_connection_cache_on_demand=no' "smtp_reply_filter=regexp:$world/reply_filter"
mta_start
one() { # POOL [OPTION OF send...]
	deliver_one "$1.example" "${@:2}"
	wait_for log_is_read
}
taken_by() { # NUMBER...
	local number
	for number; do
		faulty_taken "$number"
	done | xargs
}

# ---- one after another, and a kill between them

one two
one two
daemon_kill
daemon_start
one two
is "three are its quota: it has had them" "$(taken_by 11 12)" "3 0"
ok "then it is spent" wait_for health_is 11 spent
one two
is "the fourth goes to the next host" "$(taken_by 11 12)" "3 1"
ok "the log says why" eval 'cat "$daemon_log" | grep -qE "host=$world_net\.11:[0-9]+ up->spent reason=quota text=\"3 messages in 1h\" failures=0 until=(59m[0-9]*s?|1h[0-9]*m?s?)[0-9ms]* delivered=3$"'
is "an event says so, once" "$(ctl --json events | jq -c '[.events[] | select(.to == "spent") | [.event, .from, .reason]]')" \
	'[["spent","up","quota"]]'
is "its quota" "$(health_member 11 'quota | [.of, .limit, .per, .used, .left, .full] | @csv')" '"messages",3,3600,3,0,true'
contains "explain: says until when" "$(ctl explain u@two.example)" "  spent until 2"
contains "explain: and where it stands" "$(ctl explain u@two.example)" ", behind the others"
is "simulate: all go to the next host" "$(ctl --json simulate 9 u@two.example | jq -c '[.hosts[].first]')" '[0,9]'
metrics=$(curl -s --unix-socket "$daemon/control.sock" http://localhost/metrics)
contains "metrics: its state" "$metrics" "nexthop_host_state{host=\"$world_net.11:$HOST_PORT\",state=\"spent\"} 1"
contains "metrics: what is left" "$metrics" "nexthop_host_quota_left{host=\"$world_net.11:$HOST_PORT\"} 0"
contains "metrics: the change" "$metrics" "nexthop_host_state_changes_total{host=\"$world_net.11:$HOST_PORT\",to=\"spent\",reason=\"quota\"} 1"
daemon_kill
daemon_start
is "kill -9: it is spent still" "$(health_of 11)" spent
one two
is "kill -9: mail goes to the next host" "$(taken_by 11 12)" "3 2"

# ---- a burst: what is pending counts

ok "reset forgets what was counted" quietly ctl reset "$world_net.11"
is "reset: it is up" "$(health_of 11) $(health_member 11 quota.used)" "up 0"
fault 11 silent end
send --count 6 --to "u%n@two.example" >"$world/sent"
ok "a burst: three wait for it" wait_for waiting_is 11 3
ok "a burst: the others went to the next host" wait_for taken 5 12
contains "a burst: explain says so" "$(ctl explain u@two.example)" "up, its quota is pending, behind the others"
fault 11 ok
ok "a burst: all are delivered" wait_for mta_queue_is_empty
is "a burst: by its quota" "$(taken_by 11 12)" "6 5"
ok "a burst: it is spent" wait_for health_is 11 spent

# ---- messages and recipients

one each --to a@each.example --to b@each.example
is "recipients: each counts" "$(health_member 13 quota.used)" 3
one each
ok "recipients: it is spent" wait_for health_is 13 spent
one each
is "recipients: the next host has the mail" "$(taken_by 13 14)" "2 1"
one all --to a@all.example --to b@all.example
one all
is "messages: one of three recipients is one" "$(health_member 15 quota.used) $(health_member 16 quota.used)" "1 1"

# ---- none is left

ok "all are spent" wait_for eval '[ "$(health_of 15) $(health_of 16)" = "spent spent" ]'
contains "all are spent: status says so" "$(ctl status)" "pool all: no host is up, and 2 with a spent quota have its mail"
one all
one all
is "all are spent: they have the mail, in turn" "$(taken_by 15 16)" "2 2"

# ---- the host says so itself

fault 17 say rcpt 550 5.4.5 Daily user sending limit exceeded
one says
is "it says so: the next host has the message" "$(taken_by 17 18)" "0 1"
ok "it says so: it is spent" wait_for health_is 17 spent
ok "it says so: the log has its words" daemon_has_said \
	"host=$world_net\.17:[0-9]+ up->spent reason=quota_reply text=\"450 4.4.5 Daily user sending limit exceeded\" "
before=$(faulty_met 17)
one says
is "it says so: it is left alone" "$(faulty_met 17) $(taken_by 17 18)" "$before 0 2"
is "it says so: no message bounces" "$(count_lines "$mta_log" 'status=bounced')" 0

# ---- its time passes

quota_routes "{ messages = 3; per = \"1s\"; }"
ok "a shorter time" quietly ctl reload
ok "it is up when that has passed" wait_for health_is 11 up
ok "the log says so" daemon_has_said "host=$world_net\.11:[0-9]+ spent->up reason=quota_free "
one two
is "and has the mail" "$(taken_by 11 12)" "7 5"
daemon_end
tap_done
