# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# strongswan.sh - start and steer strongSwan in a lab host.  To be sourced after lab.sh.

# strongswan_here: are its programs installed?
strongswan_here() { command -v charon-systemd >/dev/null && command -v swanctl >/dev/null; }

# start_strongswan HOST: with $here/HOST/swanctl.conf
start_strongswan() {
	local dir=$here/$1
	cat > "$dir/strongswan.conf" <<CONF
charon-systemd {
	load = random nonce openssl pem pkcs1 pkcs8 pubkey x509 constraints kdf hmac gcm aes sha2 curve25519 kernel-netlink socket-default vici counters
	install_routes = no
	install_virtual_ip = no
	plugins {
		vici {
			socket = unix://$dir/vici
		}
	}
	filelog {
		log {
			path = $dir/log
			flush_line = yes
			ike_name = yes
			default = 1
			cfg = 2
		}
	}
	journal {
		default = -1
	}
}
swanctl {
	load = random openssl pem
}
CONF
	STRONGSWAN_CONF=$dir/strongswan.conf start "$1" "$dir/out" ip netns exec "$realm-$1" charon-systemd
	wait_for 20 test -S "$dir/vici" && swan "$1" --load-all --file "$dir/swanctl.conf"
}

# swan HOST ARGUMENT...: what swanctl says is in $text
swan() {
	local dir=$here/$1 rc
	shift
	STRONGSWAN_CONF=$dir/strongswan.conf swanctl "$@" --uri "unix://$dir/vici" > "$dir/swanctl.out" 2>&1
	rc=$?
	slurp "$dir/swanctl.out"
	[ $rc = 0 ] || why="swanctl $*: status $rc: $text"
	return $rc
}
