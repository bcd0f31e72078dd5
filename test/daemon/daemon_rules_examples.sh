#!/bin/bash
# daemon_rules_examples: the ten rules of routes.cfg(5), each as it stands there
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
daemon_make
# One file for each: what stands between .Bd and .Ed.
sed -n '/^\.Ss Ten rules/,/^\.Sh/p' "$srcdir/man/routes.cfg.5" | awk -v folder="$world" '
	/^\.Bd/ { count++; inside = 1; next }
	/^\.Ed/ { inside = 0 }
	inside { gsub(/\\e/, "\\"); print > (folder "/rules" count) }
	END { print count > (folder "/count") }'
is "there are ten" "$(cat "$world/count")" 10

write() { # NUMBER [sed's COMMAND]
	daemon_routes <<-END
		pools = { home = { hosts = ( { host = "192.0.2.99"; } ); };
		$(for pool in bulk slow acme inside scanner new books; do
			echo "$pool = { hosts = ( { host = \"$pool.example\"; } ); };"
		done) };
		routes = ( { match = "ALL"; pool = "home"; } );
		$(sed -e "${2:-}" "$world/rules$1")
	END
}
example() { # NUMBER
	number=$1
	write "$@"
	[ -n "${world_pids[daemon]:-}" ] || daemon_start
	is "$number: it is loaded" "$(ctl reload 2>&1 | grep -v 'warning: pool .* is never used')" reloaded
}
# says WHAT WANTED OPTION...: what becomes of a message.
says() {
	local what=$1 wanted=$2
	shift 2
	is "$number: $what" "$(ctl --json explain "$@" | jq -r '[.rule, .pool, .reply] | map(. // empty) | join(" ")')" \
		"$wanted"
}
to=u@example.com

example 1
says "a list" "bulk bulk" $to --header 'List-Unsubscribe: <https://x.example/>'
says "a precedence" "bulk bulk" $to --header 'Precedence: Bulk'
says "another precedence" "home" $to --header 'Precedence: list'
example 2
is "2: large, for one's own domains" "$(ctl --json explain $to u@a.example.com --size 20000001 | jq -r '.rule')" large
is "2: large, for others, too" "$(ctl --json explain $to u@x.example --size 20000001 | jq -r '.rule')" null
says "small" "home" $to --size 20000000
example 3
says "a person of theirs" "acme acme" u@x.example --auth-user Jo@Acme.example --sender jo@acme.example
says "a bounce of theirs" "home" u@x.example --auth-user jo@acme.example --sender ""
says "others" "home" u@x.example --auth-user jo@acmexexample --sender jo@acme.example
example 4
says "to the scanner" "to-scanner scanner" $to --client 192.0.2.7
says "from it" "from-scanner inside" $to --client 192.168.10.40
example 5
count() { # PATTERN: how many of 400 recipients, asked on one connection
	curl -sS --unix-socket "$daemon/control.sock" \
		"http://localhost/v1/explain?recipient=u[1-400]@example.com&sender=s@x.example" |
		jq -r '.rule // (.rules[0].result + " " + .pool)' >"$world/tried"
	[ "$(wc -l <"$world/tried")" = 400 ] && grep -c "$1" "$world/tried"
}
tried=$(count try-new)
within "5: some twenty of 400" "$tried" 8 36
example 5 's/name = "try-new";/& mode = "shadow";/'
is "5: in the shadow the same, and none is moved" "$(count 'yes home')" "$tried"
example 6
says "by day" "not-now 451 4.7.0 newsletters after six, please" $to --header 'List-Id: <l.x.example>' --time 'Tue 17:59'
says "in the evening" "home" $to --header 'List-Id: <l.x.example>' --time 'Tue 18:00'
says "on Sunday" "home" $to --header 'List-Id: <l.x.example>' --time 'Sun 12:00'
says "no newsletter" "home" $to --header 'Subject: x' --time 'Tue 12:00'
example 7
says "a stranger" "board 550 5.7.1 partners only" board@example.com --client 198.51.100.1 --client-name x.example
says "by network" "home" board@example.com --client 2001:db8::7
says "by certificate" "home" board@example.com --tls-verified --client-name mx.partner.example --client 198.51.100.1
says "the name alone" "board 550 5.7.1 partners only" board@example.com --client-name mx.partner.example --client 198.51.100.1
says "to others" "home" $to --client 198.51.100.1
example 8
says "not logged in" "login-first 550 5.7.0 log in first" $to --listener-port 587 --auth-user ""
says "logged in" "home" $to --listener-port 587 --auth-user jo
says "from elsewhere" "home" $to --listener-port 25 --auth-user ""
example 9
says "an invoice" "invoices books" office@example.com --header 'Subject: Invoice no. 7'
says "an invoice, encoded" "invoices books" office@example.com --header 'Subject: =?iso-8859-1?Q?F=E4llige_Rechnung_12?='
says "for somebody else" "home" $to --header 'Subject: Invoice no. 7'
says "without a number" "home" office@example.com --header 'Subject: invoice'
example 10
says "a bad name" "odd slow" $to --helo LOCALHOST --client 192.0.2.7
says "a name below .local" "odd slow" $to --helo pc.local --client 192.0.2.7
says "old TLS" "odd slow" $to --helo mx.example --tls TLSv1 --client 192.0.2.7
says "new TLS" "home" $to --helo mx.example --tls TLSv1.3 --client 192.0.2.7
says "this machine" "home" $to --helo localhost --client 127.0.0.1
tap_done
