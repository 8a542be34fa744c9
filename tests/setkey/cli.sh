#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# cli.sh: every option of setkey, on this machine's kernel in a network namespace of its own.  What needs an SA is in tests/lab.
set -u
setkey=$(cd "${RINGTAIL_BUILDDIR:-.}" && pwd)/src/setkey/setkey
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
if [ -z "${SETKEY_CLI_INSIDE:-}" ]; then
	unshare -n true 2>/dev/null || { echo "no network namespaces here"; exit 77; }
	unshare -n "$setkey" -DP > "$work/out" 2>&1 || { cat "$work/out"; exit 77; }
	SETKEY_CLI_INSIDE=1 unshare -n bash "$0"
	exit
fi
bad=0
export TZ=UTC
unset RINGTAIL_RUNDIR

# is STATUS TEXT COMMAND...: both outputs together, without what differs from run to run
is() {
	local want=$1 text=$2 got status
	shift 2
	got=$("$@" 2>&1)
	status=$?
	got=$(sed -E -e 's/[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}/DATE/g; s/spid=[0-9]+/spid=N/; s/pid=[0-9]+/pid=N/' \
		-e 's/^[0-9:.]{10,18} /TIME /' <<< "$got")
	if [ $status != "$want" ] || [ "$got" != "$text" ]; then
		printf 'not ok: %s: status %d instead of %d\n--- want\n%s\n--- got\n%s\n' "$*" $status "$want" "$text" "$got"
		bad=1
	fi
}

# has STATUS TEXT COMMAND...: the output contains TEXT
has() {
	local want=$1 text=$2 got status
	shift 2
	got=$("$@" 2>&1)
	status=$?
	if [ $status != "$want" ] || [[ $got != *"$text"* ]]; then
		printf 'not ok: %s: status %d instead of %d, and not "%s" in\n%s\n' "$*" $status "$want" "$text" "$got"
		bad=1
	fi
}

# ---- what needs no kernel
has 0 "setkey (ringtail) " "$setkey" -V
has 0 "usage: setkey" "$setkey" -h
has 1 "usage: setkey" "$setkey"
has 1 "usage: setkey" "$setkey" -q
has 1 "usage: setkey" "$setkey" -D extra
has 1 "usage: setkey" "$setkey" -K netlink -D
has 1 "No such file" "$setkey" -f "$work/none"

# ---- -f, -n, -c, -k, -r, -v, -R
in_policy='spdadd 10.0.0.1 10.0.0.2 any -P in ipsec esp/transport//require;'
echo "$in_policy" > "$work/in.conf"
is 0 "" "$setkey" -nf "$work/in.conf"
is 0 "No SPD entries." "$setkey" -DP
is 0 "" "$setkey" -f "$work/in.conf"
is 1 "The result of line 1: File exists." "$setkey" -f - <<< "$in_policy"
both=$'10.0.0.1[any] 10.0.0.2[any] 255\n\tfwd prio def ipsec\n\tesp/transport//require
\tcreated: DATE  lastused:                     \n\tlifetime: 0(s) validtime: 0(s)\n\tspid=N seq=1 pid=N\n\trefcnt=2
10.0.0.1[any] 10.0.0.2[any] 255\n\tin prio def ipsec\n\tesp/transport//require
\tcreated: DATE  lastused:                     \n\tlifetime: 0(s) validtime: 0(s)\n\tspid=N seq=0 pid=N\n\trefcnt=2'
is 0 "$both" "$setkey" -DP
is 0 "$both" "$setkey" -D -P
is 0 "$both" "$setkey" -K xfrm -PD
is 0 "" "$setkey" -FP
is 0 "No SPD entries." "$setkey" -PD
is 0 "" "$setkey" -kf "$work/in.conf"
is 0 "${both#*refcnt=2$'\n'}" "$setkey" -DP
is 0 "" "$setkey" -F -P
is 0 "" "$setkey" -k -r -f "$work/in.conf"
is 0 "$both" "$setkey" -DP
has 0 $'fwd prio def ipsec\n' "$setkey" -vc <<< "spdflush; $in_policy"
has 0 "2 as they were, 0 added, 0 changed, 0 removed." "$setkey" -vf - <<< "spdflush; $in_policy"
has 0 $'in prio def ipsec\n' "$setkey" -vRf - <<< "spdflush; $in_policy"
is 1 $'line 1: syntax error at [x]\nparse failed, line 1.\nline 2: syntax error at [y]\nparse failed, line 2.' \
	"$setkey" -nc <<< $'x;\ny;'
