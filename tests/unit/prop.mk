# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += tests/unit/t_ts
tests_unit_t_ts_SOURCES = tests/unit/t_ts.c
tests_unit_t_ts_LDADD = $(ringtail_test_libs)
