#!/bin/bash
# rules_bytes: rules on messages that are large, broken or hostile; they arrive as they are
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

find_postfix
world_open
# plain: what it is without the milter.
host_start plain 2
host_start yes 11
host_start no 12
daemon_make
rules() { # RULES
	daemon_routes <<-END
		pools = { $(daemon_pool yes 11) $(daemon_pool no 12) };
		rules = ( $1 );
		routes = ( { match = "ALL"; pool = "no"; } );
	END
}
rules ''
daemon_start
mta_make "$daemon_socket"
# A cleanup process that has seen any milter cuts headers at 60,000 octets from there on, with or
# without one (KLUDGE_HEADER_LIMIT in Postfix's cleanup_message.c). So the plain way has cleanup
# processes of its own, that do so at all times.
cat >>"$mta/master.cf" <<END
$mta_ip:26 inet n - n - - smtpd -o smtpd_milters= -o cleanup_service_name=cleanup-plain
cleanup-plain unix n - n - 0 cleanup -o header_size_limit=60000
END
mta_start

# All that makes two deliveries of one message differ.
normal() {
	sed -E -e 's/(with E?SMTP id )[0-9A-Za-z]+/\1ID/' \
		-e 's/(<)[0-9]{14}\.[0-9A-Za-z]+@/\1MESSAGEID@/' \
		-e 's/[A-Z][a-z]{2}, [0-9 ]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000 \(UTC\)/TIME/' \
		-e 's/[A-Z][a-z]{2}, [ 0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000/TIME/' \
		-e 's/(by )(plain|yes|no)(\.example \(smtp-sink\))/\1HOST\3/' -e '/^X-Client-Proto: /d'
}

