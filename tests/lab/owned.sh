#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# owned [main|ikev2]: policies of setkey's, with SAs that live by them, become the daemon's by policy_file, are changed, undone and given up,
# under traffic: nothing is lost, nothing goes in clear, no SA is replaced where none has to be.
# shellcheck disable=SC1091,SC2154
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/talk-files.sh"
mode=${1:-ikev2}
enter_realm "owned-$mode"

make_hosts h1=10.7.0.1/24 h2=10.7.0.2/24 || { not_ok hosts "cannot make the hosts"; exit; }
talk_host h1 "$mode" 10.7.0.1 10.7.0.9 10.7.0.2
talk_host h2 "$mode" 10.7.0.2 10.7.0.9 10.7.0.1
for host in h1 h2; do
	must "$host-policies" setkey "$host" "$here/$host/ipsec-tools.conf"
	must "$host-starts" start_ringtail "$host"
done

# spis HOST: the SPIs of its kernel in $spis, sorted
spis() {
	spis=$(in_host "$1" ip xfrm state | sed -n 's/.*spi \(0x[0-9a-f]*\).*/\1/p' | sort)
}
# spd HOST: the policies as the kernel tells them, without times, in $spd
spd() {
	spd=$(in_host "$1" ip xfrm policy)
}
# owned HOST N: N policies of its kernel are the daemon's, and no more of others
owned() {
	ctl "$1" --json policies || return
	local n=${text//[^\{]/}
	n=$(grep -o '"owner": *"[a-z]*"' <<< "$text" | grep -c -v foreign)
	why="$n policies are ours, not $2"
	[ "$n" = "$2" ]
}
reload() {
	kill -HUP "${PID[$1]}"
	nap 1
}

flow udp h1 10.7.0.1 h2 10.7.0.2 5000
flow udp h2 10.7.0.2 h1 10.7.0.1 5001
tap_on
must up ctl h1 up 10.7.0.2
spis h1
before=$spis
start_traffic load -r 100 -d 600000 -g 1000
nap 2
for host in h1 h2; do
	echo "policy_file \"$here/$host/ipsec-tools.conf\";" >> "$here/$host/ringtail.conf"
	reload "$host"
	spd "$host"
	check "$host-owns" owned "$host" "$(grep -c '^	dir ' <<< "$spd")"
done
spis h1
why="before: $before now: $spis"
check spis-stay test "$before" = "$spis"

# setkey's flush is made good, and the process may die
# ... nor does anything leave in clear meanwhile, where the kernel blocks what no policy allows
in_host h1 ip xfrm policy setdefault in block out block
in_host h1 ip xfrm policy flush
nap 2
check flush-made-good owned h1 "$(grep -c '^	dir ' <<< "$spd")"

# other priorities, and back by itself
spd h1
first=$spd
sed -i 's/^\(spdadd 10.7.0.1 10.7.0.2 any -P out\)/\1 prio def + 7/; $a spdadd 10.7.0.1 10.7.0.77 any -P out discard;' "$here/h1/ipsec-tools.conf"
check reload-with-confirm ctl h1 config reload --confirm 6s
spd h1
why="nothing has changed"
check changed test "$first" != "$spd"
nap 8
spd h1
why=$(diff <(echo "$first") <(echo "$spd"))
check undone-byte-for-byte test "$first" = "$spd"

kill "${PID[traffic-load]}"
end_traffic load
# what was sent in the moment without policies was blocked
check nothing-lost lost_at_most 10
tap_off
check nothing-in-clear nothing_in_clear
