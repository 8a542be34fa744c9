#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# manpages.sh: every option a program takes is in its manual page, and every statement of setkey.
set -u
cd "${RINGTAIL_SRCDIR:-.}" || exit 1
bad=0

# options PROGRAM: the letters and the long names it gives to getopt
options() {
	local page=man/$1.8 source letters letter name
	source=$(grep -l "getopt[a-z_]*(argc, argv" "src/$1"/*.c | head -1)
	letters=$(sed -n 's/.*getopt[a-z_]*(argc, argv, "\([^"]*\)".*/\1/p' "${source:-/dev/null}" | tr -d ':+')
	if [ -z "$letters" ]; then
		echo "src/$1: no getopt() found"
		bad=1
	fi
	for ((i = 0; i < ${#letters}; i++)); do
		letter=${letters:i:1}
		grep -qE "^\.It .*Fl [a-zA-Z0-9]*$letter|^\.It .*Fl $letter( |\$)" "$page" || {
			echo "$page: option -$letter is missing"
			bad=1
		}
	done
	while read -r name; do
		grep -qE "^\.It .*Fl (Fl |-)$name\b" "$page" || {
			echo "$page: option --$name is missing"
			bad=1
		}
	done < <(sed -n 's/^[[:space:]]*{ "\([a-z-]*\)", [a-z]*_argument.*/\1/p' "${source:-/dev/null}")
}

for program in ringtail ikectl setkey; do
	options $program
done
verbs=$(sed -n 's/^[[:space:]]*{ "\([a-z]*\)", SETKEY_.*/\1/p' lib/keylang/parse.c)
[ -n "$verbs" ] || {
	echo "lib/keylang/parse.c: no statements found"
	bad=1
}
for verb in $verbs; do
	grep -q "^\.It Ic .*\b$verb\b" man/setkey.8 || {
		echo "man/setkey.8: statement $verb is missing"
		bad=1
	}
done
exit $bad
