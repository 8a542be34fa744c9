#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# faults main|ikev2 [N [SEED [OPTION-OF-INJECT...]]]: five hosts under load, policies from policy_file, while somebody else deletes, adds, changes and
# flushes SAs and policies of random hosts N times (40; the long form 1000).  The kernel blocks what no policy allows.  LAB_AUDIT is the
# period of the audits in seconds (3; the long form 5).
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/mesh.sh"
enter_realm "faults-$1"
full_or 1000 40
n=${2:-$chosen}
# the daemon hears of a quarter of the faults by its audit alone; with the usual minute a thousand would take hours
full_or 5 3
audit=${LAB_AUDIT:-$chosen}

# the sums of the daemons' counters that repairs belong to
declare -A counters=([sa-gone]=sa-lost [sa-changed]=sa-changed [sa-stray]=sa-orphan [sa-twin]=sa-adopted [sp-gone]=sp-gone [sp-changed]=sp-changed)

# repaired: what the daemons repaired, by kind
repaired() {
	local kind
	repairs=
	for kind in sa-gone sa-changed sa-stray sa-twin sp-gone sp-changed; do
		sum_repairs "${counters[$kind]}" || return 1
		repairs+="$kind $sum "
	done
}

# repairs_equal: what inject did is what the daemons counted
repairs_equal() {
	local injected
	slurp "$here/inject.txt"
	[[ $text =~ injected\ (.*)\ bursts ]] || { why="no sums from inject"; return 1; }
	injected=${BASH_REMATCH[1]}
	repaired || return 1
	why="injected $injected, repaired $repairs"
	[ "$injected " = "$repairs" ]
}

# overruns_seen: each burst did overrun a buffer, and its daemon was told so
overruns_seen() {
	local host bursts sum=0
	slurp "$here/inject.txt"
	bursts=${text##* bursts }
	bursts=${bursts%%[!0-9]*}
	for host in "${mesh[@]}"; do
		ctl "$host" --json counters || return 1
		[[ $text =~ \"overruns\":([0-9]+) ]] && sum=$((sum + BASH_REMATCH[1]))
	done
	why="$bursts bursts, $sum overruns"
	((sum >= bursts))
}

# inject_faults: $summary is its last line
inject_faults() {
	local host targets=() said
	for host in "${mesh[@]}"; do
		targets+=("$realm-$host=${address[$host]}=${PID[$host]}")
	done
	"$INJECT" -n "$n" -s "${seed:-1}" -a $((audit * 1000)) "${options[@]}" "${targets[@]}" > "$here/inject.txt" 2>&1
	said=$?
	slurp "$here/inject.txt"
	modes=${text##*$'\n'modes }
	modes=${modes%%$'\n'*}
	text=${text%$'\n'}
	summary=${text##*$'\n'}
	why=${text#*"not healed: "}
	why=${why%%$'\n'*}$'\n'$summary
	return $said
}

# mostly_quick: all are healed within one audit period, as inject saw to it; most within a second
mostly_quick() {
	local quick
	why=$summary
	quick=${summary#* up_within_1s }
	quick=${quick%% *}
	((quick * 2 > n))
}

# no_difference: each daemon's model is what its kernel has
no_difference() {
	local host
	for host in "${mesh[@]}"; do
		ctl "$host" --json resync || return 1
		slurp "$here/$host/ctl.out"
		why="$host: $text"
		[[ $text == *'"repairs":[]'* && $text == *'"followed":[]'* && $text == *'"complete":true'* ]] || return 1
	done
}

seed=${3:-1} options=("${@:4}")
mesh_hosts 5
mesh_top="timer { audit $audit sec; }"
mesh_files "$1"
must fail-closed fail_closed
must start mesh_start
must up mesh_up
# what appears in a daemon's first two seconds might be its predecessor's, and has a longer grace
nap 2
tap_on
flows=()
mesh_flows udp 5001
start_traffic load -R 400 -d 3600000
check healed inject_faults
echo "# $modes"
echo "# $summary"
check most-within-1s mostly_quick
kill "${PID[traffic-load]}"
end_traffic load
tap_off
check nothing-in-clear nothing_in_clear
check repairs-equal-faults repairs_equal
echo "# $why"
check overruns-seen overruns_seen
echo "# $why"
check no-difference no_difference
check no-restart all_running
check carries-traffic mesh_up
