#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# conform: the conformance suite of kernel back ends on this kernel, through XFRM and PF_KEY, with another program on the same
# interface and on the other one.  Each case has a network namespace of its own.
# shellcheck disable=SC1091
. "${RINGTAIL_SRCDIR:-.}/tests/lab/lab.sh"
enter_realm conform

# both OURS OTHER OURS OTHER: two runs at once, as they mostly wait
both() {
	local first second
	"$LAB_BUILD/tests/kern/conform" "$1" "$2" &
	first=$!
	"$LAB_BUILD/tests/kern/conform" "$3" "$4" &
	second=$!
	for pid in $first $second; do
		wait "$pid"
		case $? in
		0 | 77) ;;
		*) failures=$((failures + 1)) ;;
		esac
	done
}

both xfrm xfrm pfkey pfkey
both xfrm pfkey pfkey xfrm
