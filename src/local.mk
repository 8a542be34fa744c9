# SPDX-License-Identifier: BSD-3-Clause
# Two convenience libraries (the kernel back ends; the daemon without main(), which the simulated world links, too) and
# three programs.

include $(top_srcdir)/src/kern/local.mk
include $(top_srcdir)/src/ringtail/local.mk
include $(top_srcdir)/src/ikectl/local.mk
include $(top_srcdir)/src/setkey/local.mk

EXTRA_DIST += src/README

noinst_LIBRARIES += src/kern/libkern.a src/ringtail/libdaemon.a src/ikectl/libikectl.a src/setkey/libsetkey.a
src_kern_libkern_a_SOURCES = $(src_kern_sources)
src_ringtail_libdaemon_a_SOURCES = $(src_ringtail_sources)
src_ikectl_libikectl_a_SOURCES = $(src_ikectl_sources)
src_setkey_libsetkey_a_SOURCES = $(src_setkey_sources)

ringtail_lib_libs = lib/libringtail.a $(CRYPTO_LIBS)
ringtail_kern_libs = src/kern/libkern.a $(ringtail_lib_libs) $(MNL_LIBS)
ringtail_daemon_libs = src/ringtail/libdaemon.a $(ringtail_kern_libs) $(EVENT_LIBS) $(THREAD_LIBS)

sbin_PROGRAMS += src/ringtail/ringtail src/ikectl/ikectl src/setkey/setkey
src_ringtail_ringtail_SOURCES = src/ringtail/main.c src/ringtail/check.c src/ringtail/check.h
src_ringtail_ringtail_LDADD = $(ringtail_daemon_libs)
src_ikectl_ikectl_SOURCES = src/ikectl/main.c
src_ikectl_ikectl_LDADD = src/ikectl/libikectl.a $(ringtail_lib_libs)
src_setkey_setkey_SOURCES = src/setkey/main.c
src_setkey_setkey_LDADD = src/setkey/libsetkey.a $(ringtail_kern_libs)

# The daemon and its control program answer to their predecessors' names.
install-exec-hook:
	cd '$(DESTDIR)$(sbindir)' && rm -f racoon racoonctl && \
		$(LN_S) ringtail racoon && $(LN_S) ikectl racoonctl
uninstall-hook:
	cd '$(DESTDIR)$(sbindir)' && rm -f racoon racoonctl
