#!/bin/bash
# documents: what README and docs say can be run is run by a test
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

README_LINES=150

within "README is a door: its lines" "$(wc -l <"$srcdir/README")" 40 "$README_LINES"

# Blocks of commands, settings and output, and the calls that get them: see test/lib/documents.sh.
documents=$(tree_files '*' | grep -E '^(README|docs/[^/]*)$' | at_least 6 documents)
blocks=$(for document in $documents; do document_blocks "$document"; done | at_least 100 blocks)
scripts=$(cd "$srcdir" && tree_files '*.sh' | grep '^test/' | grep -vxF test/lib/documents.sh)
calls=$(cd "$srcdir" && xargs grep -ohE "document_block [A-Za-z/]+ '[^']+'( [0-9]+)?" <<<"$scripts" |
	sed -E "s/^document_block //; s/'\$/' 1/" | sort -u)
whole=$(cd "$srcdir" && xargs grep -ohE 'document_path [A-Za-z/]+' <<<"$scripts" | sed 's/.* //' | sort -u)
grep -vxFf <(echo "$calls") <<<"$blocks" | grep -vE "^($(tr '\n' '|' <<<"$whole")) " |
	none "each block is got by a test"
grep -vxFf <(echo "$blocks") <<<"$calls" | none "no test wants a block that is not there"

# What a benchmark has printed is not run again: its rows and columns are those that it has.
document_block docs/mtas 'MTAs as they are' | sed -nE 's/^ +([a-z]+) +[0-9-].*/\1/p' | at_least 5 faults | while read -r row; do
	grep -qE "^for fault in .*\<$row\>" "$srcdir/bench/sick_host.sh" || echo "$row"
done | none "faults of bench/sick_host.sh"
document_block docs/mtas 'MTAs as they are' 2 | sed -nE 's/^ +([A-Z][A-Za-z, ]*[a-zA-Z]) +[0-9].*/\1/p' | at_least 4 set-ups |
	while read -r row; do
		grep -qF "\"$row\"" "$srcdir/bench/spread.sh" || echo "$row"
	done | none "set-ups of bench/spread.sh"

# What was measured, or stands for something of an ESA's, says by what; tables are part of their entry.
for document in docs/mtas docs/esa; do
	awk '/^- / { if (entry != "") print entry; entry = "" } /^- / || (entry != "" && /^  /) { entry = entry " " $0 } END { print entry }' \
		"$srcdir/$document" | at_least 15 entries |
		grep -vE '(test|bench)/[a-z_]+|\(no test: ' | none "each entry of $document names its test or benchmark"
done

# The tour: what it names is there, and no folder is left out.
tour=$(document_block docs/source 'Tour of the source' | at_least 50 lines)
{
	# Modules of the core stand in the first column.
	sed -n '/^core\//,/^text\//p' <<<"$tour" | sed '1d;$d' | cut -c1-22 | grep -oE '[a-z][a-z_*]+'
	sed '/^test\//,$d' <<<"$tour" | grep -oE '\b[a-z]+_[a-z_*]*'
} | sort -u | at_least 45 modules | while read -r name; do
	compgen -G "$srcdir/milter/*/${name%_}$([ "$name" = "${name%_}" ] || echo '_*').c" >/dev/null || echo "$name"
done | none "modules of the tour"
(cd "$srcdir" && ls -d milter/*/ test/*/) | sed 's,^milter/,,; s,/$,,' | grep -vxE 'test/(lib|corpus)' | while read -r folder; do
	grep -qE "^$folder/ " <<<"$tour" || echo "$folder"
done | none "folders that the tour leaves out"

# The demonstration is run by test/boot/setup.sh, and the other one is what runs these tests.
document_block README 'What you see' 2 | while read -r command _; do
	[ -x "$srcdir/$command" ] || echo "$command"
done | none "README's two commands can be run"

# Files, commands and settings that stand in the text are looked for by test/structure/named.sh.
grep -ohE 'docs/[a-z]+(\.png)?' $(sed "s,^,$srcdir/," <<<"$documents") | sort -u | while read -r file; do
	[ -e "$srcdir/$file" ] || echo "$file"
done | none "documents that are named are there"
for document in $(grep '^docs/' <<<"$documents"); do
	grep -qE "^documents = .*$document( |\$)" "$srcdir/Makefile.am" || echo "$document"
done | none "each document is installed"
tap_done
