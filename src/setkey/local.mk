# SPDX-License-Identifier: BSD-3-Clause
src_setkey_sources = \
	src/setkey/exec.c src/setkey/exec.h src/setkey/exec_sp.c src/setkey/libc_env.c src/setkey/print.c \
	src/setkey/print.h src/setkey/print_sp.c
