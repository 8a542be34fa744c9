# SPDX-License-Identifier: BSD-3-Clause
lib_sadb_sources = \
	lib/sadb/kern_ops.h \
	lib/sadb/recon.c lib/sadb/recon.h \
	lib/sadb/sa.c lib/sadb/sa.h \
	lib/sadb/sad_poll.c \
	lib/sadb/sad_move.c lib/sadb/sad_move.h \
	lib/sadb/sadb.c lib/sadb/sadb.h \
	lib/sadb/sadb_acquire.c \
	lib/sadb/sadb_check.c \
	lib/sadb/sadb_claim.c \
	lib/sadb/sadb_event.c \
	lib/sadb/sadb_find.c \
	lib/sadb/sadb_int.h \
	lib/sadb/sadb_news.c \
	lib/sadb/sadb_sync.c \
	lib/sadb/sp.h \
	lib/sadb/spd.c lib/sadb/spd.h \
	lib/sadb/spd_event.c
