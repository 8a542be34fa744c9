#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# setkey: what our setkey makes of recorded files is what setkey 0.9.1 made of them: in its dumps, and as ip(8) shows the kernel.
# shellcheck disable=SC1091
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
enter_realm setkey
make_hosts h=192.0.2.1/24 || exit 2
vectors=${RINGTAIL_SRCDIR:-.}/tests/vectors/setkey

# masked FILE: without what differs from run to run
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

# loads DB: the SAD or SPD file; its dump, and the kernel's own view
loads() {
	local show=state option=-D
	[ "$1" = sad ] || { show=policy option=-DP; }
	check "$1-loads" setkey h "$vectors/$1.conf"
	in_host h "$SETKEY" "$option" > "$here/$1.dump"
	check "$1-dump" alike "$1.dump" "$vectors/$1.dump"
	in_host h ip xfrm "$show" > "$here/$1.xfrm"
	check "$1-kernel" alike "$1.xfrm" "$vectors/$1.xfrm"
}

# says STATUS TEXT ARGUMENT...: setkey's answer to standard input
says() {
	local want=$1 text=$2 got status
	shift 2
	got=$(in_host h "$SETKEY" "$@" 2>&1)
	status=$?
	why="status $status: $got"
	[ $status = "$want" ] && [ "$got" = "$text" ]
}

check has-none says 0 "No SAD entries." -D
check has-no-policies says 0 "No SPD entries." -DP
loads sad
loads spd
check flush-first says 0 "" -FP
check talk-loads setkey h "$vectors/talk.conf"
check refusal says 1 "The result of line 2: File exists." -c << 'END'
spdflush; spdadd 10.0.0.1 10.0.0.2 any -P out none;
spdadd 10.0.0.1 10.0.0.2 any -P out none;
END
check unknown says 1 "The result of line 1: No entry." -c <<< "spddelete 10.0.0.9 10.0.0.2 any -P out;"
check goes-on says 1 $'line 1: syntax error at [bogus]\nparse failed, line 1.\nNo SPD entries.' -c <<< "bogus; spdflush; spddump;"
check stops says 1 $'line 2: syntax error at [bogus]\nparse failed, line 2.' -f - << 'END'
spdadd 10.0.0.1 10.0.0.2 any -P out none;
bogus; spdflush;
END
check stays says 1 "The result of line 1: File exists." -c <<< "spdadd 10.0.0.1 10.0.0.2 any -P out none;"
check parse-only says 1 $'line 1: syntax error at [a]\nparse failed, line 1.\nline 2: syntax error at [b]\nparse failed, line 2.' -nf - << 'END'
a; spdflush;
b;
END
check flush says 0 "" -F
check flush-policies says 0 "" -FP
check flushed says 0 "No SAD entries." -D
check flushed-policies says 0 "No SPD entries." -DP
