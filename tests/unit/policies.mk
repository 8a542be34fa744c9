# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += tests/unit/t_policies
tests_unit_t_policies_SOURCES = tests/unit/t_policies.c
tests_unit_t_policies_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_policies_LDADD = tests/scenario/libsim.a src/ikectl/libikectl.a $(ringtail_daemon_libs) $(CHECK_LIBS)
