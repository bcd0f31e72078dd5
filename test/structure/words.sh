#!/bin/bash
# words: phrases that a reader stumbles over are in no comment, message, manual page or document
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Each has a plain word of the trade: no longer, evicts, gets, queries, requires, after.

. "${srcdir:-.}/test/lib/load.sh" || exit 99

phrases='has (it|them) no more|refused no more|\<not to be had\>|\<asked of\>|\<puts out\>|found by neither'
phrases+='|(is|are|get|was|were) told "?[2-5][0-9x][0-9x]|told apart|by default said|if (not|nothing is) said'
phrases+='|\<a delivery takes it\>|: (it is )?not said\>|milterctl hosts says|NULL behind'
files=$(cd "$srcdir" && tree_files '*' | grep -vE '^test/(corpus/|structure/words\.sh)' | at_least 500 files)
(cd "$srcdir" && xargs grep -nIE "$phrases" <<<"$files") | cut -c1-160 | none "phrases that have a plain word"
tap_done
