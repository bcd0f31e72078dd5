#!/bin/bash
# daemon_watch: milterctl watch on a terminal
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v tmux >/dev/null || skip_all "no tmux"
world_open
daemon_make
daemon_routes <<END
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "192.0.2.2"; } ); };
	b = { balance = "hash"; hosts = ( { host = "mx.example"; port = 26; } ); }; };
routes = ( { match = "example.org"; pool = "b"; }, { match = "ALL"; pool = "a"; } );
END
daemon_start

refused() { # WHAT TEXT ARGUMENT...
	local what=$1 text=$2 status=0 said
	shift 2
	said=$(timeout "$WAIT_LIMIT" "$MILTERCTL_PROGRAM" --socket "$daemon/control.sock" "$@" 2>&1 </dev/null) || status=$?
	is "$what: status 2" "$status" 2
	contains "$what: why" "$said" "$text"
}
if ! grep -q '^#define HAVE_NCURSES 1' "$top_builddir/config.h"; then
	refused "built without ncurses" "milterctl: watch was built without ncurses" watch
	daemon_end
	tap_done
	exit
fi

# ---- a terminal: the only window of a server of our own

panes=0
pane() {
	tmux -S "$world/tmux.$panes" -f /dev/null "$@"
}
pane_open() { # COMMAND
	panes=$((panes + 1))
	pane new-session -d -x 80 -y 24 "$1" || bail_out "no tmux server"
}
at_close pane_close
pane_close() {
	pane kill-server 2>/dev/null
}
# watch_start [NAME=VALUE...]: after "before", in a window of 80x24; the exit status after it.
watch_start() {
	pane_open "echo before; stty -g >'$world/stty.before'
		env -u NO_COLOR LC_ALL=C.UTF-8 $* '$MILTERCTL_PROGRAM' --socket '$daemon/control.sock' watch
		echo status=\$?; stty -g >'$world/stty.after'; echo after; exec cat"
}
keys() {
	pane send-keys "$@"
}
# What is seen.
screen() {
	pane capture-pane -p
}
screen_has() { # PATTERN
	screen | grep -qE -e "$1"
}
screen_line() { # NUMBER
	screen | sed -n "$1p"
}
# In the table.
shows_host() { # HOST STATE
	screen_has "^ *$1( \\([a-z]\\))? +$2 "
}
# As the API has it.
api_state() { # HOST
	ctl --json hosts | jq -r --arg host "$1" '.hosts[] | select(.host == $host) | .state'
}
# The hosts of the table, in their order.
hosts_are() { # HOST...
	[ "$(screen | grep -oE '^ *[0-9a-z.]+:[0-9]+( \([a-z]\))? +(up|drained) ' | awk '{ print $1 }' | xargs)" = "$*" ]
}

watch_start
ok "hosts are seen" wait_for shows_host 192.0.2.1:25 up
ok "the condition is the first line" wait_for screen_has '^ok: 3 of 3 hosts up .* 0\.1\.0  [0-9:]{8}$'
ok "pools have their line" wait_for screen_has '^a  +2 of 2 hosts up, round-robin$'
ok "in the order of the configuration" wait_for hosts_are 192.0.2.1:25 192.0.2.2:25 mx.example:26
ok "events are below" wait_for screen_has '[0-9:]{8}  start  '
ok "the last line has the keys" wait_for screen_has '^q quit .* d drain .* / filter'
is "as many lines as the terminal has" "$(screen | wc -l)" 24
contains "there are colours" "$(pane capture-pane -p -e)" $'\033[32m'

# ---- keys

