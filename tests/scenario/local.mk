# SPDX-License-Identifier: BSD-3-Clause
# The simulated world and what happens in it.  All stories under other seeds, and every n of the sweeps: see tests/README.
check_LIBRARIES += tests/scenario/libsim.a
tests_scenario_libsim_a_SOURCES = \
	$(sim_kern_sources) \
	tests/scenario/faults.c tests/scenario/faults.h tests/scenario/scenario.c tests/scenario/scenario.h tests/scenario/hostile.c tests/scenario/hostile.h tests/scenario/hosts.c tests/scenario/hosts.h \
	tests/sim/capture.c tests/sim/ctl.c tests/sim/ctl.h tests/sim/net.c tests/sim/traffic.c tests/sim/world.c tests/sim/world.h \
	$(fail_alloc_sources)
ringtail_sim_libs = tests/scenario/libsim.a $(ringtail_daemon_libs) $(CHECK_LIBS)

scenario_programs =
scenario_programs += tests/scenario/s_adopt
tests_scenario_s_adopt_SOURCES = tests/scenario/s_adopt.c
tests_scenario_s_adopt_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_adopt_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_basic
tests_scenario_s_basic_SOURCES = tests/scenario/s_basic.c
tests_scenario_s_basic_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_basic_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_damage
tests_scenario_s_damage_SOURCES = tests/scenario/s_damage.c
tests_scenario_s_damage_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_damage_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_dpd
tests_scenario_s_dpd_SOURCES = tests/scenario/s_dpd.c
tests_scenario_s_dpd_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_dpd_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_fault
tests_scenario_s_fault_SOURCES = tests/scenario/s_fault.c
tests_scenario_s_fault_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_fault_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_flap
tests_scenario_s_flap_SOURCES = tests/scenario/s_flap.c
tests_scenario_s_flap_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_flap_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_handover
tests_scenario_s_handover_SOURCES = tests/scenario/s_handover.c
tests_scenario_s_handover_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_handover_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_halfling
tests_scenario_s_halfling_SOURCES = tests/scenario/s_halfling.c
tests_scenario_s_halfling_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_halfling_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_hostile
tests_scenario_s_hostile_SOURCES = tests/scenario/s_hostile.c
tests_scenario_s_hostile_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_hostile_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_kernel
tests_scenario_s_kernel_SOURCES = tests/scenario/s_kernel.c
tests_scenario_s_kernel_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_kernel_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_live
tests_scenario_s_live_SOURCES = tests/scenario/s_live.c
tests_scenario_s_live_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_live_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_mesh
tests_scenario_s_mesh_SOURCES = tests/scenario/s_mesh.c
tests_scenario_s_mesh_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_mesh_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_mirror
tests_scenario_s_mirror_SOURCES = tests/scenario/s_mirror.c
tests_scenario_s_mirror_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_mirror_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_pfkey
tests_scenario_s_pfkey_SOURCES = tests/scenario/s_pfkey.c
tests_scenario_s_pfkey_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_pfkey_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_refuse
tests_scenario_s_refuse_SOURCES = tests/scenario/s_refuse.c
tests_scenario_s_refuse_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_refuse_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_rekey
tests_scenario_s_rekey_SOURCES = tests/scenario/s_rekey.c
tests_scenario_s_rekey_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_rekey_LDADD = $(ringtail_sim_libs)

scenario_programs += tests/scenario/s_moved
tests_scenario_s_moved_SOURCES = tests/scenario/s_moved.c
tests_scenario_s_moved_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_moved_LDADD = $(ringtail_sim_libs)

scenario_programs += tests/scenario/s_owned
tests_scenario_s_owned_SOURCES = tests/scenario/s_owned.c tests/scenario/owned.c tests/scenario/owned.h
tests_scenario_s_owned_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_owned_LDADD = tests/scenario/libsim.a src/ikectl/libikectl.a $(ringtail_daemon_libs) $(CHECK_LIBS)
scenario_programs += tests/scenario/s_reload
tests_scenario_s_reload_SOURCES = tests/scenario/s_reload.c tests/scenario/owned.c tests/scenario/owned.h
tests_scenario_s_reload_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_reload_LDADD = tests/scenario/libsim.a src/ikectl/libikectl.a $(ringtail_daemon_libs) $(CHECK_LIBS)
scenario_programs += tests/scenario/s_review
tests_scenario_s_review_SOURCES = tests/scenario/s_review.c
tests_scenario_s_review_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_review_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_clock
tests_scenario_s_clock_SOURCES = tests/scenario/s_clock.c
tests_scenario_s_clock_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_clock_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_select
tests_scenario_s_select_SOURCES = tests/scenario/s_select.c
tests_scenario_s_select_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_select_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_reboot
tests_scenario_s_reboot_SOURCES = tests/scenario/s_reboot.c
tests_scenario_s_reboot_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_reboot_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_start
tests_scenario_s_start_SOURCES = tests/scenario/s_start.c
tests_scenario_s_start_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_start_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_storm
tests_scenario_s_storm_SOURCES = tests/scenario/s_storm.c
tests_scenario_s_storm_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_storm_LDADD = $(ringtail_sim_libs)
scenario_programs += tests/scenario/s_admit
tests_scenario_s_admit_SOURCES = tests/scenario/s_admit.c
tests_scenario_s_admit_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_scenario_s_admit_LDADD = $(ringtail_sim_libs)
check_PROGRAMS += $(scenario_programs)

# Hours instead of seconds: SEEDS seeds, and the long sweeps under the first.  "make -k -j2 soak" uses two processors.
SEEDS = 100
soak_programs = $(scenario_programs:=.soak)
.PHONY: soak $(soak_programs)
soak: $(soak_programs)
$(soak_programs): %.soak: %
	./$< -full && ./$< -plain -jitter 25 -seed 1 -seeds $(SEEDS)
