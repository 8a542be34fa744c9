# SPDX-License-Identifier: BSD-3-Clause
src_setkey_sources = \
	src/setkey/exec.c src/setkey/exec.h src/setkey/exec_sp.c src/setkey/lex.c src/setkey/lex.h src/setkey/libc_env.c \
	src/setkey/names.c src/setkey/parse.c src/setkey/parse.h src/setkey/parse_alg.c src/setkey/parse_sa.c \
	src/setkey/parse_sp.c src/setkey/policy_text.c src/setkey/policy_text.h src/setkey/print.c src/setkey/print.h \
	src/setkey/print_sp.c src/setkey/stmt.h
