# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# lab.sh - the words in which the lab's scenarios are written.  To be sourced; see tests/lab/README.
#
# A scenario runs in a realm of its own: namespaces with a common prefix, one switch, one folder.  Starting a process is dear
# in the guest (0.14 s), so everything here that can be done by bash alone is, and commands to ip go in batches.
#
#	LAB_BUILD	the build directory (programs are taken from there)
#	LAB_WORK	where the realms' folders are
#	LAB_LOGS	where the folder of a realm with failures is copied to; with LAB_KEEP, of any
#	LAB_KERNEL	kernel_interface of the daemons, if not auto

# shellcheck disable=SC2034
RINGTAIL=$LAB_BUILD/src/ringtail/ringtail IKECTL=$LAB_BUILD/src/ikectl/ikectl SETKEY=$LAB_BUILD/src/setkey/setkey
TRAFFIC=$LAB_BUILD/tests/lab/traffic TAP=$LAB_BUILD/tests/lab/tap LAUNCH=$LAB_BUILD/tests/lab/launch
LOOK=$LAB_BUILD/tests/lab/look INJECT=$LAB_BUILD/tests/lab/inject FDSTORE=$LAB_BUILD/tests/lab/fdstore
LAB_SRC=${RINGTAIL_SRCDIR:-.}/tests/lab
# all that PF_KEY has of it
sha256=hmac_sha256
[ "${LAB_KERNEL:-}" != pfkey ] || sha256=hmac_sha256_96
declare -A PID=()
realm='' here='' failures=0 tap_n=0

# ---- results ------------------------------------------------------------------------------------------------------

