#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# halfling main|ikev2 [setkey]: the talk's "deleteall 5.6.7.8 1.2.3.4 esp" on one host, under traffic both ways: both directions work
# again in less than a second; when the daemon is not told, in less than ten.  With "setkey" the policies are written by setkey,
# as for racoon (reqid 0), else by the daemons.
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/mesh.sh"
enter_realm "halfling-$1${2:+-$2}"
[ "${2:-}" != setkey ] || own_policies=

# both_ways NAME MS SOURCE DESTINATION: deleteall there on h1; from then on both directions have answers within MS, and none
# is lost later
both_ways() {
	local name=$1 limit=$2 known
	echo "deleteall ${address[$3]} ${address[$4]} esp;" > "$here/h1/deleteall.conf"
	mesh_spis "$here/before.spis"
	start_traffic "$name" -r 20 -d $((limit + 4000)) -g 1000
	nap 1
	kill -USR1 "${PID[traffic-$name]}"
	events_of h1
	known=$count
	check "$name-deleteall" setkey h1 "$here/h1/deleteall.conf"
	end_traffic "$name"
	# that an outbound SA is missing a packet tells
	[ "$name" != muted-in ] || check "$name-not-told" not_told
	worst bad_ms
	echo "# $name: last loss after $worst ms"
	check "$name-both-ways" good_after "$limit"
	check "$name-clean" mesh_clean 5000
	check "$name-new-pair" new_spis "$here/before.spis" h1
}

# events_of HOST: how many reports of the kernel its daemon has had, in $count
events_of() {
	ctl "$1" --json counters && [[ $text =~ \"mirror\":\{\"events\":([0-9]+) ]] && count=${BASH_REMATCH[1]}
}

# not_told: h1's daemon has had $known reports, and no more
not_told() {
	events_of h1 || return 1
	why="$known reports before, $count now"
	((count == known))
}

mesh_hosts 2
# the audit would find it in time, too; here the traffic must
mesh_top="timer { audit 10 min; }"
mesh_files "$1"
must start mesh_start
must up mesh_up
flows=()
mesh_flows udp 5001
both_ways in 1000 h2 h1
both_ways out 1000 h1 h2
must mute "$INJECT" mute "${PID[h1]}"
both_ways muted-in 10000 h2 h1
both_ways muted-out 10000 h1 h2
"$INJECT" unmute "${PID[h1]}"
check no-restart all_running
