# SPDX-License-Identifier: BSD-3-Clause
# IKEv1 between daemons of the simulated world: included behind tests/scenario/local.mk.
check_PROGRAMS += tests/unit/t_v1
tests_unit_t_v1_SOURCES = tests/unit/t_v1.c tests/unit/v1_pair.h
tests_unit_t_v1_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_v1_LDADD = $(ringtail_sim_libs)
check_PROGRAMS += tests/unit/t_v1_hostile
tests_unit_t_v1_hostile_SOURCES = tests/unit/t_v1_hostile.c tests/unit/v1_pair.h
tests_unit_t_v1_hostile_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_v1_hostile_LDADD = $(ringtail_sim_libs)
# Floods, of both versions.
check_PROGRAMS += tests/unit/t_flood
tests_unit_t_flood_SOURCES = tests/unit/t_flood.c
tests_unit_t_flood_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_flood_LDADD = $(ringtail_sim_libs)
# What a peer of IKEv2 may say.
check_PROGRAMS += tests/unit/t_v2_hostile
tests_unit_t_v2_hostile_SOURCES = tests/unit/t_v2_hostile.c
tests_unit_t_v2_hostile_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_v2_hostile_LDADD = $(ringtail_sim_libs)
# What a peer that holds the keys may say, in both versions.
check_PROGRAMS += tests/unit/t_record
tests_unit_t_record_SOURCES = tests/unit/t_record.c
tests_unit_t_record_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_record_LDADD = $(ringtail_sim_libs)
check_PROGRAMS += tests/unit/t_authpeer
tests_unit_t_authpeer_SOURCES = tests/unit/t_authpeer.c
tests_unit_t_authpeer_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_authpeer_LDADD = $(ringtail_sim_libs)
# What both versions tell strangers.
check_PROGRAMS += tests/unit/t_clear
tests_unit_t_clear_SOURCES = tests/unit/t_clear.c
tests_unit_t_clear_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_clear_LDADD = $(ringtail_sim_libs)
# A peer that has lost its half says so.
check_PROGRAMS += tests/unit/t_invalid_spi
tests_unit_t_invalid_spi_SOURCES = tests/unit/t_invalid_spi.c
tests_unit_t_invalid_spi_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_invalid_spi_LDADD = $(ringtail_sim_libs)