# Everything that reads the lab's output knows these three forms, and nothing else.
ok() { echo "ok $realm/$1"; }
skip() { echo "skip $realm/$1: ${2:-}"; }
not_ok() {
	local text=${2//$'\n'/ | }
	failures=$((failures + 1))
	echo "not ok $realm/$1: ${text:0:300}"
}

# check NAME COMMAND...: COMMAND says in $why what is wrong when it fails
check() {
	local name=$1
	shift
	why="$*"
	if "$@"; then ok "$name"; else not_ok "$name" "$why"; fi
}

# must NAME COMMAND...: the same, and without it the rest of the scenario makes no sense
must() {
	check "$@"
	((failures == 0)) || exit
}

# ---- waiting ------------------------------------------------------------------------------------------------------

# nap SECONDS: sleep without starting a process
nap() { read -r -t "$1" -u "$nap_fd" _ || :; }

# now_ms: milliseconds, in $now
now_ms() { now=${EPOCHREALTIME/[.,]/}; now=${now%???}; }

# wait_for SECONDS COMMAND...: until COMMAND succeeds
wait_for() {
	local end
	now_ms
	end=$((now + $1 * 1000))
	shift
	why=
	until "$@"; do
		now_ms
		if ((now >= end)); then
			why="waited in vain: $*${why:+: $why}"
			return 1
		fi
		nap 0.05
	done
}

# slurp FILE: its text, in $text
slurp() {
	text=
	[ -r "$1" ] || return 1
	IFS= read -r -d '' text < "$1"
	return 0
}

# file_says FILE TEXT
file_says() { slurp "$1" && [[ $text == *"$2"* ]]; }

# ---- the realm ----------------------------------------------------------------------------------------------------

# enter_realm NAME
enter_realm() {
	realm=$1${LAB_KERNEL:+-$LAB_KERNEL} here=$LAB_WORK/$1${LAB_KERNEL:+-$LAB_KERNEL}
	mkdir -p "$here"
	exec {nap_fd}<> <(:)
	trap leave_realm EXIT
}

leave_realm() {
	local host batch=
	for host in "${!PID[@]}"; do
		kill -KILL "${PID[$host]}" 2>/dev/null
	done
	for host in "${!PID[@]}"; do
		wait "${PID[$host]}" 2>/dev/null
	done
	if [[ ($failures -gt 0 || -n ${LAB_KEEP:-}) && -n ${LAB_LOGS:-} ]]; then
		mkdir -p "$LAB_LOGS" && cp -r "$here" "$LAB_LOGS/"
	fi
	if [ -z "${LAB_IN_GUEST:-}" ]; then
		for host in "${hosts[@]}" sw; do
			batch+="netns del $realm-$host"$'\n'
		done
		ip -batch - <<< "$batch"
	fi
	exit $((failures > 0))
}

# make_hosts NAME=ADDRESS/LENGTH[,ADDRESS/LENGTH...]...: namespaces on one switch
make_hosts() {
	local spec host batch="netns add $realm-sw"$'\n' addr addrs
	local switch="link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0"$'\n'
	hosts=()
	switch+="link set br0 addrgenmode none"$'\n'"link set br0 up"$'\n'
	for spec; do
		host=${spec%%=*}
		hosts+=("$host")
		batch+="netns add $realm-$host"$'\n'
		switch+="link add v-$host type veth peer name eth0 netns $realm-$host"$'\n'
		switch+="link set v-$host addrgenmode none"$'\n'"link set v-$host master br0"$'\n'"link set v-$host up"$'\n'
		mkdir -p "$here/$host"
	done
	ip -batch - <<< "$batch" && ip -n "$realm-sw" -batch - <<< "$switch" || return 1
	for spec; do
		host=${spec%%=*}
		batch="link set lo up"$'\n'"link set eth0 addrgenmode none"$'\n'"link set eth0 up"$'\n'
		IFS=, read -r -a addrs <<< "${spec#*=}"
		for addr in "${addrs[@]}"; do
			batch+="address add $addr dev eth0"$'\n'
		done
		ip -n "$realm-$host" -batch - <<< "$batch" || return 1
	done
}

# in_host HOST COMMAND...
in_host() {
	local host=$1
	shift
	"$LAUNCH" "$realm-$host" "$@"
}

# cut HOST / mend HOST: pull the cable, put it back
cut() { ip -n "$realm-sw" link set "v-$1" down; }
mend() { ip -n "$realm-sw" link set "v-$1" up; }

# ---- daemons ------------------------------------------------------------------------------------------------------

# start KEY LOG COMMAND...: in the background
start() {
	local key=$1 log=$2
	shift 2
	"$@" >> "$log" 2>&1 &
	PID[$key]=$!
}

running() { [ -n "${PID[$1]:-}" ] && kill -0 "${PID[$1]}" 2>/dev/null; }

# stop KEY [SIGNAL]: and wait; $status is its exit status
stop() {
	kill "-${2:-TERM}" "${PID[$1]}" 2>/dev/null
	await "$1"
}

# await KEY: until it has ended by itself, likewise; after a minute it is killed
await() {
	wait_for 60 gone "$1" || kill -KILL "${PID[$1]}" 2>/dev/null
	wait "${PID[$1]}" 2>/dev/null
	status=$?
	unset "PID[$1]"
}

# gone KEY: has it ended?  Bash keeps its exit status, and /proc the zombie's state.
gone() {
	local state
	read -r _ _ state _ 2>/dev/null < "/proc/${PID[$1]}/stat" || return 0
	[[ $state == Z ]]
}

# begin_ringtail HOST: with $here/HOST/ringtail.conf, which names $here/HOST/ctl.sock as adminsock
begin_ringtail() {
	[ -e "$here/$1/ctl.sock" ] && rm -f "$here/$1/ctl.sock"
	start "$1" "$here/$1/out" "$LAUNCH" "$realm-$1" "$RINGTAIL" -F -f "$here/$1/ringtail.conf" -l "$here/$1/log"
}

# start_ringtail HOST: the same, and wait until it answers
start_ringtail() {
	begin_ringtail "$1"
	wait_for 10 answers "$1" && return 0
	slurp "$here/$1/out"
	why="ringtail does not start: $text"
	return 1
}

# answers HOST: its control socket is there
answers() { [ -S "$here/$1/ctl.sock" ]; }

# ctl HOST ARGUMENT...: what ikectl says is in $text, its status is ours
ctl() {
	local host=$1 rc
	shift
	"$IKECTL" -s "$here/$host/ctl.sock" "$@" > "$here/$host/ctl.out" 2>&1
	rc=$?
	slurp "$here/$host/ctl.out"
	[ $rc = 0 ] || why="ikectl $*: status $rc: $text"
	return $rc
}

# setkey HOST FILE
setkey() {
	in_host "$1" "$SETKEY" -f "$2" > "$here/$1/setkey.out" 2>&1 && return 0
	slurp "$here/$1/setkey.out"
	why="setkey -f $2: $text"
	return 1
}

# ringtail_extras HOST: what every configuration of the lab needs besides the scenario's own text
ringtail_extras() {
	[ -z "${LAB_KERNEL:-}" ] || echo "kernel_interface $LAB_KERNEL;"
	mkdir -p "$here/$1/run" "$here/$1/state"
	printf 'path runtime "%s";\npath state "%s";\n' "$here/$1/run" "$here/$1/state"
	printf 'path pidfile "%s";\nlisten {\n\tadminsock "%s";\n}\n' "$here/$1/pid" "$here/$1/ctl.sock"
}

# ---- what is on the wire ------------------------------------------------------------------------------------------

# tap_on: begin to listen on the switch
tap_on() {
	tap_n=$((tap_n + 1))
	tap_file=$here/tap$tap_n
	start tap "$here/tap.out" "$TAP" "$realm-sw" br0 "$tap_file.pcap" "$tap_file.txt"
	wait_for 5 test -s "$tap_file.pcap"
}

# tap_off: stop; the rows seen are in the array $tap_rows
tap_off() {
	nap 0.1
	stop tap
	mapfile -t tap_rows < "$tap_file.txt"
}

# seen KIND SOURCE DESTINATION [PORT]: how many packets of that kind, in $count; "*" matches anything
seen() {
	local row kind src dst a b n _
	count=0
	for row in "${tap_rows[@]}"; do
		read -r kind src dst a b n _ <<< "$row"
		# shellcheck disable=SC2053
		if [[ $kind == $1 && $src == $2 && $dst == $3 && (${4:-*} == '*' || $a == "${4:-}" || $b == "${4:-}") ]]; then
			count=$((count + n))
		fi
	done
	((count > 0))
}

was_seen() { seen "$@" || { why="not on the wire: $*"; return 1; }; }
not_seen() { ! seen "$@" || { why="$count packets on the wire: $*"; return 1; }; }

# nothing_in_clear: no frame with the lab's payload, and nothing but ESP, IKE and ARP
nothing_in_clear() {
	local row kind src dst a b n marked
	for row in "${tap_rows[@]}"; do
		read -r kind src dst a b n marked <<< "$row"
		case $kind in
		esp | espudp | arp) ;;
		udp) [[ $a == @(500|4500) && $b == @(500|4500) ]] || { why="in clear: $row"; return 1; } ;;
		*) why="in clear: $row"; return 1 ;;
		esac
		if ((marked > 0)); then
			why="payload in clear: $row"
			return 1
		fi
	done
	[ ${#tap_rows[@]} -gt 0 ] || { why="the tap saw nothing"; return 1; }
}

# ---- traffic ------------------------------------------------------------------------------------------------------

# flow PROTO HOST ADDRESS HOST ADDRESS PORT: one argument for traffic, appended to the array $flows
flow() { flows+=("$1,$realm-$2,$3,$realm-$4,$5,$6"); }

# traffic NAME OPTION...: send along $flows; the lines it prints are in the array $lines, and in NAME.txt
traffic() {
	local name=$1
	shift
	"$TRAFFIC" "$@" "${flows[@]}" > "$here/$name.txt" 2> "$here/$name.err"
	traffic_done "$name" $?
}

# start_traffic NAME OPTION... and later end_traffic NAME: the same in the background
start_traffic() {
	local name=$1
	shift
	"$TRAFFIC" "$@" "${flows[@]}" > "$here/$name.txt" 2> "$here/$name.err" &
	PID[traffic-$name]=$!
}
end_traffic() {
	local rc
	wait "${PID[traffic-$1]}"
	rc=$?
	unset "PID[traffic-$1]"
	traffic_done "$1" $rc
}
traffic_done() {
	mapfile -t lines < "$here/$1.txt"
	if [ "$2" -gt 1 ]; then
		slurp "$here/$1.err"
		lines=()
		not_ok "traffic-$1" "$text"
		return 1
	fi
}

# line_of PROTO FROM TO PORT: the figures of one flow, in $sent $back $first_ms $lost $gap_ms $mark_ms $bad_ms
line_of() {
	local line
	for line in "${lines[@]}"; do
		if [[ $line == "$1 $realm-$2 $realm-$3 $4 "* ]]; then
			read -r _ _ _ _ _ sent _ back _ first_ms _ lost _ gap_ms _ mark_ms _ bad_ms <<< "$line"
			return 0
		fi
	done
	why="no such flow: $*"
	return 1
}

# all_within MS: every flow was answered, the first time within MS
all_within() {
	local line first
	why="no traffic"
	[ ${#lines[@]} -gt 0 ] || return 1
	for line in "${lines[@]}"; do
		[[ $line == sa\ * ]] && continue
		first=${line#* first_ms }
		first=${first%% *}
		if ((first < 0 || first > $1)); then
			why=$line
			return 1
		fi
	done
}

# lost_at_most N: after its first answer no flow lost more than N packets
lost_at_most() {
	local line lost first
	why="no traffic"
	[ ${#lines[@]} -gt 0 ] || return 1
	for line in "${lines[@]}"; do
		[[ $line == sa\ * ]] && continue
		lost=${line#* lost }
		lost=${lost%% *}
		first=${line#* first_ms }
		if [[ $first == -1* ]] || ((lost > $1)); then
			why=$line
			return 1
		fi
	done
}

# none_lost: after its first answer no flow lost a packet
none_lost() { lost_at_most 0; }

# marked_within MS: every flow had an answer within MS of the mark
marked_within() {
	local line mark
	why="no traffic"
	[ ${#lines[@]} -gt 0 ] || return 1
	for line in "${lines[@]}"; do
		[[ $line == sa\ * ]] && continue
		mark=${line#* mark_ms }
		mark=${mark%% *}
		if ((mark < 0 || mark > $1)); then
			why=$line
			return 1
		fi
	done
}

# good_after MS: later than MS behind the mark no flow lost a packet
good_after() {
	local line bad
	why="no traffic"
	[ ${#lines[@]} -gt 0 ] || return 1
	for line in "${lines[@]}"; do
		[[ $line == sa\ * ]] && continue
		bad=${line##* bad_ms }
		if ((bad > $1)); then
			why=$line
			return 1
		fi
	done
}

# worst COLUMN: the largest figure of that name among the flows, in $worst
worst() {
	local line value
	worst=-1
	for line in "${lines[@]}"; do
		[[ $line == sa\ * ]] && continue
		value=${line#* "$1" }
		value=${value%% *}
		((value > worst)) && worst=$value
	done
	return 0
}

# sas HOST ADDRESS: what -w saw of the SAs to ADDRESS: $max at a time, $spis in all
sas() {
	local line m n
	max=0 spis=0
	for line in "${lines[@]}"; do
		if [[ $line == "sa $realm-$1 "*" $2 max "* ]]; then
			read -r _ _ _ _ _ m _ n <<< "$line"
			max=$((max + m)) spis=$((spis + n))
		fi
	done
}

# at_most N: -w never saw more than N SAs from one address to another
at_most() {
	local line m _
	why="no SAs seen"
	for line in "${lines[@]}"; do
		[[ $line == sa\ * ]] || continue
		why=
		read -r _ _ _ _ _ m _ <<< "$line"
		if ((m > $1)); then
			why=$line
			return 1
		fi
	done
	[ -z "$why" ]
}
