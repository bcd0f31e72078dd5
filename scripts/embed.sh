#!/bin/sh
# embed: the files of the status page as a C source
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# Usage: scripts/embed.sh FILE...
#
# Writes page_data.c, for include/doors/http_page.h, to standard output: the octets of each file, in the
# order of the arguments. Needs no more than POSIX has.
set -eu

echo '#include "doors/http_page.h"'
number=0
for file in "$@"; do
	echo "static const unsigned char file_$number[] = {"
	od -An -v -tu1 "$file" | sed 's/  */ /g; s/^ //; s/ *$//; s/ /,/g; s/$/,/'
	echo '};'
	number=$((number + 1))
done
echo 'const struct http_page_octets http_page_data[HTTP_PAGE_COUNT] = {'
number=0
for _ in "$@"; do
	echo "	{file_$number, sizeof(file_$number)},"
	number=$((number + 1))
done
echo '};'
