# dovecot: Dovecots of the test's own, which take mail by LMTP
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after postfix.sh. scripts/unpack.sh has its programs, nothing of them is
# installed: each runs in a mount namespace of its own, in which /usr has them as well, since Dovecot's
# paths are compiled in.

dovecot_root=

find_dovecot() {
	dovecot_root=${NEXTHOP_DOVECOT:-$top_builddir/dovecot}
	sh "$srcdir/scripts/unpack.sh" dovecot "$dovecot_root" || skip_all "no Dovecot in $dovecot_root"
	dovecot_root=$(realpath "$dovecot_root")
}

# dovecot_make NAME USER...: the configuration is in $world/NAME.dovecot/dovecot.conf; what it lacks, its
# services, comes from standard input. Mailboxes are below $world/NAME.dovecot/mail. The user "full" is over
# quota, the home of "broken" cannot be made.
dovecot_make() {
	local folder=$world/$1.dovecot user
	shift
	mkdir -p "$folder/mail"
	chown nobody "$folder/mail"
	for user; do
		echo "$user:x:65534:65534::$folder/mail/$user::"
	done >"$folder/users"
	echo "full:x:65534:65534::$folder/mail/full::userdb_quota_rule=*:bytes=1" >>"$folder/users"
	echo "broken:x:65534:65534::/proc/broken::" >>"$folder/users"
	{
		cat <<-END
			base_dir = $folder/run
			state_dir = $folder
			log_path = $folder/log
			ssl = no
			default_internal_user = nobody
			default_internal_group = nogroup
			default_login_user = nobody
			first_valid_uid = 1
			mail_location = maildir:~/Maildir
			auth_username_format = %n
			mail_plugins = quota
			plugin {
			  quota = maildir:User quota
			}
			passdb {
			  driver = passwd-file
			  args = $folder/users
			}
			userdb {
			  driver = passwd-file
			  args = $folder/users
			}
		END
		cat
	} >"$folder/dovecot.conf"
}

dovecot_start() { # NAME
	process_start "$1" unshare -m bash -c '
		mount -t overlay overlay /usr -o "lowerdir=$0/usr:/usr" && exec dovecot -F -c "$1"' \
		"$dovecot_root" "$world/$1.dovecot/dovecot.conf"
}

# How many messages a user has there.
dovecot_count() { # NAME USER
	find "$world/$1.dovecot/mail/$2/Maildir/new" -type f 2>/dev/null | wc -l
}

dovecots_have() { # COUNT USER NAME...
	local wanted=$1 user=$2 sum=0 name
	shift 2
	for name; do
		sum=$((sum + $(dovecot_count "$name" "$user")))
	done
	[ "$sum" -ge "$wanted" ]
}
