#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# demo [main|ikev2]: what contrib/quickstart demo shows.
# shellcheck disable=SC1091
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/talk-files.sh"
enter_realm demo
mode=${1:-main}
mesh=(h1 h2 h3)
declare -A address=([h1]=10.7.0.1 [h2]=10.7.0.2 [h3]=10.7.0.3)

# say TEXT: a headline; bold where that was asked for (quickstart knows whether it writes to a terminal)
say() {
	if [ -n "${LAB_BOLD:-}" ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n--- %s\n' "$*"; fi
}

give_up() {
	failures=1
	printf '\nThe demo failed: %s\n' "$why"
	for host in "${mesh[@]}"; do
		printf -- '--- log of %s\n' "$host"
		tail -n 15 "$here/$host/log" 2>/dev/null
	done
	exit 1
}

# all_pairs PROTO PORT
all_pairs() {
	local from to
	for from in "${mesh[@]}"; do
		for to in "${mesh[@]}"; do
			[ "$from" = "$to" ] || flow "$1" "$from" "${address[$from]}" "$to" "${address[$to]}" "$2"
		done
	done
}

print_traffic() {
	local line proto from to port sent back first
	for line in "${lines[@]}"; do
		read -r proto from to port _ sent _ back _ first _ <<< "$line"
		if ((first >= 0)); then first="first answer after $first ms"; else first="no answer"; fi
		printf '    %-4s %s -> %s  port %-5s %4d sent, %4d answered, %s\n' \
			"$proto" "${from#"$realm"-}" "${to#"$realm"-}" "$port" "$sent" "$back" "$first"
	done
}

# print_wire: what the tap saw, by kind
print_wire() {
	local row kind src dst a b n marked clear=0
	declare -A sum=()
	for row in "${tap_rows[@]}"; do
		read -r kind src dst a b n marked <<< "$row"
		case $kind in
		esp | espudp) kind='ESP, encrypted' ;;
		udp) if [[ $a == @(500|4500) ]]; then kind='IKE'; else kind="UDP in clear"; fi ;;
		tcp | icmp) kind="${kind^^} in clear" ;;
		arp | other) kind='ARP and the like' ;;
		esac
		sum[$kind]=$((${sum[$kind]:-0} + n))
		clear=$((clear + marked))
	done
	for kind in "${!sum[@]}"; do
		printf '    %6d packets  %s\n' "${sum[$kind]}" "$kind"
	done | sort -rn
	printf '    %6d packets in which the text that was sent can be read\n' "$clear"
}

# print_ctl HOST ARGUMENT...: what ikectl says there
print_ctl() {
	ctl "$@" || give_up
	printf '  %s# ikectl %s\n' "$1" "${*:2}"
	text="    ${text%$'\n'}"
	printf '%s\n\n' "${text//$'\n'/$'\n'    }"
}

say "Three hosts on one switch, each with the racoon.conf, psk.txt and ipsec-tools.conf of the talk:"
make_hosts h1=10.7.0.1/24 h2=10.7.0.2/24 h3=10.7.0.3/24 || { why="cannot make the namespaces"; give_up; }
for host in "${mesh[@]}"; do
	peers=()
	for other in "${mesh[@]}"; do
		[ "$other" = "$host" ] || peers+=("${address[$other]}")
	done
	talk_host "$host" "$mode" "${address[$host]}" 10.7.0.9 "${peers[@]}"
	setkey "$host" "$here/$host/ipsec-tools.conf" && start_ringtail "$host" || give_up
	printf '    %s  %s  setkey -f ipsec-tools.conf; ringtail -f ringtail.conf  (exchange_mode %s)\n' \
		"$host" "${address[$host]}" "$mode"
done

say "Nothing is set up yet. The first packet between two hosts starts the negotiation:"
tap_on
all_pairs udp 5000
all_pairs tcp 5001
traffic first -1 -d 8000
all_within 8000 || give_up
print_traffic
traffic steady -r 20 -d 2000
tap_off

say "Meanwhile a tap on the switch saw:"
print_wire
nothing_in_clear || give_up

say "SSH and ping stay in clear, as ipsec-tools.conf says:"
flows=()
flow tcp h1 10.7.0.1 h2 10.7.0.2 22
flow icmp h1 10.7.0.1 h3 10.7.0.3 0
tap_on
traffic clear -1 -d 3000
all_within 3000 || give_up
tap_off
print_wire

say "What each host knows (10.7.0.9 is the talk's puppet master, which has the day off):"
for host in "${mesh[@]}"; do
	print_ctl "$host" status
	print_ctl "$host" sas
done

say "Now h3 is cut off and loses power for five seconds, while everybody talks:"
flows=()
all_pairs udp 5002
cut h3
stop h3 KILL
ip -n "$realm-h3" xfrm state flush
traffic cut -d 5000 -r 5
print_traffic

say "... and it comes back, without anything it knew:"
mend h3
start_ringtail h3 || give_up
traffic back -1 -d 10000
all_within 10000 || give_up
print_traffic
print_ctl h1 status
print_ctl h3 status

say "That was ringtail. The daemons say goodbye:"
for host in "${mesh[@]}"; do
	stop "$host"
	printf '    %s: status %d, %d SAs left in the kernel\n' "$host" "$status" \
		"$(ip -n "$realm-$host" xfrm state | grep -c '^src')"
done
