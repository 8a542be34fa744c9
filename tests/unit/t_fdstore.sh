#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# t_fdstore.sh: the daemon under a service manager (tests/lab/fdstore) in network namespaces of its own, restarted by SIGTERM and SIGKILL.
# Works on kernels without ESP: what goes on are sockets and IKE SAs.  Skipped (77) where namespaces cannot be made.
set -u
build=$(cd "${RINGTAIL_BUILDDIR:-.}" && pwd)
self=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
if [ "${1:-}" != inside ]; then
	for tool in unshare nsenter ip; do
		type $tool >/dev/null 2>&1 || { echo "no $tool"; exit 77; }
	done
	unshare -n true 2>/dev/null || { echo "no network namespaces here"; exit 77; }
	exec unshare -n bash "$self" inside
fi

dir=$(mktemp -d)
a=10.99.0.1 b=10.99.0.2 bad=0 manager='' daemon_b='' far=''
ringtail=$build/src/ringtail/ringtail ikectl=$build/src/ikectl/ikectl
trap 'kill $manager $daemon_b $far 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT

fail() {
	echo "not ok $mode: $*"
	tail -n 20 "$dir/a.log" "$dir/b.log" "$dir/fd.log"
	bad=1
}

# within SECONDS COMMAND...: until it succeeds
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

in_b() { nsenter -t "$far" -n "$@"; }
# lines FILE TEXT: how many of them
lines() { grep -c -- "$2" "$dir/$1"; }
has() { [ "$(lines "$1" "$2")" -ge "$3" ]; }
cookies() { (exec -a racoonctl "$ikectl" -s "$dir/a.sock" show-sa isakmp) 2>/dev/null | grep -oE '[0-9a-f]{16}:[0-9a-f]{16}'; }
pid_a() { awk '$1 == "start" { pid = $2 } END { print pid }' "$dir/fd.log"; }
# The sockets on IKE's ports, by inode.
sockets() { awk '$2 ~ /:(01F4|1194)$/ { print $2, $10 }' /proc/net/udp /proc/net/udp6 | sort; }

# The control socket, by inode.
control() { awk -v path="$dir/a.sock" '$8 == path { print $7 }' /proc/net/unix; }

configure() {
	local mode=$mode
	case $mode in ikev2*|main) mode=${mode%% *} ;; *) mode=ikev2 ;; esac
	printf '%s secret-of-the-test\n%s secret-of-the-test\n' $a $b > "$dir/psk.txt"
	chmod 600 "$dir/psk.txt"
	for h in a b; do
		cat > "$dir/$h.conf" <<-END
			path pre_shared_key "$dir/psk.txt"; path pidfile "$dir/$h.pid"; path runtime "$dir/$h.run"; path state "$dir/$h.state";
			listen { adminsock "$dir/$h.sock"; isakmp $([ $h = a ] && echo $a || echo $b)[500]; isakmp_natt $([ $h = a ] && echo $a || echo $b)[4500]; }
			remote anonymous { exchange_mode $mode; proposal { encryption_algorithm aes; hash_algorithm sha256;
			  authentication_method pre_shared_key; dh_group ecp256; } }
			sainfo anonymous { encryption_algorithm aes; authentication_algorithm hmac_sha256; compression_algorithm deflate; }
		END
	done
}

