# SPDX-License-Identifier: BSD-3-Clause
# One suite for every kernel back end: on the simulated kernel, on the one that runs the tests as far as it goes (skipped
# where that is not permitted), and, as the program conform, in the lab.
kern_conform_sources = \
	tests/kern/case_acquire.c tests/kern/case_alg.c tests/kern/case_event.c tests/kern/case_life.c tests/kern/case_mirror.c tests/kern/case_sa.c \
	tests/kern/case_sp.c tests/kern/conform.h tests/kern/fix.c tests/kern/fix.h tests/kern/run.c

check_PROGRAMS += tests/unit/t_kern_conform
tests_unit_t_kern_conform_SOURCES = tests/unit/t_kern_conform.c tests/kern/sim.c $(kern_conform_sources) $(sim_kern_sources)
tests_unit_t_kern_conform_LDADD = $(ringtail_test_libs)

check_PROGRAMS += tests/kern/t_kern_xfrm
tests_kern_t_kern_xfrm_SOURCES = tests/kern/t_kern_xfrm.c tests/kern/real.c $(kern_conform_sources)
tests_kern_t_kern_xfrm_LDADD = $(ringtail_kern_test_libs)

check_PROGRAMS += tests/kern/t_kern_pfkey
tests_kern_t_kern_pfkey_SOURCES = tests/kern/t_kern_pfkey.c tests/kern/real.c $(kern_conform_sources)
tests_kern_t_kern_pfkey_LDADD = $(ringtail_kern_test_libs)

EXTRA_PROGRAMS += tests/kern/conform
tests_kern_conform_SOURCES = tests/kern/conform.c tests/kern/real.c tests/kern/sim.c $(kern_conform_sources) $(sim_kern_sources)
tests_kern_conform_LDADD = $(ringtail_kern_test_libs)
CLEANFILES += tests/kern/conform$(EXEEXT)
