# SPDX-License-Identifier: BSD-3-Clause
# The simulated kernel, for unit tests and scenarios.
sim_kern_sources = \
	tests/sim/kern_equal.c tests/sim/kern_equal.h \
	tests/sim/simkern.c tests/sim/simkern.h \
	tests/sim/simkern_event.c \
	tests/sim/simkern_int.h \
	tests/sim/simkern_path.c \
	tests/sim/simkern_sp.c
sadb_fix_sources = tests/unit/sadb_fix.c tests/unit/sadb_fix.h $(sim_kern_sources)

check_PROGRAMS += tests/unit/t_sadb_move
tests_unit_t_sadb_move_SOURCES = tests/unit/t_sadb_move.c
tests_unit_t_sadb_move_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_sadb
tests_unit_t_sadb_SOURCES = tests/unit/t_sadb.c $(sadb_fix_sources)
tests_unit_t_sadb_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_sadb_event
tests_unit_t_sadb_event_SOURCES = tests/unit/t_sadb_event.c $(sadb_fix_sources)
tests_unit_t_sadb_event_LDADD = $(ringtail_test_libs)
