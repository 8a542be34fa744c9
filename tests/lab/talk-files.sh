# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# talk-files.sh - the configuration of tests/lab/talk for a mesh of our own.  To be sourced after lab.sh.
#
# The files are those of a talk on running racoon between all hosts of a site, word for word.  Their host 1.2.3.4 becomes
# each of ours in turn, 5.6.7.8 each of the others, and 5.6.7.9, the puppet master, our puppet master.

# talk_policies OWN PUPPET PEER...: ipsec-tools.conf of the host OWN
talk_policies() {
	local own=$1 puppet=$2 first=$3 peer
	shift 3
	sed -e "s/1\.2\.3\.4/$own/g; s/5\.6\.7\.8/$first/g; s/5\.6\.7\.9/$puppet/g" "$LAB_SRC/talk/ipsec-tools.conf"
	for peer; do
		sed -n -e "/^spdadd.*5\.6\.7\.8/{s/1\.2\.3\.4/$own/g; s/5\.6\.7\.8/$peer/g; p}" "$LAB_SRC/talk/ipsec-tools.conf"
	done
}

# talk_puppet_policies PUPPET HOST...: the other end of the lines about port 8140, and the exceptions
talk_puppet_policies() {
	local puppet=$1 host
	shift
	for host; do
		sed -n -e "/^spdadd.*8140/{s/1\.2\.3\.4/$host/g; s/5\.6\.7\.9/$puppet/g
			s/-P out/-P IN/; s/-P in/-P out/; s/-P IN/-P in/; p}" "$LAB_SRC/talk/ipsec-tools.conf"
	done
	sed -n -e '/none;$/p' "$LAB_SRC/talk/ipsec-tools.conf"
}

# talk_conf HOST MODE: racoon.conf with exchange_mode MODE
talk_conf() {
	ringtail_extras "$1"
	local sha256=hmac_sha256
	# all that PF_KEY has of it
	[ "${LAB_KERNEL:-}" != pfkey ] || sha256=hmac_sha256_96
	sed -e "s|/etc/racoon/psk.txt|$here/$1/psk.txt|; s/exchange_mode main/exchange_mode $2/; s/hmac_sha256/$sha256/" \
		"$LAB_SRC/talk/racoon.conf"
}

# talk_host HOST MODE ADDRESS PUPPET-ADDRESS PEER...: all files of one host
talk_host() {
	local host=$1 mode=$2 own=$3 puppet=$4 peer
	shift 4
	talk_conf "$host" "$mode" > "$here/$host/ringtail.conf"
	for peer in "$@" "$puppet"; do
		echo "$peer foobarbazfoobarbaz"
	done > "$here/$host/psk.txt"
	chmod 600 "$here/$host/psk.txt"
	if [ "$own" = "$puppet" ]; then
		talk_puppet_policies "$puppet" "$@"
	else
		talk_policies "$own" "$puppet" "$@"
	fi > "$here/$host/ipsec-tools.conf"
}
