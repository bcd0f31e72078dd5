# client: an SMTP client whose lines the script says one by one
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after the MTA's functions. What it is answered is the script's to wait for.

client=
client_from=sender@client.example
client_header=

client_open() {
	exec {client}<>"/dev/tcp/$mta_ip/$MTA_PORT"
	client_reply
	client_says 'EHLO client.example'
}
# Sets $reply.
client_reply() {
	reply=
	while IFS= read -r -t "$WAIT_LIMIT" -u "$client" reply && [[ $reply == ???-* ]]; do :; done
	reply=${reply%$'\r'}
}
client_says() { # LINE
	printf '%s\r\n' "$1" >&"$client"
	client_reply
}
# client_sends NAME RECIPIENT...: a message; sets $reply to the last answer. $client_from is its sender,
# $client_header one more header.
client_sends() {
	local name=$1 recipient
	shift
	client_says "MAIL FROM:<$client_from>"
	[[ $reply == 250* ]] || return 0
	for recipient; do
		client_says "RCPT TO:<$recipient>"
	done
	client_says DATA
	[[ $reply == 354* ]] || return 0
	client_says "$(printf 'Subject: %s\r\nMessage-ID: <%s@client.example>\r\n%s\r\ntext\r\n.' \
		"$name" "$name" "${client_header:+$client_header$'\r\n'}")"
}
client_close() {
	exec {client}>&-
}
