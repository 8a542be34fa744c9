# SPDX-License-Identifier: BSD-3-Clause
src_ikectl_sources = \
	src/ikectl/check.c src/ikectl/cmdline.c src/ikectl/cmdline.h src/ikectl/conn.c src/ikectl/conn.h src/ikectl/out.c \
	src/ikectl/out.h src/ikectl/racoon_status.c src/ikectl/racoon_view.c src/ikectl/racoonctl.c src/ikectl/since.c src/ikectl/since.h src/ikectl/talk.c \
	src/ikectl/talk.h src/ikectl/view.c src/ikectl/view.h src/ikectl/view_counters.c src/ikectl/view_flow.c src/ikectl/view_sas.c src/ikectl/view_show.c \
	src/ikectl/view_status.c
