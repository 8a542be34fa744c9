#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# headers.sh: each header compiles alone, and has a guard.
set -u
cd "${RINGTAIL_SRCDIR:-.}" || exit 1
flags="-std=c11 -D_GNU_SOURCE -Ilib -Isrc -Itests ${RINGTAIL_CPPFLAGS:-}"
export flags CC=${CC:-cc}

# shellcheck disable=SC2016,SC2086
find lib src tests -name '*.h' | sort | xargs -P "$(nproc)" -n 8 bash -c '
	bad=0
	for h; do
		if ! grep -q "^#ifndef [A-Z0-9_]*_H$" "$h"; then
			echo "$h: no guard"
			bad=1
		fi
		printf "#include \"%s\"\ntypedef int not_empty;\n" "$PWD/$h" |
			$CC $flags -fsyntax-only -Wall -Wextra -Wno-unused-function -Werror -x c - || bad=1
	done
	exit $bad' headers
