# SPDX-License-Identifier: BSD-3-Clause
# Fuzz targets.  Ordinarily each is a plain test: driver.c runs it on its corpus and on mutations of that.  With
# --enable-fuzz each is a libFuzzer program instead, to be run as "tests/fuzz/f_x -max_total_time=60 /tmp/new corpus/x".
fuzz_targets = tests/fuzz/f_conf tests/fuzz/f_ctl tests/fuzz/f_handover tests/fuzz/f_v1_msg tests/fuzz/f_v2_msg tests/fuzz/f_xfrm tests/fuzz/f_pfkey tests/fuzz/f_setkey
fuzz_msg_sources = tests/fuzz/msg.c tests/fuzz/msg.h tests/fuzz/recode.c tests/fuzz/recode.h

if FUZZ
noinst_PROGRAMS += $(fuzz_targets)
fuzz_driver_sources = tests/fuzz/driver.h
else
check_PROGRAMS += $(fuzz_targets)
fuzz_driver_sources = tests/fuzz/driver.c tests/fuzz/driver.h
endif

tests_fuzz_f_conf_SOURCES = tests/fuzz/f_conf.c $(fuzz_driver_sources)
tests_fuzz_f_conf_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS)
tests_fuzz_f_conf_LDADD = $(ringtail_lib_libs)
tests_fuzz_f_ctl_SOURCES = tests/fuzz/f_ctl.c $(fuzz_driver_sources)
tests_fuzz_f_ctl_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS)
tests_fuzz_f_ctl_LDADD = $(ringtail_lib_libs)
tests_fuzz_f_handover_SOURCES = tests/fuzz/f_handover.c tests/unit/handover_fix.c tests/unit/handover_fix.h $(fuzz_driver_sources)
tests_fuzz_f_handover_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS) $(fail_alloc_ldflags)
tests_fuzz_f_handover_LDADD = $(ringtail_sim_libs)
tests_fuzz_f_v1_msg_SOURCES = tests/fuzz/f_v1_msg.c $(fuzz_msg_sources) $(fuzz_driver_sources)
tests_fuzz_f_v1_msg_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS)
tests_fuzz_f_v1_msg_LDADD = $(ringtail_lib_libs)
tests_fuzz_f_v2_msg_SOURCES = tests/fuzz/f_v2_msg.c $(fuzz_msg_sources) $(fuzz_driver_sources)
tests_fuzz_f_v2_msg_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS)
tests_fuzz_f_v2_msg_LDADD = $(ringtail_lib_libs)
tests_fuzz_f_xfrm_SOURCES = tests/fuzz/f_xfrm.c $(fuzz_driver_sources)
tests_fuzz_f_xfrm_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS)
tests_fuzz_f_xfrm_LDADD = $(ringtail_kern_libs)
tests_fuzz_f_pfkey_SOURCES = tests/fuzz/f_pfkey.c $(fuzz_driver_sources)
tests_fuzz_f_pfkey_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS)
tests_fuzz_f_pfkey_LDADD = $(ringtail_kern_libs)
tests_fuzz_f_setkey_SOURCES = tests/fuzz/f_setkey.c $(fuzz_driver_sources)
tests_fuzz_f_setkey_LDFLAGS = $(AM_LDFLAGS) $(RT_FUZZ_LDFLAGS)
tests_fuzz_f_setkey_LDADD = src/setkey/libsetkey.a $(ringtail_kern_libs)

EXTRA_DIST += tests/fuzz/corpus
