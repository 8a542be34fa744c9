#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# interop [PATTERN]: ringtail with strongSwan.  One daemon each, and one pair of addresses for every combination of
#
#	IKEv1, IKEv2  x  who starts  x  transport, tunnel  x  AES-CBC with SHA-256, AES-GCM  x  PFS, no PFS
#
# so that all 32 are up at once.  Each must carry UDP and TCP, keep carrying them without a loss while either side rekeys,
# and never have more than two pairs of SAs.
# shellcheck disable=SC1091
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
. "${RINGTAIL_SRCDIR:-.}/tests/lab/strongswan.sh"
enter_realm interop

names=()
for version in 1 2; do
	for starter in we they; do
		for mode in transport tunnel; do
			for esp in cbc gcm; do
				for pfs in pfs nopfs; do
					name=v$version-$starter-$mode-$esp-$pfs
					# shellcheck disable=SC2053
					[[ $name == ${1:-*} ]] && names+=("$name")
				done
			done
		done
	done
done

# combination N: our address $we, theirs $they; what the traffic goes between, $near and $far
combination() {
	IFS=- read -r version starter mode esp pfs <<< "${names[$1]}"
	version=${version#v}
	we=10.8.$1.1 they=10.8.$1.2
	if [ "$mode" = tunnel ]; then near=10.9.$1.1 far=10.9.$1.2; else near=$we far=$they; fi
}

write_racoon_conf() {
	local dir=$here/we n
	{
		ringtail_extras we
		echo "path pre_shared_key \"$dir/psk.txt\";"
		for n in "${!names[@]}"; do
			combination "$n"
			cat <<CONF
remote $they {
	exchange_mode $([ "$version" = 1 ] && echo main || echo ikev2);
	my_identifier address;
	lifetime time 24 hours;
	proposal {
		authentication_method pre_shared_key;
		encryption_algorithm aes 128;
		hash_algorithm sha256;
		dh_group $([ "$version" = 1 ] && echo modp2048 || echo curve25519);
	}
}
sainfo address $near any address $far any {
$([ "$pfs" = pfs ] && echo "	pfs_group modp2048;")
	lifetime time 8 hours;
	encryption_algorithm $([ "$esp" = cbc ] && echo aes 128 || echo aes_gcm_16 128);
	authentication_algorithm hmac_sha256;
	compression_algorithm deflate;
}
CONF
		done
	} > "$dir/ringtail.conf"
	for n in "${!names[@]}"; do
		echo "10.8.$n.2 lab secret of the interop realm"
	done > "$dir/psk.txt"
	chmod 600 "$dir/psk.txt"
}

write_policies() {
	local n level
	for n in "${!names[@]}"; do
		combination "$n"
		level="esp/transport//require"
		if [ "$mode" = tunnel ]; then
			echo "spdadd $near $far any -P out ipsec esp/tunnel/$we-$they/require;"
			echo "spdadd $far $near any -P in ipsec esp/tunnel/$they-$we/require;"
		else
			echo "spdadd $near $far any -P out ipsec $level;"
			echo "spdadd $far $near any -P in ipsec $level;"
		fi
	done > "$here/we/ipsec-tools.conf"
}

write_swanctl_conf() {
	local n proposals
	{
		echo "connections {"
		for n in "${!names[@]}"; do
			combination "$n"
			proposals=$([ "$esp" = cbc ] && echo aes128-sha256 || echo aes128gcm16)
			cat <<CONF
	c$n {
		version = $version
		local_addrs = $they
		remote_addrs = $we
		proposals = aes128-sha256-$([ "$version" = 1 ] && echo modp2048 || echo x25519)
		local {
			auth = psk
			id = $they
		}
		remote {
			auth = psk
			id = $we
		}
		children {
			c$n {
				mode = $mode
				esp_proposals = $proposals$([ "$pfs" = pfs ] && echo -modp2048)
				local_ts = $far/32
				remote_ts = $near/32
				start_action = trap
			}
		}
	}
CONF
		done
		printf '}\nsecrets {\n\tike-all {\n\t\tsecret = "lab secret of the interop realm"\n\t}\n}\n'
	} > "$here/they/swanctl.conf"
}

addresses() {
	local n list=
	for n in "${!names[@]}"; do
		list+=,10.8.$n.$1/16,10.9.$n.$1/16
	done
	echo "${list#,}"
}

# flows_of STARTER PROTO...: from the side that starts
flows_of() {
	local n starter_wanted=$1 proto
	shift
	for n in "${!names[@]}"; do
		combination "$n"
		[ "$starter" = "$starter_wanted" ] || continue
		for proto; do
			if [ "$starter" = we ]; then
				flow "$proto" we "$near" they "$far" $((5000 + n))
			else
				flow "$proto" they "$far" we "$near" $((5000 + n))
			fi
		done
	done
}

# each_came_up PROTO: one result for each combination
each_came_up() {
	local n from to
	for n in "${!names[@]}"; do
		combination "$n"
		if [ "$starter" = we ]; then from=we to=they; else from=they to=we; fi
		why="no figures"
		if line_of "$1" $from $to $((5000 + n)) && ((first_ms >= 0)); then
			ok "${names[$n]}/$1"
		else
			not_ok "${names[$n]}/$1" "${first_ms:+no answer to $sent packets}"
		fi
	done
}

# each_rekeyed SIDE COUNT: a combination has had COUNT generations of SAs by now, two at a time, and lost no packet.  IKEv1 has
# no answer to the last message of quick mode: the one packet that overtakes it meets a peer without the new SA.
each_rekeyed() {
	local n from to may_lose
	for n in "${!names[@]}"; do
		combination "$n"
		if [ "$starter" = we ]; then from=we to=they; else from=they to=we; fi
		line_of udp $from $to $((5000 + n)) || lost=99999
		sas we "$they"
		may_lose=$((version == 1 ? 1 : 0))
		if ((lost <= may_lose && spis >= $2 && max <= 2)); then
			ok "${names[$n]}/rekey-by-$1"
		else
			not_ok "${names[$n]}/rekey-by-$1" "lost $lost, $spis SAs in all, $max at a time"
		fi
	done
}

rekey_by_us() {
	local n
	for n in "${!names[@]}"; do
		ctl we rekey "10.8.$n.2" || not_ok "${names[$n]}/ikectl-rekey" "$why"
	done
}
rekey_by_them() {
	local n
	for n in "${!names[@]}"; do
		swan they --rekey --child "c$n" || not_ok "${names[$n]}/swanctl-rekey" "$why"
	done
}

# under_load NAME COMMAND: run COMMAND while every combination has traffic
under_load() {
	flows=()
	flows_of we udp
	flows_of they udp
	start_traffic "$1" -r 5 -d "${LOAD_MS:-20000}" -g 1000 -w "$realm-we"
	nap 1
	"$2"
	end_traffic "$1"
	each_rekeyed "$1" 2
}

if ! strongswan_here; then
	skip all "strongSwan is not installed"
	exit
fi
make_hosts "we=$(addresses 1)" "they=$(addresses 2)" || { not_ok hosts "cannot make the hosts"; exit; }
write_racoon_conf
write_policies
write_swanctl_conf
must policies setkey we "$here/we/ipsec-tools.conf"
must ringtail-starts start_ringtail we
must strongswan-starts start_strongswan they

tap_on
flows=()
flows_of we udp
flows_of they udp
traffic udp -1 -d 20000
cp "$here/udp.txt" "$here/first.txt"
each_came_up udp
flows=()
flows_of we tcp
flows_of they tcp
traffic tcp -1 -d 5000
each_came_up tcp
tap_off
check nothing-in-clear nothing_in_clear
under_load us rekey_by_us
under_load them rekey_by_them
