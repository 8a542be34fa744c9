# SPDX-License-Identifier: BSD-3-Clause
# `make check` runs the unit tests, the scenarios of the simulated world and the style checks.  What needs a kernel with ESP
# or a second implementation is in tests/lab, and runs from contrib/quickstart.

AM_CPPFLAGS += -I$(top_srcdir)/tests $(CHECK_CFLAGS)

ringtail_test_libs = $(ringtail_lib_libs) $(CHECK_LIBS)
ringtail_kern_test_libs = $(ringtail_kern_libs) $(CHECK_LIBS)

include $(top_srcdir)/tests/unit/fail_alloc.mk
include $(top_srcdir)/tests/unit/util.mk
include $(top_srcdir)/tests/unit/alg.mk
include $(top_srcdir)/tests/unit/crypto.mk
include $(top_srcdir)/tests/unit/ident.mk
include $(top_srcdir)/tests/unit/prop.mk
include $(top_srcdir)/tests/unit/sadb.mk
include $(top_srcdir)/tests/kern/local.mk
include $(top_srcdir)/tests/unit/conf.mk
include $(top_srcdir)/tests/unit/kern.mk
include $(top_srcdir)/tests/unit/pfkey.mk
include $(top_srcdir)/tests/unit/setkey.mk
include $(top_srcdir)/tests/setkey/local.mk
include $(top_srcdir)/tests/unit/wire.mk
include $(top_srcdir)/tests/fuzz/local.mk
include $(top_srcdir)/tests/scenario/local.mk
include $(top_srcdir)/tests/unit/v1.mk
include $(top_srcdir)/tests/unit/handover.mk
include $(top_srcdir)/tests/bench/local.mk
include $(top_srcdir)/tests/unit/ctl.mk
include $(top_srcdir)/tests/unit/policies.mk

TESTS += $(check_PROGRAMS)

# Data is found through RINGTAIL_SRCDIR, what was built through RINGTAIL_BUILDDIR.
AM_TESTS_ENVIRONMENT = \
	RINGTAIL_SRCDIR='$(top_srcdir)'; export RINGTAIL_SRCDIR; \
	RINGTAIL_BUILDDIR='$(top_builddir)'; export RINGTAIL_BUILDDIR; \
	RINGTAIL_CPPFLAGS='$(CRYPTO_CFLAGS) $(EVENT_CFLAGS) $(MNL_CFLAGS) $(CHECK_CFLAGS)'; export RINGTAIL_CPPFLAGS; \
	CC='$(CC)'; export CC;

# The style checks read the sources and an ordinary build: running them on an instrumented one, too, would show nothing new.
style_tests = \
	tests/style/banned.sh \
	tests/style/fragments.sh \
	tests/style/globals.sh \
	tests/style/headers.sh \
	tests/style/layers.sh \
	tests/style/manpages.sh \
	tests/style/sizes.sh
if !SANITIZERS
if !COVERAGE
if !FUZZ
TESTS += $(style_tests)
endif
endif
endif
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = bash

# The lab's tools.  "make lab" builds what the lab needs, and nothing is run.
lab_tools = tests/lab/fdstore tests/lab/inject tests/lab/launch tests/lab/look tests/lab/tap tests/lab/traffic
EXTRA_PROGRAMS += $(lab_tools)
lab_kdump = tests/lab/kdump.c tests/lab/kdump.h tests/lab/lab.h
lab_clean = tests/lab/clean.c tests/lab/clean.h $(lab_kdump)
tests_lab_fdstore_SOURCES = tests/lab/fdstore.c
tests_lab_fdstore_LDADD =
tests_lab_inject_SOURCES = tests/lab/inject.c tests/lab/fault.c tests/lab/fault.h tests/lab/mute.c tests/lab/mute.h $(lab_clean)
tests_lab_inject_LDADD =
tests_lab_launch_SOURCES = tests/lab/launch.c tests/lab/lab.h
tests_lab_launch_LDADD =
tests_lab_look_SOURCES = tests/lab/look.c $(lab_clean)
tests_lab_look_LDADD =
tests_lab_tap_SOURCES = tests/lab/tap.c tests/lab/lab.h
tests_lab_tap_LDADD =
tests_lab_traffic_SOURCES = tests/lab/traffic.c tests/lab/sawatch.c tests/lab/sawatch.h $(lab_kdump)
tests_lab_traffic_LDADD =
# "all" is a make of its own: side by side both would write the same libraries
.PHONY: lab lab-programs
lab: all
	$(MAKE) $(AM_MAKEFLAGS) lab-programs
lab-programs: $(lab_tools) tests/kern/conform$(EXEEXT) tests/setkey/undump$(EXEEXT)
CLEANFILES += $(lab_tools)

EXTRA_DIST += \
	$(style_tests) \
	tests/style/rfc.sh \
	tests/README \
	tests/lab/README \
	tests/lab/conform.sh \
	tests/lab/demo.sh \
	tests/lab/faults.sh \
	tests/lab/flap.sh \
	tests/lab/guest \
	tests/lab/halfling.sh \
	tests/lab/hup.sh \
	tests/lab/interop.sh \
	tests/lab/lab.sh \
	tests/lab/mesh.sh \
	tests/lab/owned.sh \
	tests/lab/reboot.sh \
	tests/lab/rekey.sh \
	tests/lab/restart.sh \
	tests/lab/run \
	tests/lab/storm.sh \
	tests/lab/strongswan.sh \
	tests/lab/talk-files.sh \
	tests/lab/talk.sh \
	tests/lab/talk/ipsec-tools.conf \
	tests/lab/talk/racoon.conf \
	tests/lab/xstate.c
