# hosts: what the private MTA delivers to
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after world.sh. Each host has an address of its own; all listen on
# $HOST_PORT, which is the MTA's to say.

# host_start NAME NUMBER [OPTIONS OF smtp-sink]: a host on $world_net.NUMBER that keeps what it is
# sent, one file each, in $world/NAME.d.
host_start() {
	local name=$1 ip=$world_net.$2
	shift 2
	mkdir -p "$world/$name.d"
	chown nobody "$world/$name.d"
	process_start "$name" smtp-sink -u nobody -h "$name.example" -d "$world/$name.d/m." "$@" \
		"inet:$ip:$HOST_PORT" 256
	wait_for port_is_open "$ip" "$HOST_PORT" || bail_out "host $name does not listen"
}

host_stop() { # NAME
	process_stop "$1" || :
}

# How many messages it has taken.
host_count() { # NAME
	local file count=0
	for file in "$world/$1.d"/*; do
		# smtp-sink makes the file at MAIL, also for a probe, and writes to it when it has the message.
		[ ! -s "$file" ] || count=$((count + 1))
	done
	echo "$count"
}

host_has() { # NAME COUNT
	[ "$(host_count "$1")" -ge "$2" ]
}

# Together.
hosts_have() { # COUNT NAME...
	local wanted=$1 sum=0 name
	shift
	for name in "$@"; do
		sum=$((sum + $(host_count "$name")))
	done
	[ "$sum" -ge "$wanted" ]
}

# hosts_start NUMBER...: hosts that speak SMTPUTF8, see hosts.py; messages in
# $world/hosts.d/$world_net.NUMBER.
hosts_start() {
	process_start hosts python3 "$srcdir/test/lib/hosts.py" "$world/hosts.d" "$HOST_PORT" \
		"${@/#/$world_net.}"
	wait_for line_is_in "$world/hosts.log" '^listening' || bail_out "the hosts do not listen"
}

# faulty_start NUMBER[:PORT]...: hosts whose faults come and go, see faulty.py; in $world/faulty.
faulty_start() {
	process_start faulty python3 "$srcdir/test/lib/faulty.py" "$world/faulty" "$HOST_PORT" \
		"${@/#/$world_net.}"
	wait_for line_is_in "$world/faulty.log" '^listening' || bail_out "the hosts do not listen"
}

# fault NUMBER WORD...: from now on.
fault() {
	local host=$world/faulty/$world_net.$1
	shift
	echo "$*" >"$host.new"
	mv "$host.new" "$host.fault"
}

# How many sessions it has had; how many messages it has taken.
faulty_met() { # NUMBER
	wc -l <"$world/faulty/$world_net.$1.met"
}
faulty_taken() { # NUMBER
	wc -l <"$world/faulty/$world_net.$1.taken"
}
