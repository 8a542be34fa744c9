# SPDX-License-Identifier: BSD-3-Clause
src_setkey_sources = \
	src/setkey/exec.c \
	src/setkey/exec.h \
	src/setkey/exec_sp.c \
	src/setkey/libc_env.c \
	src/setkey/load.c \
	src/setkey/load.h \
	src/setkey/options.c \
	src/setkey/options.h \
	src/setkey/owned.c \
	src/setkey/owned.h \
	src/setkey/plan.c \
	src/setkey/plan.h \
	src/setkey/print.c \
	src/setkey/print.h \
	src/setkey/print_event.c \
	src/setkey/print_sp.c \
	src/setkey/spset.c \
	src/setkey/spset.h \
	src/setkey/watch.c \
	src/setkey/watch.h
