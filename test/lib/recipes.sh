# recipes: the steps of docs/recipes, gone on a private Postfix
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after load.sh and client.sh. What the steps are, test/lib/recipes.py says;
# here they are gone. The document's world is put into the test's: its hosts, 192.0.2.N, are those
# of faulty.py on $world_net.N; clients come from the very addresses that it names, by XCLIENT;
# paths are below $mta and $daemon. What milterctl says is put back before it is compared.

recipe=0
recipe_title=
recipe_is_new=
recipe_id=
recipe_waiting=
recipe_sent=0

# The hosts, Postfix's base, and an empty daemon's folder.
recipes_open() { # STEPS
	local hosts
	exec {recipe_steps}<"$1"
	mapfile -t hosts < <(sed -n 's/^host\x1f192\.0\.2\.//p' "$1")
	host_start own 2
	faulty_start "${hosts[@]}"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=host.example -keyout "$world/host.key" -out "$world/host.crt" \
		2>"$world/openssl.log" ||
		bail_out "no certificate: $(cat "$world/openssl.log")"
	cat "$world/host.key" "$world/host.crt" >"$world/faulty/host.pem"
	daemon_make
	# Port 25 is that of hosts.
	MTA_PORT=2526
	mta_make '' 'smtpd_authorized_xclient_hosts=127.0.0.0/8' 'smtp_connection_cache_on_demand=no' \
		'smtpd_relay_restrictions=permit_mynetworks, reject_unauth_destination' 'local_recipient_maps='
	install -d -g postfix -m 2750 "$mta/queue/nexthop-milter"
	cp "$mta/main.cf" "$world/main.base"
	{ cat "$mta/master.cf" && echo 'tlsmgr unix - - n 1000? 1 tlsmgr'; } >"$world/master.base"
	: >"$mta_log"
	: >"$world/routes.frame"
	recipe_none
}

# The path of what faulty.py keeps of a host.
recipe_host() { # ADDRESS
	echo "$world/faulty/${1/192.0.2./$world_net.}"
}

# Standard input, from the document's world to the test's.
recipe_to_test() {
	sed -e "s/\<192\.0\.2\./$world_net./g" -e "s|\"journal\"|\"$mta_log\"|g" \
		-e "s|/etc/nexthop-milter/postfix_header_checks|$mta/header_checks|g" \
		-e "s|/etc/nexthop-milter/|$daemon/|g" -e "s|/etc/postfix/|$mta/|g" \
		-e "s|/var/spool/postfix/|$mta/queue/|g" -e "s|\<ldap:|texthash:|g"
}

# And back, without what is only there for columns.
recipe_to_document() {
	sed -E -e "s/\<$world_net\./192.0.2./g" -e "s|$daemon/|/etc/nexthop-milter/|g" \
		-e 's/ +/ /g; s/^ //; s/ $//; /^$/d'
}

# Nothing of the last recipe is left.
recipe_none() {
	: >"$world/main.more"
	: >"$world/master.more"
	: >"$world/routes.more"
}

recipe_frame() { # KIND FILE
	case "$1" in
	routes) recipe_to_test <"$2" >"$world/routes.frame" ;;
	main)
		recipe_to_test <"$2" | recipe_main "$world/main.base" >"$world/main.new"
		mv "$world/main.new" "$world/main.base"
		;;
	*) bail_out "the frame has $1" ;;
	esac
}

