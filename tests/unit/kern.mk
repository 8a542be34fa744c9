# SPDX-License-Identifier: BSD-3-Clause
xfrm_vectors_sources = tests/unit/xfrm_vectors.c tests/unit/xfrm_vectors.h
check_PROGRAMS += tests/unit/t_xfrm_kernel
tests_unit_t_xfrm_kernel_SOURCES = tests/unit/t_xfrm_kernel.c $(xfrm_vectors_sources)
tests_unit_t_xfrm_kernel_LDADD = $(ringtail_kern_test_libs)
check_PROGRAMS += tests/unit/t_xfrm_sa
tests_unit_t_xfrm_sa_SOURCES = tests/unit/t_xfrm_sa.c $(xfrm_vectors_sources)
tests_unit_t_xfrm_sa_LDADD = $(ringtail_kern_test_libs)
check_PROGRAMS += tests/unit/t_xfrm_sp
tests_unit_t_xfrm_sp_SOURCES = tests/unit/t_xfrm_sp.c
tests_unit_t_xfrm_sp_LDADD = $(ringtail_kern_test_libs)
check_PROGRAMS += tests/unit/t_kern_live
tests_unit_t_kern_live_SOURCES = tests/unit/t_kern_live.c
tests_unit_t_kern_live_LDADD = $(ringtail_kern_test_libs)
EXTRA_DIST += tests/vectors/xfrm/linux-6.1.txt tests/vectors/xfrm/linux-6.18.txt
check_PROGRAMS += tests/unit/t_xfrm_sock
tests_unit_t_xfrm_sock_SOURCES = tests/unit/t_xfrm_sock.c
tests_unit_t_xfrm_sock_LDADD = $(ringtail_kern_test_libs)
