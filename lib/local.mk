# SPDX-License-Identifier: BSD-3-Clause
# All of lib/ is one convenience library; the linker takes what a program needs.

include $(top_srcdir)/lib/util/local.mk
include $(top_srcdir)/lib/alg/local.mk
include $(top_srcdir)/lib/wire/local.mk
include $(top_srcdir)/lib/ctl/local.mk
include $(top_srcdir)/lib/crypto/local.mk
include $(top_srcdir)/lib/prop/local.mk
include $(top_srcdir)/lib/ident/local.mk
include $(top_srcdir)/lib/sadb/local.mk
include $(top_srcdir)/lib/keylang/local.mk
include $(top_srcdir)/lib/conf/local.mk

noinst_LIBRARIES += lib/libringtail.a
lib_libringtail_a_SOURCES = \
	$(lib_util_sources) \
	$(lib_alg_sources) \
	$(lib_wire_sources) \
	$(lib_ctl_sources) \
	$(lib_crypto_sources) \
	$(lib_prop_sources) \
	$(lib_ident_sources) \
	$(lib_sadb_sources) \
	$(lib_keylang_sources) \
	$(lib_conf_sources)

EXTRA_DIST += lib/README
