# wiring: which lines of the MTA's configuration lead to nexthop-milter, and how to take them out
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Part of prerm and postrm: debian/rules puts it there.

# Its sockets and its table are in folders of that name; TCP sockets, as the MTA writes them, are those of
# routes.cfg, as long as that is there.
wiring_names() {
	echo 'nexthop-milter/'
	sed -nE 's/^[[:space:]]*(milter|map)_socket[[:space:]]*=[[:space:]]*"inet:([0-9]+)@\[?([^]"]*)\]?".*/inet:\3:\2/p' \
		/etc/nexthop-milter/routes.cfg 2>/dev/null || :
}

# The value "A, B, C" of standard input without what names it. Nothing of a value with braces, which only
# a person should take apart.
wiring_rest() {
	tr -s ', \t' '\n\n\n' | grep -v -F "$(wiring_names)" | grep . | paste -s -d ' ' | sed 's/ /, /g'
}

wiring_of_postfix() {
	command -v postconf >/dev/null || return 0
	postconf -n 2>/dev/null | grep -F "$(wiring_names)" | while read -r name _ value; do
		rest=$(echo "$value" | wiring_rest)
		case "$value" in
		*[{}]*) echo "take nexthop-milter out of: $name = $value" ;;
		*) if [ -n "$rest" ]; then echo "postconf -e '$name = $rest'"; else echo "postconf -X $name"; fi ;;
		esac
	done
	postconf -P 2>/dev/null | grep -F "$(wiring_names)" | while read -r name _ value; do
		rest=$(echo "$value" | wiring_rest)
		case "$value" in
		*[{}]*) echo "take nexthop-milter out of master.cf: $name = $value" ;;
		*) if [ -n "$rest" ]; then echo "postconf -P '$name = $rest'"; else echo "postconf -PX $name"; fi ;;
		esac
	done
}

# Its files stay when it is removed. What is out of sendmail.mc may still be in sendmail.cf.
wiring_of_sendmail() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' sendmail-bin 2>/dev/null)" = installed ] || return 0
	wiring_mc=$(grep -nE '^[^d].*nexthop' /etc/mail/sendmail.mc 2>/dev/null |
		sed 's/^\([0-9]*\):/take out of \/etc\/mail\/sendmail.mc, line \1: /')
	[ -n "$wiring_mc" ] || grep -qE '^[KX]nexthop' /etc/mail/sendmail.cf 2>/dev/null || return 0
	[ -z "$wiring_mc" ] || echo "$wiring_mc"
	echo "make -C /etc/mail"
	echo "systemctl restart sendmail"
}

# wiring_say WHAT: if an MTA still asks for it, says so and how to end that. Nothing is changed: without
# these lines mail leaves by the MTA's own tables, and whether that is right only the operator knows.
wiring_say() {
	wiring_lines=$(wiring_of_postfix)
	if [ -n "$wiring_lines" ]; then
		echo "nexthop-milter: $1, but Postfix still uses it: until that is ended, mail is put off (451) and waits." >&2
		echo "To have Postfix route by its own tables again:" >&2
		{ echo "$wiring_lines"; echo "postfix reload"; } | sed 's/^/    /' >&2
	fi
	wiring_lines=$(wiring_of_sendmail)
	if [ -n "$wiring_lines" ]; then
		echo "nexthop-milter: $1, but Sendmail still uses it: until that is ended, mail is put off (451) and waits." >&2
		echo "To have Sendmail route by its own tables again, once no recipient in the queue ends in .nexthop" \
			"(mailq): such mail would be returned." >&2
		echo "$wiring_lines" | sed 's/^/    /' >&2
	fi
}
