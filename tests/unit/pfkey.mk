# SPDX-License-Identifier: BSD-3-Clause
check_PROGRAMS += tests/unit/t_pfkey_sa
tests_unit_t_pfkey_sa_SOURCES = tests/unit/t_pfkey_sa.c
tests_unit_t_pfkey_sa_LDADD = $(ringtail_kern_test_libs)
check_PROGRAMS += tests/unit/t_pfkey_sp
tests_unit_t_pfkey_sp_SOURCES = tests/unit/t_pfkey_sp.c
tests_unit_t_pfkey_sp_LDADD = $(ringtail_kern_test_libs)
check_PROGRAMS += tests/unit/t_pfkey_kernel
tests_unit_t_pfkey_kernel_SOURCES = tests/unit/t_pfkey_kernel.c $(xfrm_vectors_sources)
tests_unit_t_pfkey_kernel_LDADD = $(ringtail_kern_test_libs)
EXTRA_DIST += tests/vectors/pfkey/linux-6.1.txt
# a kernel made of answers, where there is no PF_KEY
pfkey_fake_sources = tests/unit/pfkey_fake.c tests/unit/pfkey_fake.h $(xfrm_vectors_sources) $(fail_alloc_sources)
pfkey_fake_ldflags = $(AM_LDFLAGS) $(fail_alloc_ldflags) -Wl,--wrap=socket,--wrap=send
check_PROGRAMS += tests/unit/t_pfkey_sock
tests_unit_t_pfkey_sock_SOURCES = tests/unit/t_pfkey_sock.c $(pfkey_fake_sources)
tests_unit_t_pfkey_sock_LDFLAGS = $(pfkey_fake_ldflags)
tests_unit_t_pfkey_sock_LDADD = $(ringtail_kern_test_libs)
check_PROGRAMS += tests/unit/t_pfkey_ops
tests_unit_t_pfkey_ops_SOURCES = tests/unit/t_pfkey_ops.c $(pfkey_fake_sources)
tests_unit_t_pfkey_ops_LDFLAGS = $(pfkey_fake_ldflags)
tests_unit_t_pfkey_ops_LDADD = $(ringtail_kern_test_libs)