is 1 $'line 1: syntax error at [x]\nparse failed, line 1.\nsetkey: -: nothing was changed' "$setkey" -f - <<< 'spdflush; x;'
is 0 "$both" "$setkey" -DP
is 0 "No SPD entries." "$setkey" -c <<< 'spdflush; spddump; exit; nonsense'

# ---- a script
{ echo "#!$setkey -f"; echo "$in_policy"; } > "$work/script"
chmod +x "$work/script"
is 0 "" "$work/script"
is 0 "$both" "$setkey" -DP

# ---- -D, -a, -p, -l, -F of SAs: larval ones, as this kernel may have no others
is 0 "No SAD entries." "$setkey" -D
ip xfrm state allocspi src 10.0.0.1 dst 10.0.0.2 proto esp mode transport reqid 7 min 0x1000 max 0x1000 > "$work/spi"
has 0 $'10.0.0.1 10.0.0.2 \n\tesp mode=transport spi=4096(0x00001000) reqid=7(0x00000007)' "$setkey" -D
has 0 "state=larval " "$setkey" -D
has 0 $'10.0.0.1[0] 10.0.0.2[0] \n' "$setkey" -Dp
has 0 "state=larval " "$setkey" -Da
has 124 "time p   s spi      ltime   src -> dst" timeout 1 "$setkey" -lD
has 124 " esp l 00001000 " timeout 1 "$setkey" -Dl
is 0 "" "$setkey" -F
is 0 "No SAD entries." "$setkey" -D

# ---- -x, -xx, -H
for option in -x -xx -xH; do
	"$setkey" $option > "$work/watch$option" 2>&1 &
	watchers+=($!)
done
sleep 0.5
is 0 "" "$setkey" -c <<< "spdflush; $in_policy spdupdate 10.0.0.1 10.0.0.2 any -P in discard;
	spddelete 10.0.0.1 10.0.0.2 any -P in;"
sleep 0.5
kill "${watchers[@]}"
wait "${watchers[@]}" 2>/dev/null
lines=$'TIME spdflush pid=N
TIME spdadd 10.0.0.1[any] 10.0.0.2[any] 255 in prio def ipsec esp/transport//require spid=N pid=N
TIME spdadd 10.0.0.1[any] 10.0.0.2[any] 255 fwd prio def ipsec esp/transport//require spid=N pid=N
TIME spdupdate 10.0.0.1[any] 10.0.0.2[any] 255 in prio def discard spid=N pid=N
TIME spdupdate 10.0.0.1[any] 10.0.0.2[any] 255 fwd prio def discard spid=N pid=N
TIME spddelete 10.0.0.1[any] 10.0.0.2[any] 255 in prio def discard spid=N pid=N
TIME spddelete 10.0.0.1[any] 10.0.0.2[any] 255 fwd prio def discard spid=N pid=N'
is 0 "$lines" cat "$work/watch-x"
is 0 "$lines" cat "$work/watch-xx"
is 0 "$lines" grep -v $'^\t[0-9a-f]' "$work/watch-xH"
grep -qE '^[0-9]{9,}\.[0-9]{6} spdflush' "$work/watch-xx" || { echo "not ok: -xx has no raw times"; bad=1; }
grep -qE $'^\t[0-9a-f]{8}( [0-9a-f]{8}){7}$' "$work/watch-xH" || { echo "not ok: -xH has no hexadecimal"; bad=1; }

# ---- stored messages: a FLUSH of all, and one that ends early
printf '\2\11\0\0\2\0\0\0\5\0\0\0\7\0\0\0' > "$work/messages"
is 0 $'FLUSH(9) length=16 errno=0 seq=5 pid=N\nflush all pid=N' "$setkey" "$work/messages"
is 0 $'FLUSH(9) length=16 errno=0 seq=5 pid=N\n\t02090000 02000000 05000000 07000000\nflush all pid=N' "$setkey" -H "$work/messages"
head -c 12 "$work/messages" > "$work/short"
has 1 "not a file of PF_KEY messages, or not to its end" "$setkey" "$work/short" "$work/messages"

# ---- the daemon's files
mkdir "$work/run"
echo "$work/in.conf" > "$work/run/policy_files"
export RINGTAIL_RUNDIR=$work/run
has 2 "in.conf belongs to ringtail" "$setkey" -f "$work/in.conf"
is 0 "" "$setkey" -Rf "$work/in.conf"
has 0 "nothing was changed" "$setkey" -f "$work/in.conf"
exit $bad
