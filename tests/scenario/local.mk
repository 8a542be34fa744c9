# SPDX-License-Identifier: BSD-3-Clause
# The simulated world and what happens in it.
check_LIBRARIES += tests/scenario/libsim.a
tests_scenario_libsim_a_SOURCES = \
	$(sim_kern_sources) \
	tests/scenario/scenario.c tests/scenario/scenario.h \
	tests/sim/capture.c tests/sim/net.c tests/sim/traffic.c tests/sim/world.c tests/sim/world.h \
	$(fail_alloc_sources)
ringtail_sim_libs = tests/scenario/libsim.a $(ringtail_daemon_libs) $(CHECK_LIBS)

check_PROGRAMS += tests/scenario/s_basic
tests_scenario_s_basic_SOURCES = tests/scenario/s_basic.c
tests_scenario_s_basic_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_basic_LDADD = $(ringtail_sim_libs)
