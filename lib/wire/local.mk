# SPDX-License-Identifier: BSD-3-Clause
lib_wire_sources = \
	lib/wire/attr.c \
	lib/wire/attr.h \
	lib/wire/const.c \
	lib/wire/const.def \
	lib/wire/const.h \
	lib/wire/const_v1.def \
	lib/wire/const_v2.def \
	lib/wire/dump.c \
	lib/wire/dump.h \
	lib/wire/dump_int.h \
	lib/wire/dump_pld.c \
	lib/wire/dump_sa.c \
	lib/wire/ike_hdr.c \
	lib/wire/ike_hdr.h \
	lib/wire/payload.c \
	lib/wire/payload.h \
	lib/wire/pld.h \
	lib/wire/pld_auth.c \
	lib/wire/pld_info.c \
	lib/wire/pld_list.c \
	lib/wire/pld_list.h \
	lib/wire/pld_misc.c \
	lib/wire/pld_sa.h \
	lib/wire/pld_sa_v1.c \
	lib/wire/pld_sa_v2.c \
	lib/wire/sub.c \
	lib/wire/sub.h
