#!/bin/bash
# daemon_completion: what bash and zsh complete after milterctl
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v zsh >/dev/null || skip_all "no zsh"
world_open
daemon_make
daemon_routes <<END
pools = { a = { hosts = ( { host = "192.0.2.1"; }, { host = "mx.example"; port = 26; } ); };
	b = { hosts = ( { host = "mx.example"; port = 27; }, { host = "2001:db8::1"; } ); }; };
routes = ( { match = "example.com"; pool = "a"; }, { match = "example.org"; pool = "b"; } );
END
daemon_start
# A daemon that is none, with a name that a shell would obey.
mkdir "$world/fake"
# shellcheck disable=SC2016
printf '%s' '{"hosts":[{"host":"$(id)","port":25},{"host":"good.example","port":25}]}' >"$world/fake/answer"
process_start fake_daemon python3 "$srcdir/test/lib/fake_daemon.py" "$world/fake.sock" "$world/fake"
wait_for line_is_in "$world/fake_daemon.log" '^ready' || bail_out "nobody answers"

# Both shells read lines, milterctl's words with the last one to be completed, and print "LINE=OFFER".
ask_bash() {
	bash -uc '
		. "$0"
		COMP_WORDBREAKS=" :="
		while IFS= read -r line <&3; do
			COMP_LINE="$1 $line"
			COMP_POINT=${#COMP_LINE}
			_milterctl
			for one in "${COMPREPLY[@]}"; do printf "%s\n" "$line=$one"; done
		done' "$srcdir/etc/completion/milterctl.bash" "$MILTERCTL_PROGRAM" 3<"$world/lines"
}
# Where zsh completes it has these functions itself.
ask_zsh() {
	zsh -fuc '
		offer() { local one; for one in "$@"; do [[ $one != $words[CURRENT]* ]] || print -r -- "$line=$one"; done }
		compadd() { [[ $1 == -a ]] || exit 1; offer "${(@P)2}"; }
		_describe() { offer "${(@)${(P@)@[-1]}%%:*}"; }
		_files() { offer "$words[CURRENT]"*(N); }
		while IFS= read -r line <&3; do
			words=("$2" "${(@s. .)line}")
			CURRENT=$#words
			. "$1"
		done' - "$srcdir/etc/completion/_milterctl" "$MILTERCTL_PROGRAM" 3<"$world/lines"
}

checks=()
# offers WHAT LINE OFFER...
offers() {
	local what=$1 line=$2
	shift 2
	echo "$line" >>"$world/lines"
	checks+=("$what" "$line" "$(printf '%s\n' "$@" | LC_ALL=C sort)")
}

verbs=$("$MILTERCTL_PROGRAM" --help | awk 'NF == 0 { part++ } part == 1 && NF > 0 { print $1 }' | at_least 10 verbs)
at="--socket $daemon/control.sock"
hosts=(192.0.2.1 192.0.2.1:25 mx.example:26 mx.example:27 '[2001:db8::1]:25')
# Words are to be split, here and below.
# shellcheck disable=SC2086
offers "the verbs are those of --help" "" $verbs
offers "a verb that has begun" check- check-health
offers "options before a verb" -- --socket --json --help --version
for verb in status explain drain parse-log; do
	options=$("$MILTERCTL_PROGRAM" "$verb" --help | grep -oE '^  --[a-z-]+')
	# shellcheck disable=SC2086
	offers "options of $verb" "$verb --" $options --socket --json --help
done
for verb in drain enable reset; do
	offers "hosts after $verb" "$at $verb " "${hosts[@]}"
done
offers "no host where there is no daemon" "--socket $world/none drain " ""
offers "off, or an option" "debug o" off
offers "a file" "check mi" mine.cfg
offers "no file where none is expected" "status mi" ""
offers "a file of an option" "explain --message mi" mine.cfg
offers "a choice of an option" "parse-log --mta " postfix sendmail
offers "nothing for a duration" "$at drain mx.example:26 --for " ""

: >"$world/mine.cfg"
asked=$world/lines
echo "$at drain 192.0.2.1 mx.example:2" >>"$asked"
echo "--socket $world/fake.sock drain " >>"$asked"
(cd "$world" && ask_bash >"$world/bash.offers")
(cd "$world" && ask_zsh >"$world/zsh.offers")
offered() { # SHELL LINE
	awk -v line="$2=" 'index($0, line) == 1 { print substr($0, length(line) + 1) }' "$world/$1.offers" | LC_ALL=C sort
}
for ((i = 0; i < ${#checks[@]}; i += 3)); do
	for shell in bash zsh; do
		is "$shell: ${checks[i]}" "$(offered $shell "${checks[i + 1]}")" "${checks[i + 2]}"
	done
done
is "bash: what stands before a colon is left as it is" "$(offered bash "$at drain 192.0.2.1 mx.example:2")" "26
27"
is "zsh: a colon parts nothing" "$(offered zsh "$at drain 192.0.2.1 mx.example:2")" "mx.example:26
mx.example:27"
is "bash: no name that needs quotes" "$(offered bash "--socket $world/fake.sock drain ")" "good.example
good.example:25"
daemon_end
tap_done
