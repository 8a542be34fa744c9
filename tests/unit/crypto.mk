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
check_PROGRAMS += tests/unit/t_crypto_ke
tests_unit_t_crypto_ke_SOURCES = tests/unit/t_crypto_ke.c tests/unit/crypto_test.h
tests_unit_t_crypto_ke_LDADD = $(ringtail_test_libs) -ldl -lpthread
check_PROGRAMS += tests/unit/t_crypto_context
tests_unit_t_crypto_context_SOURCES = tests/unit/t_crypto_context.c tests/unit/crypto_test.h $(fail_alloc_sources)
tests_unit_t_crypto_context_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_crypto_context_LDADD = $(ringtail_test_libs) -ldl
check_PROGRAMS += tests/unit/t_crypto_ossl
tests_unit_t_crypto_ossl_SOURCES = tests/unit/t_crypto_ossl.c tests/unit/crypto_test.h
tests_unit_t_crypto_ossl_LDADD = $(ringtail_test_libs) -ldl
# What each operation costs: "make tests/bench/crypto".
EXTRA_PROGRAMS += tests/bench/crypto
tests_bench_crypto_SOURCES = tests/bench/crypto.c
tests_bench_crypto_LDADD = $(ringtail_lib_libs)
