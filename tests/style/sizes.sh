#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# sizes.sh: no file of lib and src above 600 lines, no function above 60.  Prints the medians, too.
set -u
cd "${RINGTAIL_SRCDIR:-.}" || exit 1
find lib src \( -name '*.[ch]' -o -name '*.def' \) | sort | xargs awk '
	FNR == 1 { if (file) lines[n_files++] = count; file = FILENAME; count = 0; start = 0 }
	{ count = FNR }
	FNR == 601 { print FILENAME ": more than 600 lines"; bad = 1 }
	/^[a-z_].*\(/ && !/;[ \t]*$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ \t*]/, "", name) }
	/^\{/ { start = FNR }
	/^\}[ \t]*$/ && start {
		len = FNR - start - 1
		funcs[n_funcs++] = len
		if (len > 60) { print FILENAME ":" start ": " name "() has " len " lines"; bad = 1 }
		start = 0
	}
	function median(a, n,   i, j, t) {
		for (i = 1; i < n; i++) {
			t = a[i]
			for (j = i - 1; j >= 0 && a[j] > t; j--)
				a[j + 1] = a[j]
			a[j + 1] = t
		}
		return n ? a[int(n / 2)] : 0
	}
	END {
		lines[n_files++] = count
		if (n_funcs < 10) { print "only " n_funcs " functions found"; bad = 1 }
		print n_files " files, median " median(lines, n_files) " lines; " n_funcs " functions, median " median(funcs, n_funcs)
		exit bad
	}'
