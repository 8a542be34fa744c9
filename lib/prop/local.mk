# SPDX-License-Identifier: BSD-3-Clause
lib_prop_sources = \
	lib/prop/life.c \
	lib/prop/life.h \
	lib/prop/match.h \
	lib/prop/match_v1.c \
	lib/prop/match_v2.c \
	lib/prop/prop.c \
	lib/prop/prop.h \
	lib/prop/prop_read.c \
	lib/prop/prop_read.h \
	lib/prop/prop_v1.c \
	lib/prop/prop_v1.h \
	lib/prop/prop_v1_offer.c \
	lib/prop/prop_v1_put.c \
	lib/prop/prop_v2.c \
	lib/prop/prop_v2.h \
	lib/prop/prop_v2_put.c \
	lib/prop/select.c \
	lib/prop/select.h \
	lib/prop/ts.c \
	lib/prop/ts.h \
	lib/prop/ts_v1.c
