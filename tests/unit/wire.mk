# SPDX-License-Identifier: BSD-3-Clause
recode_sources = tests/fuzz/recode.c tests/fuzz/recode.h tests/unit/t_wire.h
check_PROGRAMS += tests/unit/t_wire_chain
tests_unit_t_wire_chain_SOURCES = tests/unit/t_wire_chain.c tests/unit/t_wire.h $(fail_alloc_sources)
tests_unit_t_wire_chain_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_wire_chain_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_wire_codec
tests_unit_t_wire_codec_SOURCES = tests/unit/t_wire_codec.c tests/unit/t_wire.h $(fail_alloc_sources)
tests_unit_t_wire_codec_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_wire_codec_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_wire_golden
tests_unit_t_wire_golden_SOURCES = tests/unit/t_wire_golden.c $(recode_sources) $(fail_alloc_sources)
tests_unit_t_wire_golden_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_wire_golden_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_wire_hdr
tests_unit_t_wire_hdr_SOURCES = tests/unit/t_wire_hdr.c tests/unit/t_wire.h $(fail_alloc_sources)
tests_unit_t_wire_hdr_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_wire_hdr_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_wire_pld
tests_unit_t_wire_pld_SOURCES = tests/unit/t_wire_pld.c $(recode_sources) $(fail_alloc_sources)
tests_unit_t_wire_pld_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_wire_pld_LDADD = $(ringtail_test_libs)
check_PROGRAMS += tests/unit/t_wire_sa
tests_unit_t_wire_sa_SOURCES = tests/unit/t_wire_sa.c tests/unit/t_wire.h $(fail_alloc_sources)
tests_unit_t_wire_sa_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_unit_t_wire_sa_LDADD = $(ringtail_test_libs)

# Messages of others.  When the dumper changes on purpose, t_wire_golden leaves what it prints now in *.dump.log.
EXTRA_DIST += \
	tests/vectors/racoon-0.9.1-main-quick.dump \
	tests/vectors/racoon-0.9.1-main-quick.pcap \
	tests/vectors/strongswan-5.9.8-inner.dump \
	tests/vectors/strongswan-5.9.8-inner.txt \
	tests/vectors/strongswan-5.9.8.dump \
	tests/vectors/strongswan-5.9.8.pcap
