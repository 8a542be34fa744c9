#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# storm main|ikev2: 20 daemons start in the same moment, with traffic waiting on all pairs; once (the long form: three times).
# Within 10 seconds of quiet each pair of hosts has one IKE SA and one pair of SAs, and what has begun to flow was never interrupted.
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/mesh.sh"
enter_realm "storm-$1"

# one_ike_sa_each: every host has one with each other, and nothing half done
one_ike_sa_each() {
	local host others=$((${#mesh[@]} - 1))
	for host in "${mesh[@]}"; do
		ctl "$host" --json status || return 1
		[[ $text =~ \"ike_sas\":(\{[^\}]*\}) ]] || { why="no ike_sas in the status"; return 1; }
		why="$host: ${BASH_REMATCH[1]} instead of $others"
		[[ ${BASH_REMATCH[1]} == "{\"up\":$others,\"connecting\":0,\"half_open\":0,\"dying\":0}" ]] || return 1
	done
}

# all_at_once: the daemons, through a gate
all_at_once() {
	local host gate=$here/gate
	[ -p "$gate" ] || mkfifo "$gate"
	for host in "${mesh[@]}"; do
		rm -f "$here/$host/ctl.sock"
		start "$host" "$here/$host/out" "$LAUNCH" -g "$gate" "$realm-$host" "$RINGTAIL" -F -f "$here/$host/ringtail.conf" \
			-l "$here/$host/log"
	done
	nap 2
	# opening the FIFO lets all of them go
	exec {gate_fd}> "$gate"
	exec {gate_fd}>&-
}

# one_storm NUMBER
one_storm() {
	local host
	for host in "${mesh[@]}"; do
		setkey "$host" "$here/$host/ipsec-tools.conf" || { not_ok "$1-policies" "$why"; return; }
	done
	start_traffic "$1" -R 400 -d 25000 -g 2000
	nap 1
	all_at_once
	end_traffic "$1"
	worst first_ms
	echo "# $1: all pairs up $worst ms after the traffic began"
	check "$1-all-up" all_within 20000
	check "$1-nothing-lost" none_lost
	check "$1-one-pair-each" mesh_clean 10000
	check "$1-one-ike-sa-each" wait_for 10 one_ike_sa_each
	check "$1-no-restart" all_running
	for host in "${mesh[@]}"; do
		stop "$host" KILL
		ip -n "$realm-$host" xfrm state flush
	done
}

full_or 3 1
mesh_hosts "${LAB_HOSTS:-20}"
own_policies=
mesh_files "$1"
flows=()
mesh_flows udp 5001
for ((n = 1; n <= chosen; n++)); do
	one_storm "$n"
done
