# SPDX-License-Identifier: BSD-3-Clause
lib_util_sources = \
	lib/util/addr.c lib/util/addr.h \
	lib/util/arena.c lib/util/arena.h \
	lib/util/buf.c lib/util/buf.h \
	lib/util/err.c lib/util/err.h \
	lib/util/heap.c lib/util/heap.h \
	lib/util/htab.c lib/util/htab.h \
	lib/util/list.h \
	lib/util/log.c lib/util/log.h \
	lib/util/names.c lib/util/names.h \
	lib/util/rd.c lib/util/rd.h \
	lib/util/slice.c lib/util/slice.h \
	lib/util/slot.c lib/util/slot.h \
	lib/util/text.c lib/util/text.h \
	lib/util/time.h \
	lib/util/wr.c lib/util/wr.h
