#!/bin/bash
# rules_content: each condition on headers, size and recipients decides where a message goes
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99
. "$srcdir/test/lib/rules.sh" || exit 99

find_postfix
world_open
rules_start
mta_make "$daemon_socket"
mta_start

row "header: there" 'header = "List-Unsubscribe";' --header 'list-unsubscribe: <x>' or --header 'List-Id: <x>'
row "header: empty, and there" 'header = "X-Flag";' --header 'X-Flag:' or
row "header: a value" 'header = "Precedence: bulk";' --header 'Precedence:  Bulk ' or --header 'Precedence: bulky'
row "header: a pattern" 'header = "X-Kind: /^sale [0-9]+$/";' --header 'X-Kind: Sale 12' or --header 'X-Kind: sale'
row "header: repeated" 'header = "X-Tag: c";' --header 'X-Tag: a' --header 'X-Tag: b' --header 'x-tag: c' or \
	--header 'X-Tag: a' --header 'X-Tag: b'
row "header: folded" 'header = "X-Fold: /^one two\\tthree$/";' --header $'X-Fold: one\n two\n\tthree' or \
	--header $'X-Fold: one\n two'
row "header: an encoded word, Q" 'header = "X-Word: Bücher und mehr";' \
	--header 'X-Word: =?UTF-8?Q?B=C3=BCcher_und?= mehr' or --header 'X-Word: =?UTF-8?Q?B=C3=BCche?='
row "header: an encoded word, B" 'header = "X-Word: Bücher";' --header 'X-Word: =?ISO-8859-1?B?QvxjaGVy?=' or \
	--header 'X-Word: QvxjaGVy'
# Beside the one that each message has.
row "recipients_over" 'recipients_over = 2;' --to a@example.com --to b@example.com or --to a@example.com
row "recipients_under" 'recipients_under = 3;' --to a@example.com or --to a@example.com --to b@example.com
row "size_over: declared" 'size_over = 20000;' --mail-parameter SIZE=20001 or --mail-parameter SIZE=20000
row "size_over: as it is" 'size_over = 20000;' --text 20000 or --text 19000
row "size_over: declared, and not so" 'size_over = 20000;' --mail-parameter SIZE=20001 or \
	--mail-parameter SIZE=10000 --text 30000
row "size_under: declared" 'size_under = 1000;' --mail-parameter SIZE=999 --text 2000 or \
	--mail-parameter SIZE=1000
row "size_under: as it is" 'size_under = 1000;' or --text 2000
rules_arrived

is "Postfix has no complaint of the milter" "$(count_lines "$mta_log" 'warning: milter')" 0
daemon_end
tap_done
