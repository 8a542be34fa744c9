#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# rekey main|ikev2: soft lifetimes of about 20 s under a load of 50 packets a second.
# shellcheck disable=SC1091
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/talk-files.sh"
enter_realm "rekey-$1"
mode=$1

make_hosts h1=10.7.0.1/24 h2=10.7.0.2/24 || { not_ok hosts "cannot make the hosts"; exit; }
talk_host h1 "$mode" 10.7.0.1 10.7.0.9 10.7.0.2
talk_host h2 "$mode" 10.7.0.2 10.7.0.9 10.7.0.1
for host in h1 h2; do
	sed -i 's/lifetime time 8 hours/lifetime time 25 sec/' "$here/$host/ringtail.conf"
	must "$host-policies" setkey "$host" "$here/$host/ipsec-tools.conf"
	must "$host-starts" start_ringtail "$host"
done

# three_rekeys HOST ADDRESS: at least four generations, at most two at a time
three_rekeys() {
	sas "$1" "$2"
	why="$spis SAs to $2 seen on $1, $max at a time"
	((spis >= 4 && max <= 2))
}

flow udp h1 10.7.0.1 h2 10.7.0.2 5000
flow udp h2 10.7.0.2 h1 10.7.0.1 5001
traffic load -r 50 -d "${REKEY_MS:-78000}" -g 1000 -w "$realm-h1" -w "$realm-h2"
check zero-loss none_lost
for host in h1 h2; do
	check "$host-three-rekeys-in" three_rekeys $host 10.7.0.1
	check "$host-three-rekeys-out" three_rekeys $host 10.7.0.2
done
