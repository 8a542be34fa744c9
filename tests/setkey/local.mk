# SPDX-License-Identifier: BSD-3-Clause
# setkey's language by files: tests/setkey/NAME.conf and what comes of it; and its dumps read back.
check_PROGRAMS += tests/setkey/t_setkey_fixtures
tests_setkey_t_setkey_fixtures_SOURCES = \
	tests/setkey/t_setkey_fixtures.c tests/setkey/undump.c tests/setkey/undump.h \
	tests/unit/memkern.c tests/unit/memkern.h $(fail_alloc_sources)
tests_setkey_t_setkey_fixtures_LDFLAGS = $(AM_LDFLAGS) $(fail_alloc_ldflags)
tests_setkey_t_setkey_fixtures_LDADD = $(setkey_test_libs)
check_PROGRAMS += tests/setkey/t_setkey_watch
tests_setkey_t_setkey_watch_SOURCES = tests/setkey/t_setkey_watch.c $(xfrm_vectors_sources)
tests_setkey_t_setkey_watch_LDADD = $(setkey_test_libs)
EXTRA_PROGRAMS += tests/setkey/undump
tests_setkey_undump_SOURCES = tests/setkey/main.c tests/setkey/undump.c tests/setkey/undump.h
CLEANFILES += tests/setkey/undump$(EXEEXT)
TESTS += tests/setkey/cli.sh
EXTRA_DIST += \
	tests/setkey/cli.sh \
	tests/setkey/actions.conf \
	tests/setkey/actions.expect \
	tests/setkey/add.conf \
	tests/setkey/add.expect \
	tests/setkey/bye.conf \
	tests/setkey/bye.expect \
	tests/setkey/ciphers.conf \
	tests/setkey/ciphers.expect \
	tests/setkey/contexts.conf \
	tests/setkey/contexts.expect \
	tests/setkey/delete.conf \
	tests/setkey/delete.expect \
	tests/setkey/difference.conf \
	tests/setkey/difference.expect \
	tests/setkey/exit.conf \
	tests/setkey/exit.expect \
	tests/setkey/flush.conf \
	tests/setkey/flush.expect \
	tests/setkey/forward.conf \
	tests/setkey/forward.expect \
	tests/setkey/get.conf \
	tests/setkey/get.expect \
	tests/setkey/hosts.conf \
	tests/setkey/hosts.expect \
	tests/setkey/integrity.conf \
	tests/setkey/integrity.expect \
	tests/setkey/keys.conf \
	tests/setkey/keys.expect \
	tests/setkey/lexical.conf \
	tests/setkey/lexical.expect \
	tests/setkey/priorities.conf \
	tests/setkey/priorities.expect \
	tests/setkey/protocols.conf \
	tests/setkey/protocols.expect \
	tests/setkey/quit.conf \
	tests/setkey/quit.expect \
	tests/setkey/requests.conf \
	tests/setkey/requests.expect \
	tests/setkey/sad.conf \
	tests/setkey/sad.expect \
	tests/setkey/selectors.conf \
	tests/setkey/selectors.expect \
	tests/setkey/spd.conf \
	tests/setkey/spd.expect \
	tests/setkey/spddelete.conf \
	tests/setkey/spddelete.expect \
	tests/setkey/spdflush.conf \
	tests/setkey/spdflush.expect \
	tests/setkey/spdupdate.conf \
	tests/setkey/spdupdate.expect \
	tests/setkey/tagged.conf \
	tests/setkey/tagged.expect \
	tests/setkey/talk.conf \
	tests/setkey/talk.expect \
	tests/setkey/update.conf \
	tests/setkey/update.expect \
	tests/setkey/uppers.conf \
	tests/setkey/uppers.expect \
	tests/setkey/watch.expect
