#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# talk main|ikev2: a mesh of three hosts and a puppet master with the talk's own files.
# shellcheck disable=SC1091
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/talk-files.sh"
enter_realm "talk-$1"
mode=$1
declare -A address=([h1]=10.7.0.1 [h2]=10.7.0.2 [h3]=10.7.0.3 [puppet]=10.7.0.9)
mesh=(h1 h2 h3)
all=(h1 h2 h3 puppet)

write_files() {
	local host other peers
	for host in "${all[@]}"; do
		peers=()
		for other in "${mesh[@]}"; do
			[ "$other" = "$host" ] || peers+=("${address[$other]}")
		done
		talk_host "$host" "$mode" "${address[$host]}" "${address[puppet]}" "${peers[@]}"
	done
}

# every PROTO PORT: flows between every ordered pair of the mesh
every() {
	local from to
	for from in "${mesh[@]}"; do
		for to in "${mesh[@]}"; do
			[ "$from" = "$to" ] || flow "$1" "$from" "${address[$from]}" "$to" "${address[$to]}" "$2"
		done
	done
}

# to_puppet PROTO PORT
to_puppet() {
	local from
	for from in "${mesh[@]}"; do
		flow "$1" "$from" "${address[$from]}" puppet "${address[puppet]}" "$2"
	done
}

# for_every_pair COMMAND KIND [PORT]: COMMAND KIND SOURCE DESTINATION [PORT] for every ordered pair of the mesh
for_every_pair() {
	local from to
	for from in "${mesh[@]}"; do
		for to in "${mesh[@]}"; do
			[ "$from" = "$to" ] || "$1" "$2" "${address[$from]}" "${address[$to]}" "${3:-*}" || return 1
		done
	done
}

# accepts_conf HOST
accepts_conf() {
	"$RINGTAIL" -t -f "$here/$1/ringtail.conf" > "$here/$1/test.out" 2>&1 && return 0
	slurp "$here/$1/test.out"
	why="ringtail -t: $text"
	return 1
}

protected_pairs() {
	flows=()
	every udp 5000
	every tcp 5001
	tap_on
	traffic pairs -1 -d 8000
	check pairs-within-2s all_within 2000
	# once more with everything up: both directions of each pair, nothing lost
	traffic steady -d 3000 -r 20
	check pairs-lose-nothing none_lost
	tap_off
	check pairs-nothing-in-clear nothing_in_clear
	check pairs-esp-both-ways for_every_pair was_seen esp
}

exceptions_in_clear() {
	flows=()
	every tcp 22
	every icmp 0
	tap_on
	traffic exceptions -1 -d 3000
	check ssh-and-icmp-answered all_within 1000
	tap_off
	check ssh-in-clear for_every_pair was_seen tcp 22
	check icmp-in-clear for_every_pair was_seen icmp
}

puppet_port_protected() {
	flows=()
	to_puppet tcp 8140
	tap_on
	traffic puppet -1 -d 8000
	check puppet-8140-within-2s all_within 2000
	tap_off
	check puppet-8140-nothing-in-clear nothing_in_clear
	check puppet-8140-esp was_seen esp "${address[h1]}" "${address[puppet]}"
	flows=()
	to_puppet tcp 8080
	to_puppet udp 5000
	tap_on
	traffic puppet-clear -1 -d 3000
	check puppet-others-answered all_within 1000
	tap_off
	check puppet-others-in-clear was_seen tcp "${address[h1]}" "${address[puppet]}" 8080
	check puppet-others-no-esp not_seen esp '*' "${address[puppet]}"
}

# peer_shown HOST PEER: ikectl on HOST knows the address of PEER
peer_shown() {
	ctl "$1" status || return 1
	ctl "$1" sas || return 1
	[[ $text == *"${address[$2]}"* ]] || { why="ikectl sas on $1 does not show $2: $text"; return 1; }
	ctl "$1" --json sas || return 1
	[[ $text == *"${address[$2]}"* && $text != *foobarbaz* ]] || { why="ikectl --json sas: $text"; return 1; }
}

# h3 loses everything it knew; its first packets bring it back
reboot_of_one() {
	local other
	stop h3 KILL
	ip -n "$realm-h3" xfrm state flush
	check reboot-starts start_ringtail h3
	flows=()
	for other in h1 h2; do
		flow udp h3 "${address[h3]}" "$other" "${address[$other]}" 5002
	done
	traffic reboot -1 -d 8000
	check reboot-back-within-2s all_within 2000
	flows=()
	every udp 5003
	traffic reboot-all -1 -d 8000
	check reboot-all-pairs all_within 2000
}

# no_sa_with HOST ADDRESS
no_sa_with() {
	ip -n "$realm-$1" xfrm state > "$here/$1/xfrm.out"
	slurp "$here/$1/xfrm.out"
	[[ $text != *"$2"* ]] || { why="SAs with $2 are left on $1: $text"; return 1; }
}

# What ends with "ikectl shutdown --close" takes away what is ours and nothing else, and the others hear of it; TERM leaves all
goodbye() {
	local foreign=192.0.2.77
	ip -n "$realm-h1" xfrm state add src "${address[h1]}" dst $foreign proto esp spi 0x7777 mode transport \
		enc 'cbc(aes)' 0x00112233445566778899aabbccddeeff auth-trunc 'hmac(sha256)' \
		0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 128
	check close ctl h1 shutdown --close
	await h1
	check close-status test "$status" = 0
	check close-deletes-ours no_sa_with h1 "${address[h2]}"
	ip -n "$realm-h1" xfrm state > "$here/h1/xfrm.out"
	check close-keeps-foreign file_says "$here/h1/xfrm.out" $foreign
	ip -n "$realm-h1" xfrm policy > "$here/h1/xfrm.out"
	check close-keeps-policies file_says "$here/h1/xfrm.out" "${address[h2]}"
	check close-tells-peers wait_for 3 no_sa_with h2 "${address[h1]}"
	stop h2
	check term-status test "$status" = 0
	ip -n "$realm-h2" xfrm state > "$here/h2/xfrm.out"
	check term-keeps-ours file_says "$here/h2/xfrm.out" "${address[h3]}"
}

make_hosts h1=10.7.0.1/24 h2=10.7.0.2/24 h3=10.7.0.3/24 puppet=10.7.0.9/24 || { not_ok hosts "cannot make the hosts"; exit; }
write_files
for host in "${all[@]}"; do
	must "$host-conf" accepts_conf "$host"
	must "$host-policies" setkey "$host" "$here/$host/ipsec-tools.conf"
done
for host in "${all[@]}"; do
	must "$host-starts" start_ringtail "$host"
done
protected_pairs
exceptions_in_clear
puppet_port_protected
check ikectl-h1 peer_shown h1 h2
check ikectl-h2 peer_shown h2 h3
reboot_of_one
goodbye
