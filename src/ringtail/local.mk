# SPDX-License-Identifier: BSD-3-Clause
# The daemon minus main(): what the simulated world links.
src_ringtail_sources = \
	src/ringtail/daemon.c src/ringtail/daemon.h src/ringtail/env.h \
	src/ringtail/ike/acquire.c src/ringtail/ike/backoff.c src/ringtail/ike/backoff.h src/ringtail/ike/child.c \
	src/ringtail/ike/child.h src/ringtail/ike/child_kern.c \
	src/ringtail/ike/child_life.c src/ringtail/ike/child_match.c src/ringtail/ike/collide.c src/ringtail/ike/contact.c src/ringtail/ike/cred.c \
	src/ringtail/ike/cred.h src/ringtail/ike/demux.c src/ringtail/ike/events.c src/ringtail/ike/events.h \
	src/ringtail/ike/exch.h src/ringtail/ike/exch_check.c src/ringtail/ike/exch_run.c src/ringtail/ike/ike_sa.c \
	src/ringtail/ike/ike_sa.h src/ringtail/ike/ike_table.c src/ringtail/ike/queue.c src/ringtail/ike/retrans.c \
	src/ringtail/v1/v1.h src/ringtail/v1/v1_auth.c src/ringtail/v1/v1_cross.c src/ringtail/v1/v1_hash.c \
	src/ringtail/v1/v1_ids.c src/ringtail/v1/v1_info.c src/ringtail/v1/v1_keys.c src/ringtail/v1/v1_life.c \
	src/ringtail/v1/v1_notify.c src/ringtail/v1/v1_ops.c src/ringtail/v1/v1_phase1.c src/ringtail/v1/v1_protect.c \
	src/ringtail/v1/v1_quick.c src/ringtail/v1/v1_tables.c src/ringtail/v1/v1_vid.c \
	src/ringtail/v2/v2.h src/ringtail/v2/v2_auth.c src/ringtail/v2/v2_child.c src/ringtail/v2/v2_cookie.c src/ringtail/v2/v2_info.c \
	src/ringtail/v2/v2_init.c src/ringtail/v2/v2_notify.c src/ringtail/v2/v2_ops.c src/ringtail/v2/v2_protect.c \
	src/ringtail/v2/v2_rekey.c src/ringtail/v2/v2_tables.c src/ringtail/v2/v2_ts.c \
	src/ringtail/control/c_act.c src/ringtail/control/c_conf.c src/ringtail/control/c_events.c \
	src/ringtail/control/c_sa.c src/ringtail/control/c_show.c src/ringtail/control/c_status.c \
	src/ringtail/control/c_wait.c src/ringtail/control/control.h src/ringtail/control/peers.c \
	src/ringtail/control/peers.h src/ringtail/control/put.c src/ringtail/control/put_sp.c \
	src/ringtail/control/resolve.c src/ringtail/control/server.c src/ringtail/control/server.h \
	src/ringtail/control/wait.h \
	src/ringtail/loop/files.c src/ringtail/loop/logout.c src/ringtail/loop/loop.c src/ringtail/loop/loop.h \
	src/ringtail/loop/signals.c src/ringtail/loop/udp.c src/ringtail/loop/unixsock.c
