# SPDX-License-Identifier: BSD-3-Clause
lib_ctl_sources = \
	lib/ctl/frame.h lib/ctl/msg.c lib/ctl/msg.h lib/ctl/proto.c lib/ctl/proto.h lib/ctl/value.c lib/ctl/w_json.c \
	lib/ctl/w_kv.c lib/ctl/w_text.c lib/ctl/writer.c lib/ctl/writer.h
