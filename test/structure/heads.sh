#!/bin/bash
# heads: every file says in its first lines what it is, and under which licence
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

SPDX='SPDX-License-Identifier: BSD-2-Clause'
COPYRIGHT='Copyright (c) 2026 the nexthop-milter authors'

# heads FIRST PREFIX: of each file on standard input the first line matches, the licence and the authors
# follow. In FIRST, NAME stands for the file's name. Backslashes are doubled, for awk. One process for all: there are hundreds.
heads() {
	(cd "$srcdir" && xargs awk -v first="$1" -v prefix="$2" -v spdx="$SPDX" -v copyright="$COPYRIGHT" '
		function close_file(wanted, name) {
			if (file == "")
				return
			name = file
			sub(/.*\//, "", name)
			sub(/\.[^.]*$/, "", name)
			if (name == "main")
				name = "[a-z-]+"
			wanted = first
			sub(/NAME/, name, wanted)
			if (line[1] !~ wanted)
				print file ": the first line is \"" line[1] "\""
			if (!(prefix spdx in seen))
				print file ": no \"" spdx "\""
			if (!(prefix copyright in seen))
				print file ": no \"" copyright "\""
		}
		FNR == 1 { close_file(); file = FILENAME; count = 0; split("", seen); split("", line) }
		FNR == 1 && (/^#!/ || /^$/) { next }
		count < 5 { line[++count] = $0; seen[$0] }
		END { close_file() }')
}

tree_files '*.[ch]' | at_least 80 sources | heads '^/\\* NAME: [^ ].*[^.]$' ' * ' |
	none "C: /* NAME: what it is"
tree_files '*.sh' '*.py' | at_least 30 scripts | heads '^# NAME: [^ ].*[^.]$' '# ' |
	none "scripts: # NAME: what it is"
tree_files '*.lua' | at_least 5 scripts | heads '^-- NAME: [^ ].*[^.]$' '-- ' |
	none "Lua: -- NAME: what it is"
tree_files '*.[158]' | at_least 3 pages | heads '^' '.\\" ' |
	none "manual pages: licence and authors"
tap_done
