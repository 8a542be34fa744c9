#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# setkey: what our setkey makes of recorded files is what setkey 0.9.1 made of them: in its dumps, and as ip(8) shows the kernel.
# shellcheck disable=SC1091
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
enter_realm setkey
make_hosts h=192.0.2.1/24 || exit 2
undump=$LAB_BUILD/tests/setkey/undump vectors=${RINGTAIL_SRCDIR:-.}/tests/vectors/setkey


# masked FILE: without what differs from run to run, and from one interface to the other
masked() {
	sed -E -e 's/[[:space:]]+$//' \
		-e 's/(created|current|last|lastused): [A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}/\1: DATE/g' \
		-e 's/diff: [0-9]+/diff: N/; s/spid=[0-9]+/spid=N/; s/ pid=[0-9]+/ pid=N/' "$1"
}

# alike NAME FILE: what $here/NAME says is what FILE says
alike() {
	why=$(diff <(masked "$here/$1") <(masked "$2") | head -5)
	[ -z "$why" ]
}

# same NAME NAME: the same, without the numbers that PF_KEY chooses
same() {
	why=$(diff <(masked "$here/$1" | sed -E 's/(unique#|reqid )[0-9]{5,}/\1N/') \
		<(masked "$here/$2" | sed -E 's/(unique#|reqid )[0-9]{5,}/\1N/') | head -5)
	[ -z "$why" ]
}

# loads DB: the SAD or SPD file; its dump, and the kernel's own view
loads() {
	local show=state option=-D
	[ "$1" = sad ] || { show=policy option=-DP; }
	check "$kernel-$1-loads" run_file "$vectors/$1.conf"
	in_host h "$SETKEY" -K "$kernel" "$option" > "$here/$1.dump"
	check "$kernel-$1-dump" same_as_recorded "$1.dump" "$vectors/$1.dump"
	in_host h ip xfrm "$show" > "$here/$1.xfrm"
	check "$kernel-$1-kernel" same_as_recorded "$1.xfrm" "$vectors/$1.xfrm"
	goes_around "$1" "$show" "$option"
}

same_as_recorded() {
	cp "$2" "$here/recorded"
	same "$1" recorded
}

# goes_around DB SHOW OPTION: the dump, read back, makes the same database, and the other interface shows the same
goes_around() {
	local other=xfrm
	[ "$kernel" = pfkey ] || other=pfkey
	in_host h "$SETKEY" -K "$other" "$3" > "$here/$1.other"
	check "$kernel-$1-other-shows" same "$1.dump" "$1.other"
	"$undump" < "$here/$1.dump" > "$here/$1.back"
	in_host h ip xfrm state flush
	in_host h ip xfrm policy flush
	check "$kernel-$1-read-back" run_file -k "$here/$1.back"
	in_host h "$SETKEY" -K "$kernel" "$3" > "$here/$1.dump2"
	check "$kernel-$1-goes-around" same "$1.dump" "$1.dump2"
	in_host h ip xfrm "$2" > "$here/$1.xfrm2"
	check "$kernel-$1-kernel-again" same "$1.xfrm" "$1.xfrm2"
}

# run_file [OPTION...] FILE: all of it, silently
run_file() {
	why=$(in_host h "$SETKEY" -K "$kernel" "${@:1:$#-1}" -f "${!#}" 2>&1)
	[ $? = 0 ] && [ -z "$why" ]
}

# says STATUS TEXT ARGUMENT...: setkey's answer to standard input
says() {
	local want=$1 text=$2 got status
	shift 2
	got=$(in_host h "$SETKEY" -K "$kernel" "$@" 2>&1)
	status=$?
	why="status $status: $got"
	[ $status = "$want" ] && [ "$got" = "$text" ]
}

statements() {
	check "$kernel-flush-first" says 0 "" -FP
	check "$kernel-talk-loads" run_file "$vectors/talk.conf"
	check "$kernel-refusal" says 1 "The result of line 2: File exists." -c << 'END'
spdflush; spdadd 10.0.0.1 10.0.0.2 any -P out none;
spdadd 10.0.0.1 10.0.0.2 any -P out none;
END
	check "$kernel-unknown" says 1 "The result of line 1: No entry." -c <<< "spddelete 10.0.0.9 10.0.0.2 any -P out;"
	check "$kernel-no-sa" says 1 "The result of line 1: No such process." -c <<< "delete 10.0.0.9 10.0.0.2 esp 5;"
	check "$kernel-goes-on" says 1 $'line 1: syntax error at [bogus]\nparse failed, line 1.\nNo SPD entries.' -c <<< "bogus; spdflush; spddump;"
	check "$kernel-stops" says 1 $'line 2: syntax error at [bogus]\nparse failed, line 2.' -f - << 'END'
spdadd 10.0.0.1 10.0.0.2 any -P out none;
bogus; spdflush;
END
	check "$kernel-stays" says 1 "The result of line 1: File exists." -c <<< "spdadd 10.0.0.1 10.0.0.2 any -P out none;"
	check "$kernel-parse-only" says 1 $'line 1: syntax error at [a]\nparse failed, line 1.\nline 2: syntax error at [b]\nparse failed, line 2.' -nf - << 'END'
a; spdflush;
b;
END
	check "$kernel-flush" says 0 "" -F
	check "$kernel-flush-policies" says 0 "" -FP
	check "$kernel-flushed" says 0 "No SAD entries." -D
	check "$kernel-flushed-policies" says 0 "No SPD entries." -DP
}

