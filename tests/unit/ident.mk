# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += tests/unit/t_ident
tests_unit_t_ident_SOURCES = tests/unit/t_ident.c
tests_unit_t_ident_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_psk
tests_unit_t_psk_SOURCES = tests/unit/t_psk.c
tests_unit_t_psk_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_psk_index
tests_unit_t_psk_index_SOURCES = tests/unit/t_psk_index.c $(fail_alloc_sources)
tests_unit_t_psk_index_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_psk_index_LDADD = $(ringtail_test_libs)
