# tree: the project's own files, for the tests of their structure
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after tap.sh. Paths are relative to $srcdir; a build folder below it and
# what git does not know are no part of them, nor are pictures.

# The last command of a pipeline runs in the script itself, so that none() can count.
shopt -s lastpipe

# A caller may have gone to $srcdir already: a relative one leads elsewhere from there.
tree_root=$(cd "$srcdir" && pwd) || exit 99

# tree_files PATTERN...: those of these names (find's -name), sorted.
tree_files() {
	local pattern names=()
	for pattern in "$@"; do
		names+=(-o -name "$pattern")
	done
	(
		cd "$tree_root" || exit 1
		find include milter test man docs etc scripts bench debian \
			-type f \( "${names[@]:1}" \) ! -name '*.pyc' ! -name '*.png' 2>/dev/null
		find . -maxdepth 1 -type f \( "${names[@]:1}" \) \
			\( -name '*.am' -o -name configure.ac -o -name README -o -name NEWS -o -name '.clang-*' \) \
			-printf '%f\n'
	) | sort
}

# none WHAT: passes if standard input is empty; else its lines say what is wrong.
none() {
	local lines
	lines=$(cat)
	if [ -z "$lines" ]; then
		pass "$1"
	else
		fail "$1"
		note "$lines"
	fi
}

# at_least N WHAT: passes standard input on; ends the script if it has fewer lines, for a check of
# nothing finds nothing.
at_least() {
	local lines
	lines=$(cat)
	if [ "$(grep -c '' <<<"$lines")" -lt "$1" ]; then
		echo "fewer than $1 $2" >&2
		kill -TERM $$
	fi
	printf '%s\n' "$lines"
}
