#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# storm main|ikev2: 20 daemons start within 100 milliseconds, with traffic waiting on all pairs; once (the long form: three times).
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

# before_gate: all daemons wait at a gate; the moments in which they start will be in $here/times
before_gate() {
	local host gate=$here/gate
	[ -p "$gate" ] || mkfifo "$gate"
	: > "$here/times"
	for host in "${mesh[@]}"; do
		rm -f "$here/$host/ctl.sock"
		start "$host" "$here/$host/out" "$LAUNCH" -g "$gate" -t "$here/times" "$realm-$host" "$RINGTAIL" -F \
			-f "$here/$host/ringtail.conf" -l "$here/$host/log"
	done
	nap 2
}

# open_gate: opening the FIFO lets all of them go, and for a second whoever comes late
open_gate() {
	exec {gate_fd}> "$here/gate"
	nap 1
	exec {gate_fd}>&-
}

# all_started: the moments of all of them are known; $spread is the time in milliseconds between the first and the last
all_started() {
	local times
	mapfile -t times < <(sort -n "$here/times")
	why="${#times[@]} of ${#mesh[@]} daemons have started"
	[ ${#times[@]} = ${#mesh[@]} ] && spread=$(((times[-1] - times[0]) / 1000))
}

# within MS: it is no more than that
within() {
	why="the last daemon started $spread ms after the first"
	((spread <= $1))
}

# calm: no daemons and no SAs
calm() {
	local host
	for host in "${mesh[@]}"; do
		stop "$host" KILL
		ip -n "$realm-$host" xfrm state flush
	done
}

# begin_storm NUMBER: with traffic waiting.  A machine that has much else to do may not let all start at once: then again, and
# what the daemons do is judged all the same.
begin_storm() {
	local try
	for try in 1 2 3; do
		before_gate
		start_traffic "$1" -R 400 -d 25000 -g 2000
		nap 1
		open_gate
		spread=-1
		wait_for 10 all_started || return 1
		echo "# $1: the daemons started within $spread ms"
		within 100 || ((try == 3)) && return 0
		kill "${PID[traffic-$1]}"
		end_traffic "$1"
		calm
	done
}

# one_storm NUMBER
one_storm() {
	must "$1-begins" begin_storm "$1"
	if within 100; then ok "$1-within-100-ms"; else skip "$1-within-100-ms" "this machine let them start within $spread ms"; fi
	end_traffic "$1"
	worst first_ms
	echo "# $1: all pairs up $worst ms after the traffic began"
	check "$1-all-up" all_within 20000
	check "$1-nothing-lost" none_lost
	check "$1-one-pair-each" mesh_clean 10000
	check "$1-one-ike-sa-each" wait_for 10 one_ike_sa_each
	check "$1-no-restart" all_running
	calm
}

full_or 3 1
mesh_hosts "${LAB_HOSTS:-20}"
own_policies=
mesh_files "$1"
for host in "${mesh[@]}"; do
	must "$host-policies" setkey "$host" "$here/$host/ipsec-tools.conf"
done
flows=()
mesh_flows udp 5001
for ((n = 1; n <= chosen; n++)); do
	one_storm "$n"
done
