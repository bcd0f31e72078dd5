# boot: a Debian of our own, booted in a network of its own
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after world.sh; "use_boot" does it. What README and docs say is done in it,
# with the very commands that stand there (documents.sh). The root is one of those of scripts/roots.sh, with our sources in $BOOT_SOURCES
# and what was changed in it in $world. Outside of it, but in reach, are
#
#   192.0.2.1, .2, .3, .9   the hosts of the samples, each with a folder $world/hosts.d/ADDRESS
#   192.0.2.77              where the MX of example.com and of all domains points: mail that left its route
#   198.51.100.1            the nameserver

BOOT_ROOTS=${NEXTHOP_ROOTS:-$top_builddir/roots}
BOOT_SOURCES=/usr/src/nexthop-milter
boot_release=
boot_root=
boot_groups=()
packages=
boot_leader=

# To be called first, for it begins the script anew with RELEASE as its argument, in a mount namespace
# of its own: what is mounted is gone with the script, however it ends.
find_roots() { # RELEASE
	[ "$(id -u)" = 0 ] || skip_all "booting needs root"
	command -v systemd-nspawn mmdebstrap ip >/dev/null || skip_all "no systemd-nspawn, mmdebstrap, or ip"
	[ -n "${BOOT_IS_APART:-}" ] || BOOT_IS_APART=yes exec unshare -m bash "$0" "$1"
	boot_release=$1
	"$srcdir/scripts/roots.sh" "$BOOT_ROOTS" "$1" >&2 || skip_all "no root for $1"
	BOOT_ROOTS=$(realpath "$BOOT_ROOTS")
}

# ---- the root

# The root with our sources, in which all of README's installation up to "make install" has been done.
# Made once for each state of the sources, and kept from change as long as this script uses it.
boot_build() {
	local folder=$BOOT_ROOTS/$boot_release.built state
	boot_pack >"$world/sources.tar"
	state="$(sha256sum <"$world/sources.tar") $(cat "$BOOT_ROOTS/$boot_release.made")"
	exec {boot_lock}>"$folder.lock"
	flock -s "$boot_lock"
	until [ "$(cat "$folder.made" 2>/dev/null)" = "$state" ]; do
		flock -x "$boot_lock"
		[ "$(cat "$folder.made" 2>/dev/null)" = "$state" ] || boot_build_anew "$folder"
		echo "$state" >"$folder.made"
		flock -s "$boot_lock"
	done
}

boot_build_anew() { # FOLDER
	rm -rf "${1:?}" "$1.made" "$1.work" "$1.root"
	mkdir -p "$1/$BOOT_SOURCES" "$1.work" "$1.root"
	tar -C "$1/$BOOT_SOURCES" -xf "$world/sources.tar"
	document_block README 'Install from source' | grep -vx 'make install' >"$world/build"
	unshare -m sh -c '
		mount -t overlay overlay "$1.root" -o "lowerdir=$2,upperdir=$1,workdir=$1.work" &&
			mount --rbind /dev "$1.root/dev" && mount -t proc proc "$1.root/proc" &&
			chroot "$1.root" env -i PATH="$PATH" MAKEFLAGS="-j$(nproc)" sh -euxc "cd $3; $(cat "$4")"' \
		- "$1" "$BOOT_ROOTS/$boot_release" "$BOOT_SOURCES" "$world/build" >"$1.log" 2>&1 </dev/null ||
		bail_out "the build in $boot_release fails: $1.log"
}

# The sources as they are, without what was built; always the same octets.
boot_pack() {
	"$srcdir/scripts/packages.sh" --pack
}

# The packages of these sources, in $packages.
boot_packages() {
	"$srcdir/scripts/packages.sh" "$BOOT_ROOTS" "$boot_release" >&2 || bail_out "no packages for $boot_release"
	packages=$BOOT_ROOTS/$boot_release.packages
}

# boot_make [unbuilt|bare]: mounts a root of this script's own; unbuilt: with our sources as they are;
# bare: without them.
boot_make() {
	local lower=$BOOT_ROOTS/$boot_release
	boot_root=$world/root
	mkdir -p "$boot_root" "$world/changed" "$world/work"
	if [ "${1:-}" = unbuilt ]; then
		mkdir -p "$world/changed/$BOOT_SOURCES"
		boot_pack | tar -C "$world/changed/$BOOT_SOURCES" -xf -
	elif [ "${1:-}" != bare ]; then
		boot_build
		lower=$BOOT_ROOTS/$boot_release.built:$lower
	fi
	at_close boot_close
	mount -t overlay overlay "$boot_root" -o "lowerdir=$lower,upperdir=$world/changed,workdir=$world/work" ||
		bail_out "no overlay"
	rm -f "$boot_root/etc/resolv.conf"
	# Without one, systemd asks the console for its settings.
	tr -d - </proc/sys/kernel/random/uuid >"$boot_root/etc/machine-id"
	echo 'nameserver 198.51.100.1' >"$boot_root/etc/resolv.conf"
	echo mx >"$boot_root/etc/hostname"
	printf '%s\n' '127.0.0.1 localhost' '127.0.1.1 mx.example mx' >"$boot_root/etc/hosts"
}

