#!/bin/bash
# daemon_install: make install and make uninstall, under a tight umask, and what they leave alone
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors

. "${srcdir:-.}/test/lib/load.sh" || exit 99

world_open
dest=$world/dest
sysconfdir=$(sed -n 's/^sysconfdir = //p' "$top_builddir/Makefile" | sed 's,\${prefix},'"$(sed -n 's/^prefix = //p' "$top_builddir/Makefile")"',')
folder=$dest$sysconfdir/nexthop-milter

# It is not to be made anew here, where others may be reading it.
run_make() { # TARGET
	# A jobserver of the caller is not for it.
	(unset MAKEFLAGS MFLAGS; umask 077 && make -C "$top_builddir" -o all-am "DESTDIR=$dest" "$1") >"$world/make.out" 2>&1 ||
		note "$(tail -n 20 "$world/make.out")"
}
# What is not for all to read.
hidden() {
	find "$dest" -mindepth 1 \( -type d ! -perm -0755 -o -type f ! -perm -0444 \)
}

mkdir "$dest"
chmod 755 "$dest"
run_make install
is "under umask 077 all can be read" "$(hidden)" ""
ok "the sample is installed" cmp -s "$srcdir/etc/routes.cfg" "$folder/routes.cfg"
ok "the table for Postfix is installed" cmp -s "$srcdir/etc/postfix/postfix_header_checks" "$folder/postfix_header_checks"
is "no file is under no folder of ours" "$(find "$dest" -type f | grep -vE '/(nexthop-milter[^/]*|_?milterctl[^/]*|routes.cfg[^/]*|nexthop.m4|postfix_header_checks|doc/nexthop-milter/.*)$')" ""

echo '# mine' >>"$folder/routes.cfg"
echo '# mine' >"$folder/postfix_header_checks"
chmod 750 "$folder"
run_make install
is "again: routes.cfg is kept" "$(tail -n 1 "$folder/routes.cfg")" '# mine'
is "again: postfix_header_checks is kept" "$(cat "$folder/postfix_header_checks")" '# mine'
is "again: the folder's mode is kept" "$(stat -c %a "$folder")" 750
is "again: it says which are kept" "$(grep -c "^$dest.* is kept: " "$world/make.out")" 2

run_make uninstall
is "uninstalled: what was changed stays" "$(find "$dest" ! -type d | sort)" \
	"$(printf '%s\n' "$folder/postfix_header_checks" "$folder/routes.cfg")"

# A link that leads nowhere yet is the administrator's, too.
rm "$folder/routes.cfg" "$folder/postfix_header_checks"
ln -s "$world/elsewhere" "$folder/routes.cfg"
run_make install
ok "a dangling link is kept" [ -L "$folder/routes.cfg" ]
ok "nothing is written through it" [ ! -e "$world/elsewhere" ]
rm "$folder/routes.cfg"
run_make install
run_make uninstall
is "uninstalled: nothing is left of what was not changed" "$(find "$dest" ! -type d -o -name '*nexthop*')" ""
tap_done
