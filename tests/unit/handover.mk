# SPDX-License-Identifier: BSD-3-Clause
# The state that one daemon leaves to the next: included behind tests/scenario/local.mk.
check_PROGRAMS += tests/unit/t_handover
tests_unit_t_handover_SOURCES = tests/unit/t_handover.c tests/unit/handover_fix.c tests/unit/handover_fix.h
tests_unit_t_handover_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_handover_LDADD = $(ringtail_sim_libs)
EXTRA_DIST += tests/vectors/handover
