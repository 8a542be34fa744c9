# SPDX-License-Identifier: BSD-3-Clause
dist_man_MANS = \
	man/ringtail.8 \
	man/racoon.8 \
	man/ringtail.conf.5 \
	man/ikectl.8 \
	man/racoonctl.8 \
	man/setkey.8
