# SPDX-License-Identifier: BSD-3-Clause
# For a test that makes allocations fail: add $(fail_alloc_sources) to its _SOURCES and set its _LDFLAGS to
# $(AM_LDFLAGS) $(fail_alloc_ldflags).
fail_alloc_sources = tests/unit/fail_alloc.c tests/unit/fail_alloc.h
fail_alloc_ldflags = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free
