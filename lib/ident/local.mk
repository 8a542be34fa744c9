# SPDX-License-Identifier: BSD-3-Clause
lib_ident_sources = \
	lib/ident/dn.c \
	lib/ident/dn.h \
	lib/ident/dn_type.c \
	lib/ident/dn_type.h \
	lib/ident/ident.c \
	lib/ident/ident.h \
	lib/ident/psk.c \
	lib/ident/psk.h \
	lib/ident/psk_index.c \
	lib/ident/psk_index.h
