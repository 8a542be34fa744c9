/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prop_help - proposals from text, for tests.
 *
 * A text is words: a protocol (ike esp ah ipcomp), then in any order a mode (transport tunnel udp),
 * algorithms by their racoon.conf names with ":BITS" where the key varies, and n=NUMBER t=TRANSFORM
 * life=SECONDS kb=KILOBYTES esn noesn spi=HEX8.
 */
#ifndef TESTS_PROP_HELP_H
#define TESTS_PROP_HELP_H

#include "prop/prop.h"
#include "util/wr.h"

struct prop
prop_of(const char *text);

/* A list of |n| such texts in memory from |a|. */
struct prop_list
prop_list_of(struct arena *a, size_t n, const char *const *texts);

#define PROPS(a, ...)                                                                   \
	prop_list_of(a, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *), \
	    (const char *[]){ __VA_ARGS__ })

/* The bytes of |hex|, blanks do not count, written to |out|. */
struct slice
from_hex(const char *hex, uint8_t *out);

/* |w| must hold the bytes of |want_hex|, without an error; it is then empty and ready again. */
void
expect_bytes(struct wr *w, const char *want_hex);

/* A simple generator of numbers below |n|, for tests that are random but the same each time. */
uint32_t
prop_rnd(uint32_t *state, uint32_t n);

#endif
