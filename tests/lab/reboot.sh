#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# reboot main|ikev2|strongswan: one host of a mesh of 20 loses its daemon and everything in its kernel; later the daemon starts.
# The others send to it all the time, and it sends nothing by itself.  All have answers within three seconds of the start.
#
# strongswan: the others are 8 strongSwan, which ask for signs of life every 5 seconds; these have answers within that time.
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/mesh.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/strongswan.sh"
enter_realm "reboot-$1"
mode=$1
[ "$mode" = strongswan ] && mode=ikev2

# to_h1: the others' traffic
to_h1() {
	local host
	flows=()
	for host in "${mesh[@]:1}"; do
		flow udp "$host" "${address[$host]}" h1 "${address[h1]}" 5001
	done
}

# lose_all: what a reboot does to the kernel
lose_all() {
	stop h1 KILL
	ip -n "$realm-h1" xfrm state flush && ip -n "$realm-h1" xfrm policy flush
}

# reboot_of_h1 NAME MS
reboot_of_h1() {
	to_h1
	start_traffic "$1" -r 10 -d $((12000 + $2)) -g 1000
	nap 2
	check "$1-loses-all" lose_all
	nap 3
	kill -USR1 "${PID[traffic-$1]}"
	must "$1-starts" start_ringtail h1
	end_traffic "$1"
	worst mark_ms
	echo "# $1: all have answers after $worst ms"
	check "$1-all-within-$2-ms" marked_within "$2"
	check "$1-stays" good_after "$2"
}

# swan_host HOST: strongSwan with what mesh_conf and mesh_policies want
swan_host() {
	cat > "$here/$1/swanctl.conf" <<CONF
connections {
	h1 {
		version = 2
		local_addrs = ${address[$1]}
		remote_addrs = ${address[h1]}
		proposals = aes128-sha256-x25519
		dpd_delay = 5s
		local {
			auth = psk
			id = ${address[$1]}
		}
		remote {
			auth = psk
			id = ${address[h1]}
		}
		children {
			h1 {
				mode = transport
				esp_proposals = aes128-sha256
				start_action = trap
				dpd_action = restart
			}
		}
	}
}
secrets {
	ike-all {
		secret = "lab secret of the mesh"
	}
}
CONF
	start_strongswan "$1"
}

with_strongswan() {
	local host
	if ! strongswan_here; then
		skip all "strongSwan is not installed"
		exit
	fi
	mesh_hosts "${LAB_HOSTS:-9}"
	mesh_files ikev2
	must h1-starts start_ringtail h1
	for host in "${mesh[@]:1}"; do
		must "$host-strongswan" swan_host "$host"
	done
	to_h1
	traffic up -1 -r 5 -d 20000
	must up all_within 20000
	reboot_of_h1 reboot 5000
}

if [ "$1" = strongswan ]; then
	with_strongswan
	exit
fi
chosen=${LAB_HOSTS:-20}
mesh_hosts "$chosen"
mesh_files "$mode"
must start mesh_start
must up mesh_up
reboot_of_h1 reboot 3000
check clean mesh_clean 10000
check no-restart all_running
