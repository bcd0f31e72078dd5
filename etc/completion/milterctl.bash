# milterctl: completion for bash
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Verbs, options and what they expect are read from "milterctl --help"; hosts and pools are those that
# the daemon knows.

# The lines of --help that begin with an option, or the verbs without a verb.
__milterctl_verbs() { # PROGRAM
	"$1" --help 2>/dev/null | awk 'NF == 0 { part++ } part == 1 && NF > 0 { print $1 }'
}

__milterctl_options() { # HELP
	awk '$1 ~ /^--/ { print $1 } END { print "--help\n--json\n--socket" }' <<<"$1" | sort -u
}

# What an option of that help expects: FILE, IP, postfix|sendmail; nothing if it stands alone.
__milterctl_value() { # HELP OPTION
	awk -v option="$2" '
		NR == 1 { for (i = 1; i < NF; i++) if ($i == option || $i == "[" option) found = $(i + 1) }
		NR > 1 && $1 == option { listed = $2 }
		END { sub(/\]$/, "", found); print found ~ /^[a-zA-Z]/ && found !~ /^\[/ ? found : listed }
	' <<<"$1" | grep -E "^'?[A-Z{]|[|]"
}

# The arguments of that help, without its options.
__milterctl_arguments() { # HELP
	sed -nE "1{s/^usage: [^ ]+ \[--socket PATH\] \[--json\] [^ ]+//;s/\[?--[a-z-]+( '[^']*'| [A-Za-z|]+)?\]?//g;p}" <<<"$1"
}

# HOST:PORT, and HOST where that is enough. Only what needs no quotes.
__milterctl_hosts() { # PROGRAM [--socket PATH]
	"$@" --json hosts 2>/dev/null | awk -F '"' '
		$2 == "host" { host = $4 ~ /:/ ? "[" $4 "]" : $4 }
		$2 == "port" && host ~ /^[][A-Za-z0-9._:-]+$/ {
			gsub(/[^0-9]/, "", $3)
			count[host]++
			print host ":" $3
		}
		END { for (host in count) if (count[host] == 1 && host !~ /^\[/) print host }' | sort
}

__milterctl_pools() { # PROGRAM [--socket PATH]
	"$@" --json pools 2>/dev/null | awk -F '"' '$2 == "pool" && $4 ~ /^[A-Za-z0-9._-]+$/ { print $4 }' | sort -u
}

_milterctl() {
	local words current previous program verb= help value= arguments i socket=() choices= word
	read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
	[[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=('')
	current=${words[-1]}
	previous=${words[-2]-}
	program=${words[0]/#\~\//$HOME/}
	for ((i = 1; i < ${#words[@]} - 1; i++)); do
		case "${words[i]}" in
		--socket) socket=(--socket "${words[++i]}") ;;
		-*) ;;
		*) [ -n "$verb" ] || verb=${words[i]} ;;
		esac
	done
	COMPREPLY=()
	help=$("$program" ${verb:+"$verb"} --help 2>/dev/null)
	case "$previous" in
	--socket) value=FILE ;;
	--*) value=$(__milterctl_value "$help" "$previous") ;;
	esac
	if [ -n "$value" ]; then
		arguments=$value
	elif [[ $current = -* ]]; then
		arguments=
		choices=$(__milterctl_options "$help")
	else
		arguments=$(__milterctl_arguments "$help")
		[ -n "$verb" ] || choices=$(__milterctl_verbs "$program")
	fi
	if [ -n "$verb$value" ]; then
		[[ $arguments != *HOST* ]] || choices+=$'\n'$(__milterctl_hosts "$program" "${socket[@]}")
		[[ $arguments != *POOL* ]] || choices+=$'\n'$(__milterctl_pools "$program" "${socket[@]}")
		[[ $arguments != *'|'* ]] || choices+=$'\n'$(tr -s '[] |' '\n' <<<"$arguments" | grep -x '[a-z-]*')
	fi
	while read -r word; do
		[[ -z $word || $word != "$current"* ]] || COMPREPLY+=("$word")
	done <<<"$choices"
	if [[ $arguments =~ (FILE|FOLDER|OLD|NEW) ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
	fi
	# A colon parts words for bash: what stands in front of it is there already.
	[[ $current != *:* || ${COMP_WORDBREAKS-} != *:* ]] ||
		COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*:}"}"}")
}

complete -F _milterctl milterctl
