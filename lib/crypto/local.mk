# SPDX-License-Identifier: BSD-3-Clause
lib_crypto_sources = \
	lib/crypto/cipher.c \
	lib/crypto/cipher.h \
	lib/crypto/crypto.c \
	lib/crypto/crypto.h \
	lib/crypto/det_rand.c \
	lib/crypto/fetch.c \
	lib/crypto/internal.h \
	lib/crypto/ke.c \
	lib/crypto/ke.h \
	lib/crypto/keymat_v1.c \
	lib/crypto/keymat_v1.h \
	lib/crypto/keymat_v2.c \
	lib/crypto/keymat_v2.h \
	lib/crypto/prf.c \
	lib/crypto/prf.h \
	lib/crypto/secret.c \
	lib/crypto/secret.h \
	lib/crypto/xcbc.c
