#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# banned.sh: calls that have no place here, and words that promise instead of doing.
set -u
cd "${RINGTAIL_SRCDIR:-.}" || exit 1
bad=0

# look WHAT REGEX FILE...: complain about each match outside comments and strings
look() {
	local what=$1 regex=$2 found
	shift 2
	[ $# -gt 0 ] || return 0
	found=$(for f; do
		awk -v f="$f" '
		{
			line = $0
			if (comment) { if (!sub(/^.*\*\//, "", line)) next; comment = 0 }
			gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
			gsub(/\/\*[^*]*(\*[^\/][^*]*)*\*\//, "", line)
			if (sub(/\/\*.*/, "", line)) comment = 1
			print f ":" FNR ":" line
		}' "$f"
	done | grep -E "^[^:]*:[0-9]*:(.*[^[:alnum:]_>.])?($regex)[[:space:]]*\(")
	if [ -n "$found" ]; then
		printf '%s:\n%s\n' "$what" "$found"
		bad=1
	fi
}

mapfile -t all < <(find lib src \( -name '*.[ch]' -o -name '*.def' \) | sort)
mapfile -t lib < <(find lib -name '*.[ch]' | sort)
mapfile -t pure < <(find lib src/ringtail -name '*.[ch]' ! -path 'src/ringtail/loop/*' ! -path src/ringtail/main.c | sort)

look "unbounded or unsafe string calls" \
	'strcpy|strcat|sprintf|vsprintf|gets|strncpy|strncat|strtok|alloca|mktemp|tmpnam|system|popen|atoi|atol|sscanf' "${all[@]}"
look "ambient time, randomness or environment" \
	'time|gettimeofday|clock_gettime|clock|rand|srand|random|srandom|drand48|getrandom|arc4random|getenv|secure_getenv|sleep|usleep|nanosleep' \
	"${pure[@]}"
look "a library does not end the process" 'exit|_exit|abort|assert|err|errx' "${lib[@]}"
look "a library does no input or output" \
	'printf|fprintf|puts|fputs|fopen|open|openat|read|write|close|socket|send|recv|sendto|recvfrom|ioctl|syslog|perror' "${lib[@]}"
look "only malloc, calloc, realloc and free" 'strdup|strndup|asprintf|vasprintf|getline|reallocarray' "${lib[@]}"

words=$(grep -nE '(/\*|^[[:space:]]*\*|//).*\b(TODO|FIXME|XXX|HACK)\b' "${all[@]}")
if [ -n "$words" ]; then
	printf 'promises:\n%s\n' "$words"
	bad=1
fi
licence=$(for f in "${all[@]}"; do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' || echo "$f"
done)
if [ -n "$licence" ]; then
	printf 'no licence in the first line:\n%s\n' "$licence"
	bad=1
fi
exit $bad