# A host writes its file until after it has said that it has the message.
has_same_content() { # $host and plain
	local name
	for name in plain "$host"; do
		cat "$world/$name.d"/* | normal >"$world/content.$name"
	done
	[ -s "$world/content.plain" ] && cmp -s "$world/content.plain" "$world/content.$host"
}

# arrives WHAT HOST RULE FILE: the file goes to that host, and is what it is without the milter.
arrives() {
	local what=$1 host=$2 file=$world/$4 name
	rules "{ name = \"r\"; when = { $3 }; pool = \"yes\"; }"
	daemon_reload || fail "$what: the rule is loaded"
	rm -f "$world"/{plain,yes,no}.d/*
	send --once --file "$file" --to u@example.com >"$world/sent" &
	sending=$!
	send --once --server "$mta_ip:26" --file "$file" --to u@example.com >"$world/sent.plain"
	wait "$sending"
	wait_for hosts_have 2 plain yes no
	ok "$what: nothing waits" wait_for mta_queue_is_empty
	is "$what: where it goes" "$(host_count yes) $(host_count no)" "$([ "$host" = yes ] && echo 1 0 || echo 0 1)"
	if wait_for_seconds 20 has_same_content; then
		pass "$what: the same bytes"
	else
		fail "$what: the same bytes"
		note "$(diff -a "$world/content.plain" "$world/content.$host" | cut -c 1-200 | head -20)"
	fi
}

python3 "$srcdir/test/lib/messages.py" "$world" || bail_out "no messages"

# ---- large

within "a header of 100 kB" "$(sed '/^Message-ID/,$d' "$world/folded" | wc -c)" 97000 102000
arrives "59 kB: at its beginning" yes 'header = "X-Big: /^first 000000 /";' whole
arrives "59 kB: at its end" yes 'header = "X-Big: / x+ last$/";' whole
arrives "59 kB: a glob" yes 'header = "X-Big: first*000839*last";' whole
arrives "59 kB: not there" no 'header = "X-Big: /y|0[.]0/";' whole
# Postfix cuts a header at 60,000 octets for any milter, in the message too.
arrives "100 kB, folded: at its beginning" yes 'header = "X-Big: /^first 000000 /";' folded
arrives "100 kB, folded: within 60,000 octets" yes 'header = "X-Big: / 000840 x/";' folded
arrives "100 kB, folded: behind them" no 'header = "X-Big: / 000850 x/";' folded
within "what Postfix leaves of it" "$(grep -c '^ [0-9]\{6\} x' "$world/content.no")" 840 850
arrives "100 kB, in one line: at its beginning" yes 'header = "X-Big: first many*";' unfolded
arrives "100 kB, in one line: at its end" no 'header = "X-Big: /last$/";' unfolded
# header_size_limit: Postfix drops the rest.
arrives "200 kB: the beginning" yes 'header = "X-Big: first*";' beyond
arrives "1,000 headers: the first" yes 'header = "X-H1: value 1";' thousand
arrives "1,000 headers: the last" yes 'header = "X-H1000: /^value [0-9]+$/";' thousand
arrives "1,000 headers: no such one" no 'header = "X-H1001";' thousand
arrives "one header 1,000 times: the last" yes 'header = "X-Same: value 1000";' same
arrives "one header 1,000 times: none of them" no 'header = "X-Same: value 1001";' same

# ---- broken

arrives "broken encoded words: as they are" yes 'header = "Subject: /^=\\?utf-8\\?B\\?!!!\\?= /";
	all = ( { header = "Subject: / =\\?utf-8\\?Q\\?$/"; } );' words
arrives "a good word beside a broken one" yes 'header = "X-Good: bücher =?utf-8?B?YWJj";' words
arrives "broken MIME" yes 'header = "X-Mime: broken";' mime
# Postfix gives a milter strings that end with NUL.
arrives "NUL in a header: up to it" yes 'header = "X-Nul: before";' nul
arrives "NUL in a header: the next one" yes 'header = "X-After: here";' nul
arrives "8-bit octets: a glob" yes 'header = "X-Eight: b?cher *";' eight
arrives "8-bit octets: a pattern, on what is not UTF-8" yes 'header = "X-Eight: /cher/";' eight
arrives "8-bit octets: UTF-8" yes 'header = "X-Utf8: /^BÜCHER$/";' utf8
arrives "no value" yes 'header = "X-Empty:"; not = { header = "X-Empty: ?*"; };' empty
arrives "only blanks" yes 'header = "X-Blank:";' empty
arrives "a name of 900 octets" yes "header = \"X-$(printf 'n%.0s' {1..900})\";" name
# Longer than a line of Postfix (line_length_limit): there the text begins.
arrives "a name of 3,000 octets" no 'header = "X-Behind";' names
arrives "no header at all" no 'header = "Only";' none
arrives "no header and no empty line" no 'header = [ "Subject", "No" ];' text
arrives "nothing" no 'header = "Subject";' nothing

# ---- hostile

rules '{ name = "a"; when = { header = "Subject: /^(a+)+$/"; }; pool = "yes"; },
	{ name = "b"; when = { header = "Subject: /^(a|aa)+$/"; }; pool = "yes"; },
	{ name = "c"; when = { header = "Subject: /^(\\w+\\s?)+$/"; }; pool = "yes"; }'
daemon_reload
rm -f "$world"/{yes,no}.d/*
for number in 0 1 2; do
	send --once --file "$world/hostile$number" --to u@example.com
done >"$world/sent"
ok "hostile subjects: delivered by the route" wait_for host_has no 3
is "hostile subjects: by no rule" "$(host_count yes)" 0
given_up() { # PATTERN
	daemon_said | grep -cF "warning: rules: the pattern $1 was given up at its limit"
}
is "hostile subjects: it is said once of each pattern" \
	"$(given_up '/^(a+)+$/') $(given_up '/^(a|aa)+$/') $(given_up '/^(\w+\s?)+$/')" "1 1 1"
is "hostile subjects: the patterns are shown" \
	"$(curl -sS --unix-socket "$daemon/control.sock" http://daemon/v1/rules | jq .patterns.over_limit)" 3

is "nothing is bounced" "$(count_lines "$mta_log" 'status=bounced')" 0
is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
daemon_end
tap_done
