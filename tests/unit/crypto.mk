# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += tests/unit/t_crypto_prf
tests_unit_t_crypto_prf_SOURCES = tests/unit/t_crypto_prf.c tests/unit/crypto_test.h
tests_unit_t_crypto_prf_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_crypto_cipher
tests_unit_t_crypto_cipher_SOURCES = tests/unit/t_crypto_cipher.c tests/unit/crypto_test.h
tests_unit_t_crypto_cipher_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_crypto_keymat
tests_unit_t_crypto_keymat_SOURCES = tests/unit/t_crypto_keymat.c tests/unit/crypto_test.h $(fail_alloc_sources)
tests_unit_t_crypto_keymat_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_crypto_keymat_LDADD = $(ringtail_test_libs)