# A main.cf with the settings of standard input in the place of its own.
recipe_main() { # BASE
	awk -v base="$1" '
		function name(line) { sub(/[ \t]*=.*/, "", line); return line }
		/^[ \t]/ { lines[count] = lines[count] "\n" $0; next }
		/^[^#]/ { lines[++count] = $0; own[name($0)] = 1 }
		END {
			while ((getline line < base) > 0) {
				if (line !~ /^[ \t]/)
					keep = !(name(line) in own)
				if (keep)
					print line
			}
			for (i = 1; i <= count; i++)
				print lines[i]
		}'
}

recipe_begin() { # NUMBER TITLE
	recipe_end
	recipe=$1
	recipe_title=$2
	recipe_is_new=yes
	recipe_none
}

# Stops the daemon; nothing is in the queue, and no host has a fault.
recipe_end() {
	local status=0 file number down=()
	[ "$recipe" != 0 ] || return 0
	for file in "$world/faulty"/*.fault; do
		number=${file%.fault}
		! grep -qsx down "$file" || down+=("${number##*.}")
	done
	rm -f "$world/faulty"/*.offers "$world/faulty"/*.fault
	for number in "${down[@]}"; do
		recipe_fact "192.0.2.$number" fault ok
	done
	mta_queue_is_empty || mta_forget
	daemon_stop || status=$?
	is "$recipe: the daemon ends with status 0" "$status" 0
	rm -f "$daemon"/*
	note "$recipe: after $SECONDS s"
}

recipe_block() { # KIND FILE
	case "$1" in
	routes) recipe_to_test <"$2" >"$world/routes.more" ;;
	main) recipe_to_test <"$2" >>"$world/main.more" ;;
	master) recipe_to_test <"$2" >>"$world/master.more" ;;
	# A directory is a table of the same name: see recipe_answer.
	/etc/postfix/*.cf) ;;
	*) recipe_to_test <"$2" >"$(recipe_to_test <<<"$1")" ;;
	esac
	[ "$1" = routes ] || recipe_is_new=yes
}

# There is no LDAP server here: a text table answers what the document says of it.
recipe_answer() { # ldap:FILE KEY VALUE
	echo "$2 $3" >>"$(recipe_to_test <<<"${1#ldap:}")"
}

recipe_write() {
	{
		cat "$world/routes.frame" "$world/routes.more"
		echo "control_socket = \"unix:$daemon/control.sock\"; state_file = \"$daemon/state\";"
	} >"$daemon/routes.cfg.new"
	mv "$daemon/routes.cfg.new" "$daemon/routes.cfg"
}

recipe_apply() {
	local said status=0
	recipe_write
	if process_is_running daemon; then
		said=$(ctl reload --force 2>&1) || status=$?
	else
		daemon_start
		said=$(ctl check "$daemon/routes.cfg" 2>&1) || status=$?
	fi
	is "$recipe. $recipe_title: the configuration is right" "$status" 0
	[ "$status" = 0 ] || note "$said"
	lacks "$recipe: and there is nothing to warn of" "$said" warning
	[ -z "$recipe_is_new" ] || recipe_postfix
}

# Puts main.cf and master.cf in force.
recipe_postfix() {
	local old
	recipe_is_new=
	recipe_main "$world/main.base" <"$world/main.more" >"$mta/main.cf"
	cat "$world/master.base" "$world/master.more" >"$mta/master.cf"
	if mta_is_gone; then
		mta_start
		return
	fi
	# A process of before may serve another client: none is left.
	old=$(recipe_processes)
	# What "postfix reload" does in the end.
	kill -HUP "$(mta_pid)"
	wait_for recipe_are_gone "$old" || fail "$recipe: Postfix's old processes end"
	wait_for port_is_open "$mta_ip" "$MTA_PORT"
}

recipe_processes() {
	local children pid name
	read -r -a children <"/proc/$(mta_pid)/task/$(mta_pid)/children"
	for pid in "${children[@]}"; do
		name=
		{ read -r name <"/proc/$pid/comm"; } 2>/dev/null
		case "$name" in
		smtpd | cleanup | qmgr | trivial-rewrite | smtp | lmtp) echo "$pid" ;;
		esac
	done
}

recipe_are_gone() { # PIDS
	local pid
	for pid in $1; do
		process_is_gone "$pid" || return 1
	done
}

# matches GOT WANTED: word by word; "…" is any text.
recipe_matches() {
	local got=$1 wanted=$2
	wanted=${wanted//\\/\\\\}
	wanted=${wanted//\*/\\*}
	wanted=${wanted//\?/\\?}
	wanted=${wanted//\[/\\[}
	wanted=${wanted//…/*}
	# shellcheck disable=SC2053
	[[ $got == $wanted ]]
}

recipe_is() { # WHAT GOT WANTED
	if recipe_matches "$2" "$3"; then
		pass "$1"
	else
		fail "$1"
		note "got:    $2"
		note "wanted: $3"
	fi
}

# ---- messages

recipe_send() { # COUNT RECIPIENTS FROM CLIENT SIZE HEADER WANTED
	local count=$1 recipients=$2 from=${3:-you@example.net} size=$5 header=$6 wanted=$7
	local n results=() list
	[ "$from" != '<>' ] || from=
	client_open
	client_says "XCLIENT NAME=[UNAVAILABLE] ADDR=${4:-203.0.113.25}"
	client_says 'EHLO client.example'
	recipe_sent=$((recipe_sent + 1))
	for ((n = 1; n <= count; n++)); do
		recipe_id=r$recipe-$recipe_sent-$n
		read -r -a list <<<"${recipients//%/$n}"
		recipe_message
	done
	client_close
	case "$wanted" in
	queue | "under way") recipe_waiting=$recipe_id ;;
	esac
	recipe_is "$recipe: to $recipients${header:+ with $header}" "$(recipe_results)" "$wanted"
}

# One message; its results are those of each recipient: a reply, or "ID QUEUEID RECIPIENT".
recipe_message() {
	local recipient taken=() queue_id
	client_says "MAIL FROM:<${from//%/$n}>$([ "$size" = 0 ] || echo " SIZE=$((size * 1000000))")"
	[[ $reply == 250* ]] || { results+=("$reply"); return; }
	for recipient in "${list[@]}"; do
		client_says "RCPT TO:<$recipient>"
		if [[ $reply == 250* ]]; then
			taken+=("$recipient")
		else
			results+=("$reply")
		fi
	done
	[ "${#taken[@]}" != 0 ] || return 0
	client_says DATA
	printf 'Subject: %s\r\nMessage-ID: <%s@client.example>\r\n%s\r\n' "$recipe_id" "$recipe_id" \
		"${header:+$header$'\r\n'}" >&"$client"
	[ "$size" = 0 ] || yes "$(printf '%078d' 0)"$'\r' | head -c $((size * 1000000)) >&"$client"
	client_says $'\r\n.'
	queue_id=${reply##*queued as }
	for recipient in "${taken[@]}"; do
		if [[ $reply == 250* ]]; then
			results+=("$recipe_id $queue_id $recipient")
		else
			results+=("$reply")
		fi
	done
}

# What became of all of them: the only one, one after the other, or each with its number.
recipe_results() {
	local result ends=() id queue_id name
	local -A taken=()
	if [ "$wanted" != "under way" ]; then
		wait_for recipe_are_settled || echo 'there is no end'
		wait_for log_is_read || echo 'the log is not read'
	fi
	while IFS=$'\t' read -r id name result; do
		taken["$id $name"]=${result/$world_net./192.0.2.}
	done < <(recipe_taken)
	for result in "${results[@]}"; do
		case "$result" in
		[245][0-9][0-9]*) ends+=("$result") ;;
		*)
			read -r id queue_id name <<<"$result"
			ends+=("${taken["$id $name"]:-$(recipe_end_of "$id" "$queue_id" "$name")}")
			;;
		esac
	done
	if [ "$count" -gt 1 ]; then
		printf '%s\n' "${ends[@]}" | sort -V | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2: \1/'
	else
		# The same for all is said once.
		printf '%s\n' "${ends[@]}" | awk '
			NR == 1 { first = $0 }
			{ all = all (NR > 1 ? "\n" : "") $0; same += $0 == first }
			END { print same == NR ? first : all }'
	fi | paste -sd , | sed 's/,/, /g'
}

# True if Postfix has done with each message, or put it off.
recipe_are_settled() {
	printf '%s\n' "${results[@]}" | awk '
		NR == FNR { if ($1 !~ /^[245][0-9][0-9]/) open[$2] = 1; next }
		/: removed$|status=deferred|triggers DISCARD/ {
			for (id in open)
				if (index($0, " " id ": "))
					delete open[id]
		}
		END { for (id in open) exit 1 }' - "$mta_log"
}

# Who has taken what, and how: ID, RECIPIENT, HOST, with tabs between.
recipe_taken() {
	awk -F '\t' -v id="r$recipe-$recipe_sent-" 'index($1, id) == 1 {
		host = FILENAME
		sub(/.*\//, "", host)
		sub(/\.taken$/, "", host)
		for (i = split($4, names, ","); i > 0; i--)
			print $1 "\t" names[i] "\t" host ($2 == "" ? "" : " as " $2) ($3 == "" ? "" : " by TLS")
	}' "$world/faulty"/*.taken
}

# Of what no host has taken.
recipe_end_of() { # ID QUEUEID RECIPIENT
	if [ "$wanted" = "under way" ]; then
		echo "under way"
	elif grep -qE "^Subject: $1\$" "$world/own.d"/* 2>/dev/null; then
		echo "Postfix's own routing"
	elif mta_log_has "\]: $2: to=<$3>.* status=deferred"; then
		echo queue
	elif mta_log_has "\]: $2: to=<$3>.* status=bounced"; then
		echo bounced
	else
		echo nobody
	fi
}

# ---- what is so, or made so

recipe_fact() { # ADDRESS WORD [ARGUMENT...]
	local number=${1#192.0.2.}
	case "$2" in
	fault)
		fault "$number" "${@:3}"
		case "$3" in
		down) wait_for not port_is_open "$world_net.$number" "$(recipe_port "$number")" ;;
		ok) wait_for port_is_open "$world_net.$number" "$(recipe_port "$number")" ;;
		esac || fail "$recipe: $1: $*"
		;;
	state) ok "$recipe: $1 is $3" wait_for health_is "$number" "$3" ;;
	waiting) ok "$recipe: $1 has $3 waiting" wait_for recipe_waits "$number" "$3" ;;
	has) ok "$recipe: $1 has it in the end" wait_for recipe_has "$1" ;;
	esac
}

recipe_port() { # NUMBER
	sed -n "s/^host\x1f192\.0\.2\.$1://p" "$world/steps"
}

recipe_waits() { # NUMBER COUNT
	[ "$(health_member "$1" waiting)" = "$2" ]
}

recipe_has() { # ADDRESS: the message that was the last to wait
	grep -q "^$recipe_waiting	" "$(recipe_host "$1").taken"
}

# ---- commands

recipe_run() { # COMMAND FILE
	local words said
	eval "words=($(recipe_to_test <<<"$1"))"
	case "${words[0]}" in
	milterctl) said=$(ctl "${words[@]:1}" 2>&1) ;;
	postfix) recipe_postfix ;;
	esac
	[ "${words[0]}" = milterctl ] || return 0
	recipe_is "$recipe: $1" "$(recipe_to_document <<<"$said")" "$(cat "$2")"
}