start() {
	rm -f "$dir"/*.log
	nsenter -t "$far" -n "$ringtail" -F -f "$dir/b.conf" -l "$dir/b.log" > /dev/null 2>&1 &
	daemon_b=$!
	# what is used after its end does not look as before (glibc); a sign of life is wanted twice a second
	MALLOC_PERTURB_=165 WATCHDOG_USEC=500000 \
		"$build/tests/lab/fdstore" -n "${most:-512}" "$ringtail" -F -f "$dir/a.conf" -l "$dir/a.log" > "$dir/fd.log" 2>&1 &
	manager=$!
	within 10 has fd.log '^ready' 1 || fail "the daemon is not ready"
	within 10 test -S "$dir/b.sock" || fail "the peer is not ready"
}

stop() {
	kill $manager $daemon_b 2>/dev/null
	wait $manager $daemon_b 2>/dev/null
	manager='' daemon_b=''
}

policies() { # policies FROM TO: as setkey reads them
	printf 'spdflush; spdadd %s %s any -P out ipsec esp/transport//require; spdadd %s %s any -P in ipsec esp/transport//require;\n' \
		"$1" "$2" "$2" "$1"
}

# restarted SIGNAL NTH: by the manager, and ready
restarted() {
	kill -"$1" $manager
	within 15 has fd.log '^ready' "$2" || fail "not ready again after $1"
}

# interrupted NTH: restarted by a manager that takes its time, while signals come in
interrupted() {
	local daemon terms
	daemon=$(pid_a) terms=$(lines a.log 'caught signal 15')
	kill -STOP $manager
	kill -TERM "$daemon"
	within 5 has a.log 'caught signal 15' $((terms + 1)) || fail "no end was asked for"
	for _ in 1 2 3; do
		sleep 0.1
		kill -HUP "$daemon"
	done
	kill -USR1 $manager
	kill -CONT $manager
	within 15 has fd.log '^ready' "$1" || fail "not ready again after signals"
	[ "$(lines a.log 'could not be handed over')" = 0 ] || fail "a signal has kept the state from being handed over"
	has a.log 'took over 1 IKE SAs' $(($1 - 1)) || fail "nothing was taken over after signals"
}

story() {
	local was sockets_were
	configure
	start
	timeout 10 "$ikectl" -s "$dir/a.sock" up $b > /dev/null 2>&1
	within 10 has a.log 'ISAKMP-SA established' 1 || { fail "no IKE SA"; return; }
	was=$(cookies) sockets_were=$(sockets)
	[ -n "$was" ] || fail "ikectl shows no IKE SA"
	[ "$(wc -l <<< "$sockets_were")" = 2 ] || fail "not two sockets: $sockets_were"
	for nth in 1 2; do
		restarted USR1 $((nth + 1))
		has a.log 'took over 1 IKE SAs' $nth || fail "restart $nth: nothing was taken over"
		has fd.log '^store state' $nth || fail "restart $nth: no state in the store"
		has fd.log '^remove state' $nth || fail "restart $nth: the state was not taken out of the store"
		[ "$(cookies)" = "$was" ] || fail "restart $nth: IKE SA $(cookies) instead of $was"
		[ "$(sockets)" = "$sockets_were" ] || fail "restart $nth: other sockets"
	done
	interrupted 4
	[ "$(lines b.log 'ISAKMP-SA established')" = 1 ] || fail "the peer has negotiated again"
	[ "$(lines b.log 'ISAKMP-SA deleted')" = 0 ] || fail "the peer was told of an end"
	# keys and message ids go on: the peer understands the end
	timeout 10 "$ikectl" -s "$dir/a.sock" down $b > /dev/null 2>&1
	within 10 has b.log 'ISAKMP-SA deleted' 1 || fail "the peer did not understand the end"
	restarted USR2 5
	[ "$(sockets)" = "$sockets_were" ] || fail "killed: other sockets"
	[ "$(lines a.log 'took over')" = 3 ] || fail "killed: something was taken over"
	within 5 timeout 5 "$ikectl" -s "$dir/a.sock" status > /dev/null || fail "killed: the control socket does not answer"
	# somebody has removed the control socket: a new one, and that is kept
	rm "$dir/a.sock"
	restarted USR1 6
	within 5 timeout 5 "$ikectl" -s "$dir/a.sock" status > /dev/null || fail "no new control socket"
	was=$(control)
	restarted USR1 7
	[ -n "$was" ] && [ "$(control)" = "$was" ] || fail "the new control socket was not kept: $(grep '^start' "$dir/fd.log")"
	kill -HUP $manager
	within 5 has fd.log '^remove \*' 1
	restarted USR1 8
	[ "$(lines fd.log '^start .* 1$')" = 1 ] || fail "an empty store, but for the state: $(grep '^start' "$dir/fd.log")"
	[ "$(sockets)" != "$sockets_were" ] || fail "the sockets came back from nowhere"
	stop
	[ "$(grep '^exit' "$dir/fd.log" | awk '$3 != 0 && $3 != 137' | wc -l)" = 0 ] || fail "an end that was not clean: $(grep '^exit' "$dir/fd.log")"
	[ $bad = 0 ] && echo "ok $mode"
}

# A store that the sockets fill: the state has precedence, one socket or two are made anew.
full_story() {
	local was nth
	most=$1 mode="$2 with room for $1"
	configure
	start
	timeout 10 "$ikectl" -s "$dir/a.sock" up $b > /dev/null 2>&1
	within 10 has a.log 'ISAKMP-SA established' 1 || { fail "no IKE SA"; return; }
	was=$(cookies)
	for nth in 1 2; do
		restarted USR1 $((nth + 1))
		has a.log 'took over 1 IKE SAs' $nth || fail "restart $nth: nothing was taken over"
		[ "$(cookies)" = "$was" ] || fail "restart $nth: IKE SA $(cookies) instead of $was"
		[ "$(sockets | wc -l)" = 2 ] || fail "restart $nth: not two sockets"
	done
	stop
	most=''
	[ $bad = 0 ] && echo "ok $mode"
}

# odd NAME=VALUE...: started by hand with that, and with descriptors 3 to 5 that are none of ours: it serves and ends as always
odd() {
	local status
	: > "$dir/a.log"
	rm -f "$dir/a.sock"
	( exec 3< "$dir/psk.txt" 4> "$dir/theirs" 5<> "$dir/theirs"
	  for setting; do export "${setting/SELF/$BASHPID}"; done
	  exec "$ringtail" -F -f "$dir/a.conf" -l "$dir/a.log" > "$dir/fd.log" 2>&1 ) &
	manager=$!
	within 5 test -S "$dir/a.sock" && timeout 5 "$ikectl" -s "$dir/a.sock" status > /dev/null || fail "does not serve: $*"
	! has a.log 'took over' 1 || fail "something was taken over: $*"
	kill -TERM $manager
	wait $manager
	status=$?
	manager=''
	[ $status = 0 ] || fail "ends with $status: $*"
	[ ! -e "$dir/a.sock" ] || fail "the control socket stays: $*"
}

odd_environment() {
	configure
	rm -f "$dir"/*.log
	touch "$dir/b.log" "$dir/fd.log"
	odd
	odd LISTEN_FDS=3 LISTEN_PID=1 LISTEN_FDNAMES=state:control:state
	odd LISTEN_FDS=1 LISTEN_PID=SELF LISTEN_FDNAMES=state
	odd LISTEN_FDS=3 LISTEN_PID=SELF LISTEN_FDNAMES=state:control:state
	odd LISTEN_FDS=3 LISTEN_PID=SELF LISTEN_FDNAMES=ike.$a.500:natt.$a.4500:control
	odd LISTEN_FDS=3 LISTEN_PID=SELF
	odd LISTEN_FDS=3 LISTEN_PID=SELF LISTEN_FDNAMES=:::::
	odd LISTEN_FDS=4096 LISTEN_PID=SELF LISTEN_FDNAMES=state
	for n in 0 -1 4294967297 99999999999999999999 x ''; do
		odd LISTEN_FDS=$n LISTEN_PID=SELF LISTEN_FDNAMES=state
	done
	odd NOTIFY_SOCKET= WATCHDOG_USEC=x
	odd NOTIFY_SOCKET=relative WATCHDOG_USEC=-1
	odd "NOTIFY_SOCKET=$dir/nobody" LISTEN_FDS=1 LISTEN_PID=SELF LISTEN_FDNAMES=state
	odd "NOTIFY_SOCKET=/$(printf '%0200d' 0)" FDSTORE=1
	[ $bad = 0 ] && echo "ok $mode"
}

ip link set lo up
unshare -n sleep 300 &
far=$!
within 5 test "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$far/ns/net)"
ip link add va type veth peer name vb netns $far 2> /dev/null || { echo "no veth here"; exit 77; }
ip addr add $a/24 dev va && ip link set va up || exit 77
in_b sh -c "ip link set lo up; ip addr add $b/24 dev vb; ip link set vb up" || exit 77
policies $a $b | "$build/src/setkey/setkey" -c || { echo "no policies in this kernel"; exit 77; }
policies $b $a | in_b "$build/src/setkey/setkey" -c
for mode in ${MODES:-ikev2 main}; do
	story
done
mode='an odd environment' odd_environment
mode=ikev2
for room in 3 2 1; do
	full_story $room ikev2
done
exit $bad
