/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print - SAs and policies as setkey -D and -DP have always printed them, blanks included: other programs read this.
 */
#ifndef SETKEY_PRINT_H
#define SETKEY_PRINT_H

#include "kern/kern.h"
#include "keylang/stmt.h"

#include <stdio.h>
#include <time.h>

/* The C library's names, with the well-known ones behind them; warnings to stderr. */
extern const struct setkey_env setkey_libc_env;

struct print {
	FILE *out;
	bool ports; /* -p */
	time_t now;
	unsigned pid;
	const struct setkey_env *env; /* protocol names; NULL: the well-known ones */
};

/* The long form.  |seq| is 1, 2, 3 ... and 0 for the last. */
void
print_sa(const struct print *p, const struct kern_sa *sa, unsigned seq);
void
print_sp(const struct print *p, const struct sp_spec *sp, unsigned seq);

/* -l: a line each. */
void
print_sa_short_head(const struct print *p);
void
print_sa_short(const struct print *p, const struct kern_sa *sa);

/* One line about |ev|: what happened, to what, by whom. */
void
print_event(const struct print *p, const struct kern_event *ev);

/* A line or more of hexadecimal, 32 bytes each, indented. */
void
print_hex(const struct print *p, struct slice s);

/* The selector of a policy, as -DP begins with it. */
void
print_sp_name(const struct print *p, const struct sp_spec *sp);

/* An SA's protocol and algorithms in setkey's words. */
const char *
print_proto_word(const struct sa_spec *s);
const char *
print_mode_word(uint8_t mode);
const char *
print_alg_word(uint16_t id);

/* "Nov 23 09:03:31 2026"; 20 blanks for 0. */
const char *
print_date(uint64_t when, char buf[32]);

/* The lines about a security context, if there is one. */
void
print_ctx(const struct print *p, const char *ctx, unsigned doi, unsigned alg);

#endif
