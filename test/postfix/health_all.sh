#!/bin/bash
# health_all: what becomes of mail while all hosts of a pool are deferred
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
full='431 4.3.1 Mail system full'
host_start own 2
for number in 21 22 31 41; do
	host_start "sick$number" "$number" -b "$full" -r connect
done
host_start spare 51
daemon_make
one() { # NAME NUMBER EXTRA
	echo "$1 = { hosts = ( { host = \"$world_net.$2\"; port = $HOST_PORT; } ); $3 };"
}
daemon_routes "$(health_settings 'backoff = 3600; backoff_max = 3600;')" <<END
pools = { $(daemon_pool try 21 22)
	$(one late 31 'all_deferred = "tempfail";')
	$(one main 41 'fallback = "spare";')
	$(one spare 51 'transport = "relay";') };
routes = ( { match = "try.example"; pool = "try"; },
	{ match = "late.example"; pool = "late"; },
	{ match = "main.example"; pool = "main"; } );
END
daemon_start
mta_make "$daemon_socket"
mta_start

both_deferred() {
	health_is 21 deferred && health_is 22 deferred
}

# ---- try

send --to first@try.example >/dev/null
ok "try: both hosts are deferred" wait_for both_deferred
is "try: mail is accepted all the same" "$(send --count 5 --to u%n@try.example | grep -c ' accepted 1 ')" 5
ok "try: Postfix tries both, again and again" wait_for mta_log_has 'to=<u5@try.example>.*status=deferred'
is "try: the queue keeps all" "$(mta_queue_length)" 6
contains "try: the list has both" "$(ctl --json explain u@try.example | jq -r .nexthop)" ","
is "try: nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
host_stop sick22
rm -rf "$world/sick22.d"
host_start sick22 22
ok "try: one host recovers: the next retry delivers all" wait_for host_has sick22 6
ok "try: the queue is empty" wait_for mta_queue_is_empty
ok "try: deliveries of a deferred host put it back" wait_for health_is 22 up

# ---- tempfail

send --to first@late.example >/dev/null
ok "tempfail: the host is deferred" wait_for health_is 31 deferred
contains "tempfail: the client gets 451" "$(send --once --deadline 1 --to u@late.example)" "kept 1 - 451 4.4.1 "
contains "tempfail: explain says so" "$(ctl explain u@late.example)" "451 4.4.1 "
is "tempfail: other recipients of the message are not touched" \
	"$(send --once --to u@late.example --to v@main.example | grep -c ' accepted 1 ')" 1
is "tempfail: it is counted" "$(ctl --json status | jq .recipients.put_off)" 2
contains "tempfail: the message from before is in the queue" "$(postqueue -c "$mta" -j)" '"first@late.example"'
# Retries of the message in the queue would defer the host again; one may be under way.
mta_forget
is_accepted_after_reset() {
	quietly ctl reset "$world_net.31" && [[ $(send --once --to w@late.example) = *"accepted 1 "* ]]
}
ok "tempfail: reset: then it is accepted" wait_for is_accepted_after_reset
mta_forget

# ---- fallback

ok "fallback: the host is deferred" wait_for health_is 41 deferred
before=$(host_count spare)
is "fallback: mail is accepted" "$(send --count 5 --to u%n@main.example | grep -c ' accepted 1 ')" 5
ok "fallback: the other pool has it" wait_for host_has spare $((before + 5))
ok "fallback: by its transport" wait_for mta_log_has 'postfix/relay/smtp\[.*to=<u5@main.example>.*status=sent'
contains "fallback: explain says so" "$(ctl explain u@main.example)" "fallback   spare"
ok "fallback: enabled again" quietly ctl enable "$world_net.41"
lacks "fallback: then it is not used" "$(ctl explain u@main.example)" "fallback   spare"

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
is "nothing went to Postfix's own relay host" "$(host_count own)" 0
daemon_end
tap_done
