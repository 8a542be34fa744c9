#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# fragments.sh [SRCDIR]: every source file of lib, src and tests stands in a makefile fragment, every fragment is
# included, and no fragment names a file that is not there.
set -u
cd "${1:-${RINGTAIL_SRCDIR:-.}}" || exit 1
bad=0

mapfile -t fragments < <(find lib src tests man -name '*.mk' | sort)
listed=" $(sed -e 's/#.*//' -e 's/[\\=+:]/ /g' Makefile.am "${fragments[@]}" | tr -s ' \t\n' ' ') "

while read -r file; do
	if [[ $listed != *" $file "* ]]; then
		echo "$file: in no makefile fragment"
		bad=1
	fi
done < <(find lib src tests \( -name '*.[ch]' -o -name '*.def' \) | sort)

for file in "${fragments[@]}"; do
	if [[ $listed != *"include \$(top_srcdir)/$file "* ]]; then
		echo "$file: not included by any other fragment"
		bad=1
	fi
done

for word in $listed; do
	if [[ $word == @(lib|src|tests)/*.@(c|h|def|mk) && ! -e $word ]]; then
		echo "$word: listed in a makefile fragment, but not there"
		bad=1
	fi
done
exit $bad
