#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# restart kill|handover main|ikev2: in a mesh of 20 under 500 packets a second one host's daemon starts anew, twice, and not one
# packet is lost.
#
#	kill		SIGKILL, and start: all its pairs are replaced, and never more than two serve one direction
#	handover	what "systemctl restart" does, with the descriptor store (fdstore plays systemd): all SPIs stay.  With
#			LAB_OLD, the name of an older ringtail, the first restart is an upgrade from that one.
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/mesh.sh"
enter_realm "restart-$1-$2"

# start_managed HOST: its daemon below fdstore, which may become another one
start_managed() {
	ln -sfn "${LAB_OLD:-$RINGTAIL}" "$here/$1/ringtail"
	start "$1" "$here/$1/store" "$LAUNCH" "$realm-$1" "$FDSTORE" "$here/$1/ringtail" -F -f "$here/$1/ringtail.conf" -l "$here/$1/log"
	wait_for 20 ready_times "$1" 1
}

# ready_times HOST N: its daemon has said N times that it is ready
ready_times() {
	local said
	slurp "$here/$1/store"
	said=${text//[^$'\n']/}
	mapfile -t said < <(grep '^ready' <<< "$text")
	((${#said[@]} >= $2))
}

once_more_kill() {
	stop h1 KILL
	check "$1-starts" start_ringtail h1
	check "$1-replaced" wait_for 60 new_spis "$here/before.spis" h1
	check "$1-clean" mesh_clean 10000
}

once_more_handover() {
	ln -sfn "$RINGTAIL" "$here/h1/ringtail"
	kill -USR1 "${PID[h1]}"
	check "$1-starts" wait_for 20 ready_times h1 $(($1 + 1))
	nap 5
	check "$1-spis-stay" same_spis "$here/before.spis" h1
	check "$1-clean" mesh_clean 10000
}

mesh_hosts "${LAB_HOSTS:-20}"
mesh_files "$2"
must start mesh_start
if [ "$1" = handover ]; then
	stop h1
	must managed-start start_managed h1
fi
must up mesh_up
flows=()
mesh_flows udp 5001
start_traffic load -R 500 -d 600000 -g 1000 -w "$realm-h1" -W 250
nap 3
for time in 1 2; do
	mesh_spis "$here/before.spis"
	"once_more_$1" $time
	nap 2
done
kill "${PID[traffic-load]}"
end_traffic load
check nothing-lost none_lost
check at-most-two at_most 2
check no-restart all_running
