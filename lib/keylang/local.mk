# SPDX-License-Identifier: BSD-3-Clause
lib_keylang_sources = \
	lib/keylang/key_lex.c lib/keylang/key_lex.h lib/keylang/names.c lib/keylang/parse.c lib/keylang/parse.h \
	lib/keylang/parse_alg.c lib/keylang/parse_sa.c lib/keylang/parse_sp.c lib/keylang/policy_text.c \
	lib/keylang/policy_text.h lib/keylang/stmt.h
