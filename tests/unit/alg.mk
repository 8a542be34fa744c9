# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += tests/unit/t_alg
tests_unit_t_alg_SOURCES = tests/unit/t_alg.c
tests_unit_t_alg_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_alg_numbers
tests_unit_t_alg_numbers_SOURCES = tests/unit/t_alg_numbers.c
tests_unit_t_alg_numbers_LDADD = $(ringtail_test_libs)
