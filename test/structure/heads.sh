#!/bin/bash
# heads: every file says in its first lines what it is, and under which licence
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

SPDX='SPDX-License-Identifier: BSD-2-Clause'
COPYRIGHT='Copyright (c) 2026 the nexthop-milter authors'

# head_of FILE FIRST PREFIX: the first line matches, the licence and the authors follow.
head_of() {
	local file=$1 lines
	mapfile -t lines < <(sed 's/^#!.*//;1{/^$/d}' "$srcdir/$file" | sed -n '1,5p')
	[[ ${lines[0]} =~ $2 ]] || echo "$file: the first line is \"${lines[0]}\""
	printf '%s\n' "${lines[@]}" | grep -qxF -e "$3$SPDX" || echo "$file: no \"$SPDX\""
	printf '%s\n' "${lines[@]}" | grep -qxF -e "$3$COPYRIGHT" || echo "$file: no \"$COPYRIGHT\""
}

for file in $(tree_files '*.[ch]' | at_least 80 sources); do
	name=$(basename "${file%.*}")
	[ "$name" != main ] || name='[a-z-]+'
	head_of "$file" "^/\* $name: [^ ].*[^.]$" ' * '
done | none "C: /* NAME: what it is"
for file in $(tree_files '*.sh' '*.py' | at_least 30 scripts); do
	name=$(basename "${file%.*}")
	head_of "$file" "^# $name: [^ ].*[^.]$" '# '
done | none "scripts: # NAME: what it is"
for file in $(tree_files '*.lua' | at_least 5 scripts); do
	head_of "$file" "^-- $(basename "$file" .lua): [^ ].*[^.]$" '-- '
done | none "Lua: -- NAME: what it is"
for file in $(tree_files '*.[158]' | at_least 3 pages); do
	head_of "$file" '^' '.\" '
done | none "manual pages: licence and authors"
tap_done
