#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# layers.sh: a folder includes only what the table in lib/README lets it include.
#
# A row of that table reads "FOLDER: MAY ...": folders of lib by their short name (util, alg), other folders by their path,
# and outside libraries as <prefix>.  A folder may always include itself.  Headers of libc and POSIX are free to all, but
# the outside libraries named in any row are reserved for the rows that name them.
set -u
cd "${RINGTAIL_SRCDIR:-.}" || exit 1

table=$(sed -n '/^BEGIN LAYERS$/,/^END LAYERS$/p' lib/README | sed -e '1d;$d')
if [ -z "$table" ]; then
	echo "lib/README: no table between BEGIN LAYERS and END LAYERS"
	exit 1
fi

find lib src \( -name '*.[ch]' -o -name '*.def' \) | sort | xargs grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
	awk -v table="$table" '
	BEGIN {
		n = split(table, line, "\n")
		for (i = 1; i <= n; i++) {
			if (line[i] !~ /:/)
				continue
			folder = line[i]; sub(/:.*/, "", folder); gsub(/[ \t]/, "", folder)
			rest = line[i]; sub(/^[^:]*:/, "", rest)
			known[folder] = 1
			m = split(rest, word, /[ \t,]+/)
			for (j = 1; j <= m; j++) {
				if (word[j] == "")
					continue
				may[folder, word[j]] = 1
				if (word[j] ~ /^</) {
					prefix = substr(word[j], 2); sub(/>$/, "", prefix)
					reserved[prefix] = 1
				}
			}
		}
	}
	function folder_of(path,   p) {
		p = path; sub(/\/[^\/]*$/, "", p)
		return p
	}
	function short(path) { sub(/^lib\//, "", path); return path }
	{
		split($0, part, ":")
		file = part[1]; where = part[1] ":" part[2]
		from = short(folder_of(file))
		if (!(from in known)) {
			if (!(from in said)) { print from ": no row in lib/README"; said[from] = 1; bad = 1 }
			next
		}
		text = $0; sub(/^[^:]*:[^:]*:/, "", text)
		angle = text ~ /</
		match(text, /[<"][^>"]*[>"]/)
		what = substr(text, RSTART + 1, RLENGTH - 2)
		if (angle) {
			for (p in reserved)
				if (index(what, p) == 1 && !((from, "<" p ">") in may)) {
					print where ": " from " may not include <" what ">"; bad = 1
				}
			next
		}
		# "name.h" is the own folder; "util/x.h" is lib/util; "ringtail/ike/x.h" is src/ringtail/ike
		to = what ~ /\// ? folder_of(what) : from
		if (what == "config.h" || to == from || "src/" to == from)
			next
		if (to in known) target = to
		else if (("src/" to) in known) target = "src/" to
		else { print where ": " what ": unknown folder " to; bad = 1; next }
		if (!((from, target) in may)) { print where ": " from " may not include " target; bad = 1 }
	}
	END { exit bad }'
