# arrivals: who has got what since a mark
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after hosts.sh. The names of the hosts stand in the array hosts. Local mail,
# where a script has it kept, is a file for each message, $world/local.d/USER.NUMBER.

declare -A had=()
mark() {
	local name
	for name in "${hosts[@]}"; do
		had[$name]=$(host_count "$name")
	done
	rm -f "$world/local.d"/*
}

# How many messages, together.
arrived() { # NAME...
	local name sum=0
	for name in "$@"; do
		sum=$((sum + $(host_count "$name") - had[$name]))
	done
	echo "$sum"
}

# What a host was sent, the oldest first.
sent_to() { # NAME
	# Their names tell when they came.
	# shellcheck disable=SC2012
	ls -tr "$world/$1.d"/* 2>/dev/null | tail -n +"$((had[$1] + 1))" | xargs -r cat
}

# Who got it: "HOST RECIPIENT" or "local USER", sorted, with a comma after each.
told() {
	local name
	wait_for mta_queue_is_empty || echo 'the queue is not empty'
	{
		for name in "${hosts[@]}"; do
			sent_to "$name" | sed -n "s/^X-Rcpt-Args: <\(.*\)>.*/$name \1/p"
		done
		for name in "$world/local.d"/*; do
			[ ! -e "$name" ] || basename "$name" | sed 's/^/local /; s/\.[0-9]*$//'
		done
	} | sort | tr '\n' ','
}
