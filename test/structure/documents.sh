#!/bin/bash
# documents: what README and docs say can be run is run by a test
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

README_LINES=150

within "README is a door: its lines" "$(wc -l <"$srcdir/README")" 40 "$README_LINES"

# Blocks of commands, settings and output, and the calls that get them: see test/lib/documents.sh.
blocks=$(for document in README docs/postfix docs/sendmail; do document_blocks "$document"; done |
	at_least 30 blocks)
calls=$(cd "$srcdir" && tree_files '*.sh' | grep '^test/' | grep -vxF test/lib/documents.sh |
	xargs grep -ohE "document_block [A-Za-z/]+ '[^']+'( [0-9]+)?" |
	sed -E "s/^document_block //; s/'\$/' 1/" | sort -u)
grep -vxFf <(echo "$calls") <<<"$blocks" | none "each block is got by a test"
grep -vxFf <(echo "$blocks") <<<"$calls" | none "no test wants a block that is not there"

# The demonstration is run by test/boot/setup.sh, and the other one is what runs these tests.
document_block README 'What you see' 2 | while read -r command _; do
	[ -x "$srcdir/$command" ] || echo "$command"
done | none "README's two commands can be run"

# What stands in the text.
documents=$(tree_files '*' | grep -E '^(README|docs/[^/]*)$' | at_least 6 documents)
(cd "$srcdir" && xargs grep -oHE '(test|bench|scripts)/[A-Za-z0-9_/.]*[A-Za-z0-9]' <<<"$documents") |
	sort -u | at_least 20 files | while IFS=: read -r document file; do
	[ -e "$srcdir/$file" ] || [ -e "$srcdir/$file.c" ] || [ -e "$srcdir/$file.sh" ] || echo "$document: $file"
done | none "files that are named are there"
grep -ohE 'docs/[a-z]+' $(sed "s,^,$srcdir/," <<<"$documents") | sort -u | while read -r file; do
	[ -e "$srcdir/$file" ] || echo "$file"
done | none "documents that are named are there"
for document in $(grep '^docs/' <<<"$documents"); do
	grep -qE "^documents = .*$document( |\$)" "$srcdir/Makefile.am" || echo "$document"
done | none "each document is installed"
tap_done
