# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# mesh.sh - a mesh of hosts h1, h2 ... that all require ESP of each other.  To be sourced after lab.sh.
#
# Unless a scenario says otherwise each host's daemon loads the policies itself, with policy_file.

declare -A address=()
mesh=() sites=()

# full: was the long form asked for?
full() { [ -n "${LAB_FULL:-}" ]; }

# full_or LONG SHORT: one of the two, in $chosen
full_or() { if full; then chosen=$1; else chosen=$2; fi; }

# mesh_hosts N: make them; $mesh has their names, ${address[NAME]} their addresses, $sites what look and inject take
mesh_hosts() {
	local n specs=()
	for ((n = 1; n <= $1; n++)); do
		mesh+=("h$n")
		address[h$n]=10.7.0.$n
		specs+=("h$n=10.7.0.$n/24")
		sites+=("$realm-h$n=10.7.0.$n")
	done
	make_hosts "${specs[@]}" && return 0
	not_ok hosts "cannot make the hosts"
	exit
}

# mesh_policies HOST: what it requires of everybody else
mesh_policies() {
	local own=${address[$1]} other
	for other in "${mesh[@]}"; do
		[ "$other" = "$1" ] && continue
		echo "spdadd $own ${address[$other]} any -P out ipsec esp/transport//require;"
		echo "spdadd ${address[$other]} $own any -P in ipsec esp/transport//require;"
	done
}

# Statements that a scenario wants in every configuration: at top level, in remote, in sainfo
mesh_top='' mesh_remote='' mesh_sainfo=''

# mesh_conf HOST MODE
mesh_conf() {
	local dir=$here/$1
	ringtail_extras "$1"
	echo "path pre_shared_key \"$dir/psk.txt\";"
	[ -n "${own_policies-yes}" ] && echo "policy_file \"$dir/ipsec-tools.conf\";"
	cat <<CONF
$mesh_top
remote anonymous {
	exchange_mode $2;
	$mesh_remote
	proposal {
		authentication_method pre_shared_key;
		encryption_algorithm aes 128;
		hash_algorithm sha256;
		dh_group $([ "$2" = ikev2 ] && echo x25519 || echo ecp256);
	}
}
sainfo anonymous {
	$mesh_sainfo
	encryption_algorithm aes 128;
	authentication_algorithm $sha256;
	compression_algorithm deflate;
}
CONF
}

# mesh_files MODE: of all hosts
mesh_files() {
	local host
	for host in "${mesh[@]}"; do
		mesh_policies "$host" > "$here/$host/ipsec-tools.conf"
		mesh_conf "$host" "$1" > "$here/$host/ringtail.conf"
		echo "* lab secret of the mesh" > "$here/$host/psk.txt"
	done
	chmod 600 "$here"/*/psk.txt
}

# fail_closed: what no policy allows is blocked, in and out.  Whoever flushes all policies of a host then stops its traffic, and
# does not open it, until the daemon has put them back.
fail_closed() {
	local host
	for host in "${mesh[@]}"; do
		ip -n "$realm-$host" xfrm policy setdefault in block out block || { why="ip xfrm policy setdefault"; return 1; }
	done
}

# mesh_start: all daemons, one after another
mesh_start() {
	local host
	for host in "${mesh[@]}"; do
		[ -n "${own_policies-yes}" ] || setkey "$host" "$here/$host/ipsec-tools.conf" || return 1
		begin_ringtail "$host"
	done
	for host in "${mesh[@]}"; do
		wait_for 20 answers "$host" || { why="$host: $why"; return 1; }
	done
}

# mesh_flows PROTO PORT: from each host to each other
mesh_flows() {
	local from to
	for from in "${mesh[@]}"; do
		for to in "${mesh[@]}"; do
			[ "$from" = "$to" ] || flow "$1" "$from" "${address[$from]}" "$to" "${address[$to]}" "$2"
		done
	done
}

# mesh_clean MS [OPTION...]: look says so within MS; $clean_ms
mesh_clean() {
	local limit=$1 said
	shift
	"$LOOK" "$@" -t "$limit" "${sites[@]}" > "$here/look.out" 2>&1
	said=$?
	slurp "$here/look.out"
	why=${text%$'\n'}
	clean_ms=${why#clean }
	return $said
}

# mesh_spis FILE: all SAs, one a line
mesh_spis() { "$LOOK" -l "${sites[@]}" > "$1"; }

# spis_of FILE HOST: the lines of one host, in the array $spis
spis_of() {
	local all
	mapfile -t all < "$1"
	mapfile -t spis < <(printf '%s\n' "${all[@]}" | grep "^$realm-$2 ")
}

# same_spis FILE HOST: the host has the SAs it had when FILE was written
same_spis() {
	local before
	spis_of "$1" "$2"
	before=("${spis[@]}")
	mesh_spis "$here/now.spis"
	spis_of "$here/now.spis" "$2"
	why="${#before[@]} SAs before, ${#spis[@]} now, and not the same"
	[ "${before[*]}" = "${spis[*]}" ] && [ ${#spis[@]} -gt 0 ]
}

# new_spis FILE HOST: the host has as many SAs as when FILE was written, and none of those
new_spis() {
	local before line
	spis_of "$1" "$2"
	before=("${spis[@]}")
	mesh_spis "$here/now.spis"
	spis_of "$here/now.spis" "$2"
	why="${#before[@]} SAs before, ${#spis[@]} now"
	[ ${#before[@]} = ${#spis[@]} ] || return 1
	for line in "${spis[@]}"; do
		why="still there: $line"
		[[ " ${before[*]} " != *" $line "* ]] || return 1
	done
}

# mesh_up: traffic between all, until all have answered and the mesh is clean
mesh_up() {
	flows=()
	mesh_flows udp 5000
	traffic up -1 -r 2 -d 60000
	all_within 60000 && mesh_clean 10000
}

# all_running: no daemon has ended
all_running() {
	local host
	for host in "${mesh[@]}"; do
		running "$host" || { why="the daemon of $host has ended"; return 1; }
	done
}

# repairs_of HOST KIND: how many its daemon has counted, in $count; unlike "status" this does not have it look at its SAs
repairs_of() {
	count=0
	ctl "$1" --json counters || return 1
	[[ $text =~ \"repairs\":\[([^]]*)\] ]] || { why="no repairs in the counters of $1"; return 1; }
	if [[ ${BASH_REMATCH[1]} =~ \"kind\":\"$2\",\"count\":([0-9]+) ]]; then count=${BASH_REMATCH[1]}; fi
}

# sum_repairs KIND: of all hosts, in $sum
sum_repairs() {
	local host
	sum=0
	for host in "${mesh[@]}"; do
		repairs_of "$host" "$1" || return 1
		sum=$((sum + count))
	done
}
