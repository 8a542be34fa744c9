# SPDX-License-Identifier: BSD-3-Clause
src_kern_sources = \
	src/kern/kern.c src/kern/kern.h \
	src/kern/pfkey.c src/kern/pfkey.h src/kern/pfkey_event.c src/kern/pfkey_ext.c src/kern/pfkey_ext.h \
	src/kern/pfkey_msg.h src/kern/pfkey_name.c src/kern/pfkey_ops.c src/kern/pfkey_priv.h src/kern/pfkey_probe.c src/kern/pfkey_sa.c \
	src/kern/pfkey_sad.c src/kern/pfkey_sock.c src/kern/pfkey_sock.h src/kern/pfkey_socket.c src/kern/pfkey_sp.c \
	src/kern/rows.c src/kern/rows.h src/kern/rtnl.c src/kern/rtnl.h src/kern/xfrm.c src/kern/xfrm.h \
	src/kern/xfrm_conv.c src/kern/xfrm_conv.h src/kern/xfrm_event.c src/kern/xfrm_move.c src/kern/xfrm_msg.h \
	src/kern/xfrm_ops.c src/kern/xfrm_priv.h src/kern/xfrm_probe.c src/kern/xfrm_reason.c src/kern/xfrm_sa.c src/kern/xfrm_settle.c \
	src/kern/xfrm_sock.c src/kern/xfrm_sock.h src/kern/xfrm_socket.c src/kern/xfrm_sp.c
