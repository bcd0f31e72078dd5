#!/bin/bash
# hostile: a recipient in quotes, at whose comma Sendmail's log parts a list, is no evidence
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

use_mta sendmail
. "$srcdir/test/lib/hostile.sh"
hostile_start
fields="delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=1, relay=[$victim] [$victim]"
# An address has at most 256 octets: it takes several to have the list parted, and a long word to have
# that happen in front of the words.
user="<$(pad 40)@y>"
hostile_sends deferred "$user, $fields, dsn=4.3.2, stat=Deferred: 421 4.3.2 go away" 8 200 205 210 215 220
hostile_sends sent "$user, $fields, dsn=2.0.0, stat=Sent (Ok)" 8 190 195 200 205 210
ok "a line begins behind a comma in quotes" wait_for mta_log_has " to=$user, delay=.*$victim"
hostile_ends
daemon_end
tap_done