keys j
ok "a step down" wait_for screen_has '^192.0.2.2:25 in a: up'
keys d
ok "drain: a question" wait_for screen_has '^drain 192.0.2.2:25\? y/n$'
keys n
ok "n: the keys again" wait_for screen_has '^q quit'
is "n: nothing is done" "$(api_state 192.0.2.2)" up
keys d y
ok "y: it is seen" wait_for shows_host 192.0.2.2:25 drained
is "y: it is drained" "$(api_state 192.0.2.2)" drained
is "y: no other one" "$(api_state 192.0.2.1)" up
ok "the answer is the last line" wait_for screen_has '^192.0.2.2:25 is drained now$'
ok "the event is below" wait_for screen_has 'drain  host=192.0.2.2:25 up->drained'
keys s
ok "sorted by state: what is not up is first" wait_for hosts_are 192.0.2.2:25 192.0.2.1:25 mx.example:26
ok "the same host is selected" wait_for screen_has '^192.0.2.2:25 in a: drained'
keys s
ok "sorted by host" wait_for hosts_are 192.0.2.1:25 192.0.2.2:25 mx.example:26
keys e y
ok "enabled" wait_for shows_host 192.0.2.2:25 up
is "enabled: the daemon knows" "$(api_state 192.0.2.2)" up
keys s / MX
ok "a filter as it is typed" wait_for hosts_are mx.example:26
keys BSpace BSpace 2.1 Enter
ok "a filter is mended and kept" wait_for hosts_are 192.0.2.1:25
ok "it is seen that there is one" wait_for screen_has '/ filter: 2\.1'
keys / Escape
ok "Escape ends it" wait_for hosts_are 192.0.2.1:25 192.0.2.2:25 mx.example:26
keys '?'
ok "the keys are explained" wait_for screen_has '^j k, arrows '
keys x
ok "and away" wait_for shows_host 192.0.2.1:25 up

keys k k
ok "the first host" wait_for screen_has '^192.0.2.1:25 in a: up'
keys w
ok "weight: which part" wait_for screen_has '^192.0.2.1:25: percent of its weight, 0 to 1000: _$'
keys 2 0 0 1
ok "weight: as it is typed" wait_for screen_has ': 2001_$'
keys Enter
keys BSpace BSpace BSpace 5 x Enter
ok "weight: a question, of what may be" wait_for screen_has '^weight 192.0.2.1:25 25%\? y/n$'
keys n
ok "n: the keys again" wait_for screen_has '^q quit'
keys w 5 0 Enter y
ok "y: the answer is the last line" wait_for screen_has '^192.0.2.1:25 has 50% of its weight now$'
ok "y: it is seen" wait_for screen_has '^192.0.2.1:25 in a: up, 50% of its weight$'
is "y: the daemon knows" "$(ctl --json hosts | jq -c '[.hosts[].weight_percent]')" '[50,100,100]'
keys w 1 0 0 Enter y
ok "as configured again" wait_for screen_has '^192.0.2.1:25 in a: up$'
keys w 7 Escape
ok "Escape: the keys again" wait_for screen_has '^q quit'
keys j

# A pool whose hosts are all drained goes on using them: a warning, in its line.
keys j j j d y
ok "a warning is the last line" wait_for screen_has '^mx.example:26: warning: '
keys e y
ok "enabled again" wait_for shows_host mx.example:26 up

# ---- sizes

keys x
pane resize-window -x 60 -y 15
ok "60x15: the host that is selected is seen" wait_for screen_has '^  mx.example:26 +up'
ok "60x15: the keys are there" wait_for screen_has '^q quit'
is "60x15: the last line is the 15th" "$(screen | wc -l)" 15
pane resize-window -x 20 -y 4
ok "20x4: a host" wait_for screen_has '^  mx\.e'
pane resize-window -x 120 -y 40
ok "120x40: with bars" wait_for screen_has 'OF LATE +SHARE'
screen_ends_with_keys() {
	[[ "$(screen_line 40)" == "q quit"* ]]
}
ok "120x40: down to the last line" wait_for screen_ends_with_keys
lua_ok "20 messages" one count=20 to=u@example.com
ok "they are shared" wait_for screen_has '^  192.0.2.1:25 +up .*#+.* (4|5|6)[0-9]% '
pane resize-window -x 80 -y 24
ok "80x24: as it was" wait_for screen_has '^POOL/HOST +STATE +SINCE +SHARE'

# ---- what a daemon says

