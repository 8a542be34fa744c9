# SPDX-License-Identifier: BSD-3-Clause
setkey_test_libs = src/setkey/libsetkey.a $(ringtail_kern_test_libs)
check_PROGRAMS += tests/unit/t_setkey_policy
tests_unit_t_setkey_policy_SOURCES = tests/unit/t_setkey_policy.c
tests_unit_t_setkey_policy_LDADD = $(setkey_test_libs)
check_PROGRAMS += tests/unit/t_setkey_parse
tests_unit_t_setkey_parse_SOURCES = tests/unit/t_setkey_parse.c $(fail_alloc_sources)
tests_unit_t_setkey_parse_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_setkey_parse_LDADD = $(setkey_test_libs)
check_PROGRAMS += tests/unit/t_setkey_exec
tests_unit_t_setkey_exec_SOURCES = \
	tests/unit/t_setkey_exec.c tests/unit/memkern.c tests/unit/memkern.h $(fail_alloc_sources)
tests_unit_t_setkey_exec_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_setkey_exec_LDADD = $(setkey_test_libs)
check_PROGRAMS += tests/unit/t_setkey_load
tests_unit_t_setkey_load_SOURCES = \
	tests/unit/t_setkey_load.c tests/unit/memkern.c tests/unit/memkern.h $(fail_alloc_sources)
tests_unit_t_setkey_load_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_setkey_load_LDADD = $(setkey_test_libs)
EXTRA_DIST += \
	tests/vectors/setkey/sad.conf tests/vectors/setkey/sad.dump tests/vectors/setkey/sad.xfrm \
	tests/vectors/setkey/spd.conf tests/vectors/setkey/spd.dump tests/vectors/setkey/spd.xfrm \
	tests/vectors/setkey/talk.conf \
	tests/lab/setkey.sh
