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
same_spis() {
	spis "$1"
	why="before: $2 now: $spis"
	[ "$spis" = "$2" ]
}
# spd HOST: the policies as the kernel tells them, without those of sockets and without times, one a line, sorted, in $spd; their
# number is $policies.  In which order they came to be does not count: one that is replaced comes last.
spd() {
	spd=$(in_host "$1" ip xfrm policy | sed -n ':more; $!{N; b more}; s/\n\t\t*/ /g; p' | grep ' dir ' | sort)
	policies=$(grep -c . <<< "$spd")
}
# same_spd HOST WHAT: the policies are those in WHAT
same_spd() {
	spd "$1"
	why=$(diff <(echo "$2") <(echo "$spd") | grep '^[<>]')
	[ "$spd" = "$2" ]
}
other_spd() { ! same_spd "$@" || { why="nothing has changed"; return 1; }; }
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
	check "$host-owns" owned "$host" "$policies"
done
check spis-stay same_spis h1 "$before"

# other priorities, and back by itself
spd h1
first=$spd
sed -i 's/^\(spdadd 10.7.0.1 10.7.0.2 any -P out\)/\1 prio def + 7/; $a spdadd 10.7.0.1 10.7.0.77 any -P out discard;' "$here/h1/ipsec-tools.conf"
check reload-with-confirm ctl h1 config reload --confirm 6s
check changed other_spd h1 "$first"
nap 8
check undone same_spd h1 "$first"

kill "${PID[traffic-load]}"
end_traffic load
check nothing-lost none_lost
tap_off
check nothing-in-clear nothing_in_clear

# Somebody flushes what is the daemon's.  Until that is put back the kernel has no policy, and no daemon can prevent that packets
# leave in clear, so the kernel has to: it blocks what no policy allows.  What was sent in that moment is lost, and nothing later.
for host in h1 h2; do
	check "$host-blocks" in_host "$host" ip xfrm policy setdefault in block out block
done
spis h1
before=$spis
tap_on
start_traffic flush -r 100 -d 6000 -g 1000
nap 2
kill -USR1 "${PID[traffic-flush]}"
check flush in_host h1 ip xfrm policy flush
nap 2
check flush-made-good owned h1 "$(grep -c . <<< "$first")"
check flush-same-policies same_spd h1 "$first"
end_traffic flush
worst bad_ms
echo "# foreign flush: last loss after $worst ms"
check flush-repaired good_after 1000
tap_off
check flush-nothing-in-clear nothing_in_clear
check flush-spis-stay same_spis h1 "$before"
