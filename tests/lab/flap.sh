#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# flap main|ikev2: a mesh of 20 that loses 30 % of its packets and falls apart again and again, dead peer detection after 10
# seconds, for a minute (the long form: ten).  Never more than two pairs of SAs for each pair of hosts, and all is clean 5 seconds
# after the network has recovered.
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/mesh.sh"
enter_realm "flap-$1"
full_or 600 60
seconds=$chosen

# lossy LOSS: on every host's wire; 0 ends it
lossy() {
	local host action=replace
	for host in "${mesh[@]}"; do
		tc -n "$realm-$host" qdisc "$action" dev eth0 root netem loss "$1%" || { why="tc netem"; return 1; }
	done
}

# batch_of UP|DOWN HOST...: pull or put back several cables at once
cables() {
	local state=$1 host batch=
	shift
	for host; do
		batch+="link set v-$host $state"$'\n'
	done
	ip -n "$realm-sw" -batch - <<< "$batch"
}

# flap SECONDS: every few seconds another third of the hosts is cut off, each for itself, for up to 15 seconds
flap() {
	local end off=() host
	now_ms
	end=$((now + $1 * 1000))
	RANDOM=7
	while ((now < end)); do
		off=()
		for host in "${mesh[@]}"; do
			((RANDOM % 3 == 0)) && off+=("$host")
		done
		cables down "${off[@]}"
		nap $((2 + RANDOM % 14))
		cables up "${off[@]}"
		nap $((1 + RANDOM % 5))
		now_ms
	done
}

mesh_hosts "${LAB_HOSTS:-20}"
mesh_remote="dpd_delay 10;"
mesh_files "$1"
must start mesh_start
must up mesh_up
flows=()
mesh_flows udp 5001
watches=()
for host in "${mesh[@]}"; do
	watches+=(-w "$realm-$host")
done
start_traffic load -R 400 -d 3600000 -g 2000 -W 250 "${watches[@]}"
nap 2
must lossy lossy 30
flap "$seconds"
check recovery lossy 0
kill -USR1 "${PID[traffic-load]}"
check clean-within-5s mesh_clean 5000 -o
nap 5
# what was being negotiated when the network recovered may need its time-out
check nothing-left mesh_clean 60000
echo "# everything is clean after $clean_ms ms more"
kill "${PID[traffic-load]}"
end_traffic load
worst bad_ms
echo "# last loss $worst ms after the recovery"
check at-most-two at_most 2
check good-after-5s good_after 5000
check no-restart all_running
