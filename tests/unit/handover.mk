# SPDX-License-Identifier: BSD-3-Clause
# The state that one daemon leaves to the next: included behind tests/scenario/local.mk.
check_PROGRAMS += tests/unit/t_handover
tests_unit_t_handover_SOURCES = tests/unit/t_handover.c tests/unit/handover_fix.c tests/unit/handover_fix.h
tests_unit_t_handover_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_handover_LDADD = $(ringtail_sim_libs)
EXTRA_DIST += tests/vectors/handover

# The same with real processes, which the stand-in for a service manager restarts.
TESTS += tests/unit/t_fdstore.sh
EXTRA_DIST += tests/unit/t_fdstore.sh
tests/unit/t_fdstore.log: tests/lab/fdstore$(EXEEXT) src/ringtail/ringtail$(EXEEXT) src/ikectl/ikectl$(EXEEXT) src/setkey/setkey$(EXEEXT)

# The files that outlive the process.
check_PROGRAMS += tests/unit/t_state_files
tests_unit_t_state_files_SOURCES = tests/unit/t_state_files.c src/ringtail/loop/state_files.c
tests_unit_t_state_files_LDADD = $(ringtail_test_libs)