# ---- the network

# at NAMESPACE COMMAND...: "in" is the root's, "out" that of the hosts.
boot_at() {
	local pid=${world_pids[$1]}
	shift
	nsenter -t "$pid" -n "$@"
}

boot_network() {
	local name
	for name in in out; do
		process_start "$name" unshare -n sleep infinity
		wait_for boot_is_apart "${world_pids[$name]}" || bail_out "no network namespace"
		boot_at "$name" ip link set lo up
	done
	boot_at out ip link add outside type veth peer name inside netns "${world_pids[in]}" &&
		boot_at out ip addr add 198.51.100.1/24 dev outside && boot_at out ip link set outside up &&
		boot_at in ip addr add 198.51.100.2/24 dev inside && boot_at in ip link set inside up &&
		boot_at in ip route add default via 198.51.100.1 || bail_out "no network"
	for name in 1 2 3 9 77; do
		boot_at out ip addr add "192.0.2.$name/32" dev lo
	done
	process_start names nsenter -t "${world_pids[out]}" -n python3 "$srcdir/test/lib/nameserver.py" \
		198.51.100.1 mx.example=198.51.100.2 {,'*.'}example.{com,net,org}=192.0.2.77
	process_start hosts nsenter -t "${world_pids[out]}" -n python3 "$srcdir/test/lib/hosts.py" \
		"$world/hosts.d" 25 192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.9 192.0.2.77
	wait_for line_is_in "$world/names.log" '^ready' && wait_for line_is_in "$world/hosts.log" '^listening' ||
		bail_out "no hosts"
}

boot_is_apart() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# How many messages a host has got.
boot_count() { # ADDRESS
	find "$world/hosts.d/$1" -type f | wc -l
}

# ---- booting

# The container's cgroups must not be those of another one. Where systemd runs it sees to that.
boot_cgroup() {
	local folder
	boot_scope=()
	[ ! -d /run/systemd/system ] || return 0
	boot_scope=(--keep-unit)
	for folder in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
		[ -w "$folder/cgroup.procs" ] || continue
		mkdir -p "$folder/nexthop-boot.$$" && boot_groups+=("$folder/nexthop-boot.$$")
	done
}

boot_up() {
	boot_network
	boot_cgroup
	# Nor its other traces: all are called mx.
	mkdir -p /run/systemd/nspawn && mount -t tmpfs none /run/systemd/nspawn || bail_out "no /run/systemd/nspawn"
	boot_start
	boot_wait
}

# A container may not lock memory, as it comes; a machine's services may.
boot_start() {
	process_start nspawn bash -c '
		for group in "${@:2:$1}"; do echo $$ >"$group/cgroup.procs"; done
		shift $(($1 + 1))
		exec "$@"' - "${#boot_groups[@]}" "${boot_groups[@]}" \
		env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet -D "$boot_root" --boot --machine=mx \
		--register=no "${boot_scope[@]}" --resolv-conf=off --timezone=off --link-journal=no \
		--system-call-filter=@memlock \
		"--network-namespace-path=/proc/${world_pids[in]}/ns/net"
}

# Until it has booted; again after a reboot, when it is another process.
boot_wait() {
	boot_was=$boot_leader
	wait_for_seconds 180 boot_has_booted || {
		note "$(tail -n 20 "$world/nspawn.log")"
		bail_out "it does not boot"
	}
}

boot_has_booted() {
	# With --keep-unit it ends at a reboot, for others to start it again.
	process_is_running nspawn || boot_start
	boot_leader=$(pgrep -P "${world_pids[nspawn]}" | head -n 1)
	[ -n "$boot_leader" ] && [ "$boot_leader" != "$boot_was" ] || return 1
	case "$(inside systemctl is-system-running 2>/dev/null)" in
	running | degraded) ;;
	*) return 1 ;;
	esac
}

boot_again() {
	inside systemctl reboot >/dev/null 2>&1
	boot_wait
}

# inside COMMAND...: in the booted root, among our sources.
inside() {
	nsenter -t "$boot_leader" -m -u -i -n -p -C -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		LC_ALL=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive MAKEFLAGS="-j$(nproc)" \
		sh -c 'cd "$0" 2>/dev/null; exec "$@"' "$BOOT_SOURCES" "$@" </dev/null
}

# does WHAT SCRIPT: passes if each line of the script succeeds in it.
does() {
	local status=0
	[ -n "$2" ] || { fail "$1: the document has no such lines"; return; }
	said=$(inside sh -euxc "$2" 2>&1) || status=$?
	is "$1" "$status" 0
	[ "$status" = 0 ] || note "$(tail -n 30 <<<"$said")"
}

boot_close() {
	process_stop nspawn >/dev/null || :
	umount -l "$boot_root"
	[ "${#boot_groups[@]}" = 0 ] || find "${boot_groups[@]}" -depth -type d -exec rmdir {} \; 2>/dev/null
}
