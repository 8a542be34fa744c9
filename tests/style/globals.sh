#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# globals.sh: nothing in lib/ has a writable variable of its own.  Tables of pointers (.data.rel.ro) are constant.
set -u
lib=${RINGTAIL_BUILDDIR:-.}/lib/libringtail.a
if [ ! -f "$lib" ]; then
	echo "$lib: not built"
	exit 1
fi
table=$(objdump -t "$lib") || exit 1
bad=$(awk '
	/file format/ { object = $1; sub(/:$/, "", object) }
	/[[:space:]]O[[:space:]]/ {
		for (i = 1; i <= NF; i++)
			if ($i ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && $i !~ /^\.data\.rel\.ro/)
				print object ": writable: " $NF
	}' <<<"$table")
if [ -n "$bad" ]; then
	echo "$bad"
	exit 1
fi
if [ -z "$table" ]; then
	echo "$lib: empty"
	exit 1
fi