# watched PATTERN...: lines of -x, in order
watched() {
	local line pattern
	mapfile -t lines < "$here/watch"
	for pattern; do
		line=${lines[0]:-nothing}
		lines=("${lines[@]:1}")
		# shellcheck disable=SC2053
		[[ $line == $pattern ]] || { why="'$line' instead of '$pattern'"; return 1; }
	done
	why="${#lines[@]} lines more: ${lines[0]:-}"
	[ ${#lines[@]} = 0 ]
}

watch_on() {
	start watch "$here/watch" ip netns exec "$realm-h" "$SETKEY" -K "$kernel" -x
	nap 1
}
watch_off() {
	nap 0.5
	stop watch
}

key=0x00112233445566778899aabbccddeeff
spd_head=$'spdflush; flush;\nspdadd 10.0.0.1 10.0.0.2 any -P out ipsec esp/transport//require;\n'
sa="add 10.0.0.1 10.0.0.2 esp 0x1000 -E aes-cbc $key -A hmac-sha1 ${key}00010203;"

# a file that begins with a flush: what is right is not touched, what changes is replaced, what goes goes last, others' SAs stay
differences() {
	local text="$spd_head spdadd 10.0.0.2 10.0.0.1 any -P in ipsec esp/transport//require;"
	rm -f "$here/watch"
	check "$kernel-difference-first" says 0 "" -f - <<< "$text $sa"
	in_host h ip xfrm state add src 10.0.0.3 dst 10.0.0.4 proto esp spi 0x7777 mode transport enc 'cbc(aes)' $key
	watch_on
	check "$kernel-difference-none" says 0 "4 as they were, 0 added, 0 changed, 0 removed." -vf - <<< "$text $sa"
	check "$kernel-difference-some" says 0 "" -f - <<< "${text/esp\/transport/ah/transport} spdadd 10.0.0.1 10.0.0.9 any -P out discard;"
	check "$kernel-difference-less" says 0 "" -f - <<< "spdflush; spdadd 10.0.0.1 10.0.0.9 any -P out discard;"
	watch_off
	check "$kernel-difference-steps" watched \
		'* spdupdate 10.0.0.1* 10.0.0.2* ah/transport*' '* spdadd 10.0.0.1* 10.0.0.9* discard*' \
		'* spddelete *' '* spddelete *' '* spddelete *'
	check "$kernel-difference-error" says 1 $'line 1: syntax error at [bogus]\nparse failed, line 1.\nsetkey: -: nothing was changed' \
		-f - <<< "spdflush; bogus;"
	in_host h ip xfrm state count > "$here/count"
	check "$kernel-keeps-sas" file_says "$here/count" "SAD count 2"
	check "$kernel-literal" says 0 $'No SAD entries.\nNo SPD entries.' -Rf - <<< "flush; spdflush; dump; spddump;"
}

events() {
	rm -f "$here/watch"
	watch_on
	check "$kernel-events-made" says 0 "" -c << END
$sa delete 10.0.0.1 10.0.0.2 esp 0x1000; $sa flush esp;
spdadd 10.0.0.1 10.0.0.2 any -P out none; spdupdate 10.0.0.1 10.0.0.2 any -P out discard;
spddelete 10.0.0.1 10.0.0.2 any -P out; spdadd 10.0.0.1 10.0.0.2 any -P out none; spdflush;
END
	watch_off
	check "$kernel-events" watched \
		'??:??:??.* add esp 10.0.0.1 10.0.0.2 spi=4096(0x00001000) mode=transport reqid=0 aes-cbc hmac-sha1 pid=*' \
		'* delete esp 10.0.0.1 10.0.0.2 spi=4096*' '* add esp *' '* flush esp pid=*' \
		'* spdadd 10.0.0.1* 10.0.0.2* out prio def none *' '* spdupdate * discard *' '* spddelete *' '* spdadd *' '* spdflush*'
}

# the daemon's files are the daemon's
ownership() {
	local conf=$here/owned.conf says_so
	echo "spdadd 10.0.0.1 10.0.0.2 any -P out none;" > "$conf"
	mkdir -p "$here/run"
	echo "$conf" > "$here/run/policy_files"
	export RINGTAIL_RUNDIR=$here/run
	says_so="setkey: $conf belongs to ringtail, as $here/run/policy_files says: nothing was changed"
	check "$kernel-owned-differs" says 2 "$says_so
setkey: the kernel differs in 1 policy: 'ikectl config reload' makes the running daemon read the file, -R loads it all the same" \
		-f "$conf"
	check "$kernel-owned-literal" says 0 "" -Rf "$conf"
	check "$kernel-owned-same" says 0 "$says_so" -f "$conf"
	check "$kernel-owned-kept" says 0 "" -f - <<< "spdflush; spdadd 10.0.0.1 10.0.0.3 any -P out none;"
	in_host h ip xfrm policy > "$here/policies"
	check "$kernel-owned-stays" file_says "$here/policies" "dst 10.0.0.2/32"
	check "$kernel-owned-adds" file_says "$here/policies" "dst 10.0.0.3/32"
	check "$kernel-owned-not-changed" says 1 "The result of line 1: ringtail has this policy from a policy_file; change it there." \
		-f - <<< "spdflush; spdadd 10.0.0.1 10.0.0.2 any -P out discard;"
	unset RINGTAIL_RUNDIR
	in_host h ip xfrm policy flush
}

for kernel in xfrm pfkey; do
	if ! in_host h "$SETKEY" -K $kernel -D > "$here/first" 2>&1; then
		slurp "$here/first"
		skip "$kernel" "$text"
		continue
	fi
	check $kernel-has-none says 0 "No SAD entries." -D
	check $kernel-has-no-policies says 0 "No SPD entries." -DP
	loads sad
	in_host h ip xfrm state flush
	loads spd
	statements
	differences
	events
	ownership
done
