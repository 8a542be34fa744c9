# SPDX-License-Identifier: BSD-3-Clause
# The simulated kernel, for unit tests and scenarios.
sim_kern_sources = \
	tests/sim/kern_equal.c tests/sim/kern_equal.h \
	tests/sim/simkern.c tests/sim/simkern.h \
	tests/sim/simkern_check.c \
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

check_PROGRAMS += tests/unit/t_sadb_claim
tests_unit_t_sadb_claim_SOURCES = tests/unit/t_sadb_claim.c $(sadb_fix_sources)
tests_unit_t_sadb_claim_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_sadb_event
tests_unit_t_sadb_event_SOURCES = tests/unit/t_sadb_event.c $(sadb_fix_sources)
tests_unit_t_sadb_event_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_sadb_acquire
tests_unit_t_sadb_acquire_SOURCES = tests/unit/t_sadb_acquire.c $(sadb_fix_sources)
tests_unit_t_sadb_acquire_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_sadb_spd
tests_unit_t_sadb_spd_SOURCES = tests/unit/t_sadb_spd.c $(sadb_fix_sources)
tests_unit_t_sadb_spd_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_sadb_fail
tests_unit_t_sadb_fail_SOURCES = tests/unit/t_sadb_fail.c $(sadb_fix_sources) $(fail_alloc_sources)
tests_unit_t_sadb_fail_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_sadb_fail_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_recon
tests_unit_t_recon_SOURCES = tests/unit/t_recon.c $(sadb_fix_sources)
tests_unit_t_recon_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/unit/t_simkern
tests_unit_t_simkern_SOURCES = tests/unit/t_simkern.c $(sadb_fix_sources)
tests_unit_t_simkern_LDADD = $(ringtail_test_libs)
