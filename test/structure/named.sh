#!/bin/bash
# named: what README, docs, the manual pages and NEWS name is there
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Wherever it stands, in a block or in the midst of a sentence: verbs and options of our programs, by
# their --help; files of the source; settings of routes.cfg, by the table of keys, and their words.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

command -v mandoc >/dev/null || skip_all "no mandoc"
pages=$(tree_files '*' | grep -E '^(README|NEWS|docs/[^/]*|man/[^/]*)$' | at_least 11 pages)

# The text of each: a paragraph, or a line of a block, on one line.
declare -A text
for page in $pages; do
	text[$page]=$(case "$page" in
	man/*) mandoc -Tascii -Owidth=900 "$srcdir/$page" | sed 's/.\x08//g' ;;
	*) cat "$srcdir/$page" ;;
	esac | awk -v page="$page" '
		function put(text) { gsub(/[ \t]+/, " ", text); sub(/^ /, "", text); if (text != "") print text }
		/^[ \t]*$/ || /^ *- / { put(all); all = "" }
		/^    / && page !~ /^NEWS/ { put(all); all = ""; put($0); next }
		{ all = all " " $0 }
		END { put(all) }' | at_least 10 lines)
done

# named PATTERN: "PAGE<tab>WHAT" for what of the text has the form.
named() {
	local page
	for page in $pages; do
		grep -oP -- "$1" <<<"${text[$page]}" | sed "s,^,$page\t,"
	done | sort -u
}

# ---- milterctl

declare -A help
for verb in $("$MILTERCTL_PROGRAM" --help | awk 'NF == 0 { part++ } part == 1 && NF > 0 { print $1 }' | at_least 10 verbs); do
	help[$verb]=$("$MILTERCTL_PROGRAM" "$verb" --help)
done
# What follows the name in a sentence about the program itself.
words=' and as does for has holds in is or reads says talks that to when with '
named '(?<![-/.\w])milterctl [^"|<>();:,]*' | at_least 40 commands | while IFS=$'\t' read -r page command; do
	read -ra part <<<"$command"
	at=1
	while [ "${part[at]-}" = --json ] || [ "${part[at]-}" = --socket ]; do
		at=$((at + (${#part[at]} > 6 ? 2 : 1)))
	done
	verb=${part[at]-}
	[[ "$verb" =~ ^[a-z][a-z-]*$ ]] || continue
	if [ -z "${help[$verb]-}" ]; then
		[[ "$words" = *" $verb "* ]] || echo "$page: milterctl $verb"
		continue
	fi
	for option in "${part[@]:at}"; do
		[[ "$option" =~ ^(--[a-z][a-z-]*) ]] || continue
		option=${BASH_REMATCH[1]}
		[[ "${help[$verb]}"$'\n' =~ (^|$'\n')('  '$option[ $'\n']|usage:[^$'\n']*\[$option( [A-Z]+)?\]) ]] ||
			echo "$page: milterctl $verb $option"
	done
done | none "verbs of milterctl, and their options"

# ---- nexthop-milter

daemon_help=$("$DAEMON_PROGRAM" --help)
named '(?<![-/.\w])(?<!-o )(?<!--user )nexthop-milter(?: (?:--[a-z]+|-[a-zA-Z])(?: [^- ][^ ]*)?)+' | at_least 5 commands |
	while IFS=$'\t' read -r page command; do
		grep -oE -- ' (--[a-z]+|-[a-zA-Z])' <<<"$command" | while read -r option; do
			grep -qE -- "(^|[ ,])$option([ ,]|\$)" <<<"$daemon_help" || echo "$page: nexthop-milter $option"
		done
	done | none "options of nexthop-milter"

# ---- files

named '(?<![-/.\w])(?:test|bench|scripts|etc|man|docs|milter|include)/(?!x/y)[A-Za-z0-9_/.]*[A-Za-z0-9]' |
	at_least 40 files | while IFS=$'\t' read -r page file; do
	[ -e "$srcdir/$file" ] || [ -e "$srcdir/$file.c" ] || [ -e "$srcdir/$file.sh" ] || echo "$page: $file"
done | none "files of the source"
# "NAME=VALUE bench/x.sh": that is where the variable is.
named '(?:\b[A-Z_]+=[^ ]+ )+(?:test|bench|scripts)/[A-Za-z0-9_/.]*[A-Za-z0-9]' | at_least 1 commands |
	while IFS=$'\t' read -r page command; do
		for word in $command; do
			[[ "$word" = *=* ]] || continue
			grep -qF "\${${word%%=*}:" "$srcdir/${command##* }" || echo "$page: ${word%%=*} in ${command##* }"
		done
	done | none "variables of scripts"
named '(?<="make )[a-z-]+(?=")|^make \K[a-z-]+$' | at_least 4 targets | while IFS=$'\t' read -r page target; do
	grep -qE "^(\.PHONY:.* )?$target( |:|\$)|^\.PHONY:.* $target( |\$)" "$srcdir/Makefile.am" ||
		[[ " all check clean dist distcheck install uninstall " = *" $target "* ]] || echo "$page: make $target"
done | none "targets of make"

# ---- settings

# Keys, and of those that have words: "KEY|WORD|WORD|"; "KEY*" where there is a scope without.
keys=$(tr '\n' ' ' <"$srcdir/milter/conf/schema_keys.c" |
	grep -oE '\b(WORD|NUMBER|DURATION|MS|OTHER)\([A-Z]+\([^"]*"[a-z_]+", *("[^"]*")?' |
	sed -E 's/^WORD[^"]*"([a-z_]+)", *"([^"]*)"/\1|\2|/; s/^[A-Z]+\([^"]*"([a-z_]+)".*/\1*/' | sort -u | at_least 60 keys)
# The same to look one up: "*", or "|WORD|WORD|".
declare -A words_of
while read -r line; do
	key=${line%%[|*]*}
	words_of[$key]=${words_of[$key]-}${line#"$key"}
done <<<"$keys"
named '(?<![-/.\w$])[a-z_]+(?= = (?:"|\[ |[0-9.]+;|true;|false;))' | at_least 50 settings | while IFS=$'\t' read -r page key; do
	[ -n "${words_of[$key]-}" ] || echo "$page: $key"
done | none "keys of routes.cfg"
named '(?<![-/.\w$])[a-z_]+ = "[^" ]*"' | at_least 50 settings | while IFS=$'\t' read -r page setting; do
	key=${setting%% *} word=${setting#*\"}
	[[ "${words_of[$key]-}" = *['*']* || "${words_of[$key]-}" = *"|${word%\"}|"* ]] || echo "$page: $setting"
done | none "words of settings"
named '(?<![-/.\w])(?:health|probe|rate|classify)\.[a-z_]+(?![/\w.]*\.sh)' | at_least 4 settings | while IFS=$'\t' read -r page key; do
	[ -n "${words_of[${key#*.}]-}" ] || echo "$page: $key"
done | none "keys with their group before them"
tap_done
