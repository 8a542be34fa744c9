#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# rfc.sh: a report, for developers: how often each RFC section is cited in the code and in the tests.
set -u
cd "${RINGTAIL_SRCDIR:-.}" || exit 1
grep -rhoE 'RFC [0-9]{3,5}( section [0-9A-Z.]*[0-9A-Z])?' lib src --include='*.[ch]' | sort | uniq -c |
	sed 's/^ *\([0-9]*\) /code \1 /' > "${TMPDIR:-/tmp}/rfc.$$"
grep -rhoE 'RFC [0-9]{3,5}( section [0-9A-Z.]*[0-9A-Z])?' tests --include='*.[ch]' | sort | uniq -c |
	sed 's/^ *\([0-9]*\) /tests \1 /' >> "${TMPDIR:-/tmp}/rfc.$$"
awk '
	{ key = $3 " " $4 ($5 ? " " $5 " " $6 : ""); n[key, $1] = $2; keys[key] = 1 }
	END { for (k in keys) printf "%-32s code %3d   tests %3d\n", k, n[k, "code"], n[k, "tests"] }
' "${TMPDIR:-/tmp}/rfc.$$" | sort -V
rm -f "${TMPDIR:-/tmp}/rfc.$$"
