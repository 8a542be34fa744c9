# SPDX-License-Identifier: BSD-3-Clause
lib_alg_sources = \
	lib/alg/alg.h \
	lib/alg/alg_find.c \
	lib/alg/alg_table.c