quietly ctl drain 192.0.2.1 --reason $'\xe2\x80\xae''new'
ok "what a terminal would obey is masked" wait_for screen_has '^192.0.2.1:25 in a: drained, .*\?new|^  192.0.2.1:25 .*\?new'
quietly ctl enable 192.0.2.1

daemon_stop
ok "the daemon stops: that is said" wait_for screen_has '^the daemon is gone, for [0-9]+ s '
ok "what was seen stays" wait_for screen_has '^  192.0.2.2:25 '
keys k d y
ok "nobody to drain: that is said, too" wait_for screen_has '^no daemon at .*control.sock'
daemon_start
ok "the daemon is back: on by itself" wait_for screen_has '^ok: 3 of 3 hosts up'
ok "with its events" wait_for screen_has 'start  '
# One that hangs: the screen goes on after seconds.
daemon_signal STOP
# What is too long for the first line goes on in the second one.
screen_begins() { # PATTERN
	screen | head -n 2 | sed -E 's/  0\.1\.0  [0-9:]{8}$//' | tr -d '\n' | grep -qE -e "^$1"
}
ok "a daemon that hangs" wait_for screen_begins 'the daemon at .* has not answered within 5 s'
daemon_signal CONT
ok "and goes on" wait_for screen_has '^ok: 3 of 3 hosts up'

# ---- the end

keys q
ok "q: the end" wait_for screen_has '^after$'
ok "q: status 0" wait_for screen_has '^status=0$'
ok "q: what was there before is there again" wait_for screen_has '^before$'
lacks "q: nothing of it stays" "$(screen)" "POOL/HOST"
is "q: the terminal is as it was" "$(cat "$world/stty.after")" "$(cat "$world/stty.before")"
pane_close

# signals WHAT STATUS SIGNAL
signals() {
	local what=$1 status=$2 signal=$3
	rm -f "$world/stty.after"
	watch_start
	wait_for shows_host 192.0.2.1:25 up
	kill "-$signal" "$(pgrep -f "^$MILTERCTL_PROGRAM --socket $daemon/control.sock watch")"
	ok "$what: the end" wait_for screen_has '^after$'
	ok "$what: its status" wait_for screen_has "^status=$status\$"
	ok "$what: what was there before is there again" wait_for screen_has '^before$'
	is "$what: the terminal is as it was" "$(cat "$world/stty.after")" "$(cat "$world/stty.before")"
	pane_close
}
signals SIGTERM 143 TERM
signals SIGINT 130 INT

# Stopped and continued, as by a shell.
pane_open "exec env LC_ALL=C.UTF-8 PS1='ready> ' bash --norc -i"
wait_for screen_has '^ready>'
keys "'$MILTERCTL_PROGRAM' --socket '$daemon/control.sock' watch" Enter
wait_for shows_host 192.0.2.1:25 up
keys C-z
ok "Ctrl-Z: the shell is back" wait_for screen_has 'Stopped'
lacks "Ctrl-Z: nothing of it stays" "$(screen)" "POOL/HOST"
keys fg Enter
ok "fg: it goes on" wait_for shows_host 192.0.2.1:25 up
keys q
ok "and ends" wait_for screen_has '^ready>$'
pane_close

watch_start NO_COLOR=1
ok "NO_COLOR: hosts are seen" wait_for shows_host 192.0.2.1:25 up
is "NO_COLOR: no colours" "$(pane capture-pane -p -e | grep -cE $'\033\\[([0-9]+;)*(3[0-7]|4[0-7])m')" 0
keys q
wait_for screen_has '^after$'
pane_close

# ---- without a terminal

refused "no terminal" "milterctl: watch requires a terminal" watch
refused "JSON" "milterctl: watch has no JSON" --json watch
refused "--interval 0" '"0" is not a number of seconds' watch --interval 0
# Then ncurses' newterm() keeps what it has allocated.
watch_start TERM=none-such ASAN_OPTIONS=detect_leaks=0
ok "a terminal that is not known" wait_for screen_has '^status=2$'
ok "that is said" wait_for screen_has '^milterctl: this terminal is not known \(TERM\)$'
pane_close
daemon_end
tap_done
