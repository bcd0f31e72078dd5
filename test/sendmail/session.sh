#!/bin/bash
# session: clients that send several messages, many recipients, or go; and the daemon's end meanwhile
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/arrivals.sh" || exit 99
. "$srcdir/test/lib/client.sh" || exit 99

use_mta sendmail
find_mta
world_open
for entry in "own 2" "a1 11" "a2 12" "a3 13" "b 21" "c 31"; do
	# Words are to be split.
	# shellcheck disable=SC2086
	host_start $entry
done
daemon_make
daemon_routes "map_socket = \"unix:$daemon/map.sock\";" <<END
pools = { $(daemon_pool turns 11 12 13) $(daemon_pool b 21) $(daemon_pool c 31) };
routes = ( { match = "turns.example"; pool = "turns"; },
	{ match = "b.example"; pool = "b"; },
	{ match = "c.example"; pool = "c"; },
	{ match = "void.example"; action = "discard"; },
	{ match = "gone.example"; action = "reject"; } );
END
daemon_start
mta_make_wired
mta_start

hosts=(own a1 a2 a3 b c)
all_of() {
	echo "own $(arrived own) turns $(arrived a1 a2 a3) b $(arrived b) c $(arrived c)"
}
settled() {
	ok "$1: the queue is empty" wait_for mta_queue_is_empty
}
# All recipients that hosts were ever told, one line each.
recipients_of() { # NAME...
	local name
	for name in "$@"; do
		cat "$world/$name.d"/* 2>/dev/null
	done | sed -n 's/^X-Rcpt-Args: <\(.*\)>.*/\1/p'
}

# ---- one connection, many outcomes

mark
client_open
client_sends first u@b.example
contains "first message: accepted" "$reply" "250 2.0.0 "
client_says 'MAIL FROM:<sender@client.example>'
client_says 'RCPT TO:<u@gone.example>'
contains "second message: rejected" "$reply" "550 5.7.1 "
client_says DATA
contains "second message: nobody is left" "$reply" "503 5.0.0 "
client_says RSET
client_sends third u@void.example
contains "third message: thrown away, and the client told 250" "$reply" "250 2.0.0 "
client_sends fourth u@nowhere.example
contains "fourth message: Sendmail's own routing" "$reply" "250 2.0.0 "
# Sendmail does not tell of RSET to a milter that has not answered MAIL.
client_says 'MAIL FROM:<sender@client.example>'
client_says 'RCPT TO:<u@c.example>'
client_says RSET
contains "a message that is reset" "$reply" "250 2.0.0 "
client_sends fifth u@turns.example
contains "fifth message: accepted" "$reply" "250 2.0.0 "
client_says 'MAIL FROM:<sender@client.example>'
client_says 'RCPT TO:<u@c.example>'
client_says DATA
printf 'Subject: half\r\n' >&"$client"
client_close
ok "the client has gone in the middle of a message" wait_for mta_log_has 'lost input channel|collect: .* I/O error|collect: premature EOM|unexpected close'
settled "one connection"
is "one connection: each where it belongs" "$(all_of)" "own 1 turns 1 b 1 c 0"
is "one connection: of what was reset or abandoned nothing is left" "$(recipients_of c)" ""

# ---- turns are for messages that are sent

mark
send --count 9 --per-connection 9 --rset --rset-recipient u@turns.example --to u%n@turns.example >"$world/sent"
is "9 messages with RSET between them are accepted" "$(grep -c ' accepted 1 ' "$world/sent")" 9
settled "RSET"
is "RSET takes no turn" "$(arrived a1) $(arrived a2) $(arrived a3)" "3 3 3"
mark
for how in rcpt data quit; do
	send --abandon "$how" --to u@turns.example
done
send --count 3 --to u%n@turns.example >"$world/sent"
settled "abandoned"
is "abandoned messages take no turn" "$(arrived a1) $(arrived a2) $(arrived a3)" "1 1 1"

# ---- recipients

mark
many=()
for i in $(seq 100); do
	many+=("r$i@turns.example" "r$i@b.example" "r$i@c.example")
done
# Words are to be split.
# shellcheck disable=SC2046
send $(printf -- '--to %s ' "${many[@]}") >"$world/sent"
contains "300 recipients: accepted" "$(cat "$world/sent")" " accepted 1 "
settled "300 recipients"
of() { # DOMAIN NAME...: how many recipients, and how many different ones
	local domain=$1
	shift
	recipients_of "$@" | grep "^r.*@$domain$" | sort | uniq -c | awk '{ all += $1; n++ } END { print n + 0, all + 0 }'
}
is "300 recipients: the first pool has its own, once each" "$(of turns.example a1 a2 a3)" "100 100"
is "300 recipients: the second" "$(of b.example b)" "100 100"
is "300 recipients: the third" "$(of c.example c)" "100 100"
is "300 recipients: and nobody has another's" "$(recipients_of "${hosts[@]}" | grep -c '^r')" 300
is "300 recipients: one message for each pool" "$(all_of)" "own 0 turns 1 b 1 c 1"

mark
send --to twice@b.example --to twice@b.example --to TWICE@b.example --to other@b.example >"$world/sent"
settled "the same recipient twice"
is "the same recipient twice: one message" "$(all_of)" "own 0 turns 0 b 1 c 0"
is "the same recipient twice: told once" "$(recipients_of b | grep -c '^twice')" 1
is "the same recipient twice: another local part is another" "$(recipients_of b | grep -c '^TWICE')" 1
is "the same recipient twice: and the other" "$(recipients_of b | grep -c '^other')" 1

# ---- the daemon goes

mark
client_open
client_sends before u@b.example
contains "before the restart: accepted" "$reply" "250 2.0.0 "
ok "before the restart: delivered" wait_for mta_queue_is_empty
daemon_stop >"$world/stopped"
daemon_start
# Sendmail connects to milter and map once in a session.
client_sends across u@b.example
contains "the session from before the restart: the client keeps its message" "$reply" "451 4.3.2 "
client_close
client_open
client_sends after u@b.example
contains "a new session: accepted" "$reply" "250 2.0.0 "
client_close
settled restart
is "each once, and where it belongs" "$(all_of)" "own 0 turns 0 b 2 c 0"

# Killed when the recipient was taken: what the milter would have said is not known.
mark
client_open
client_says 'MAIL FROM:<sender@client.example>'
client_says 'RCPT TO:<u@b.example>'
contains "before kill -9: the recipient is taken" "$reply" "250 2.1.5 "
daemon_kill
client_says DATA
[[ $reply != 354* ]] || client_says "$(printf 'Subject: killed\r\n\r\ntext\r\n.')"
contains "kill -9 within a message: the client keeps it" "$reply" "451 4.3.2 "
client_close
reply=$(send --once --verbose --to u@b.example --to u@nowhere.example)
contains "no daemon: 451, whoever the recipient is" "$reply" " kept 1 - 451 4.3.2 "
is "nothing is in the queue" "$(mta_queue_length)" 0
daemon_start
send --count 4 --to u%n@turns.example >"$world/sent"
settled "four turns"
daemon_kill
daemon_start
send --count 5 --to u%n@turns.example >"$world/sent"
is "kill -9 between messages: all are accepted" "$(grep -c ' accepted 1 ' "$world/sent")" 5
settled "nine turns"
is "the rotation goes on" "$(arrived a1) $(arrived a2) $(arrived a3)" "3 3 3"
is "nothing else has come" "$(all_of)" "own 0 turns 9 b 0 c 0"
is "nobody was told of a failure" "$(count_lines "$mta_log" "$(pattern_bounce)")" 0
daemon_end
tap_done
