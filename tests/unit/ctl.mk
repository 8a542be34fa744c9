# SPDX-License-Identifier: BSD-3-Clause
# Control messages; and the control server with ikectl's layouts in the simulated world: included behind
# tests/scenario/local.mk.
check_PROGRAMS += tests/unit/t_ctl_msg
tests_unit_t_ctl_msg_SOURCES = tests/unit/t_ctl_msg.c $(fail_alloc_sources)
tests_unit_t_ctl_msg_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_ctl_msg_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_ctl_writer
tests_unit_t_ctl_writer_SOURCES = tests/unit/t_ctl_writer.c $(fail_alloc_sources)
tests_unit_t_ctl_writer_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_ctl_writer_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_control
tests_unit_t_control_SOURCES = tests/unit/t_control.c tests/sim/ctl.h
tests_unit_t_control_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_control_LDADD = tests/scenario/libsim.a src/ikectl/libikectl.a $(ringtail_daemon_libs) $(CHECK_LIBS)
check_PROGRAMS += tests/unit/t_ikectl
tests_unit_t_ikectl_SOURCES = tests/unit/t_ikectl.c $(fail_alloc_sources)
tests_unit_t_ikectl_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_ikectl_LDADD = src/ikectl/libikectl.a $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_peer
tests_unit_t_peer_SOURCES = tests/unit/t_peer.c
tests_unit_t_peer_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_peer_LDADD = tests/scenario/libsim.a src/ikectl/libikectl.a $(ringtail_daemon_libs) $(CHECK_LIBS)
EXTRA_DIST += \
	tests/unit/control/adopted.txt tests/unit/control/daemon.txt tests/unit/control/failures.txt tests/unit/control/flow.txt tests/unit/control/json.txt \
	tests/unit/control/foreign.txt tests/unit/control/many.txt tests/unit/control/night.txt tests/unit/control/night1.txt tests/unit/control/owned.txt tests/unit/control/peers.txt tests/unit/control/racoonctl.txt \
	tests/unit/control/restart.txt tests/unit/control/resync.txt tests/unit/control/sas.txt tests/unit/control/since.txt tests/unit/control/v1.txt \
	tests/unit/control/v2.txt
