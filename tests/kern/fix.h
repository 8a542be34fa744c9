/* SPDX-License-Identifier: BSD-3-Clause */
/* fix - what the cases of the conformance suite share: the kernel under test, what it told, and values to give it. */
#ifndef KERN_FIX_H
#define KERN_FIX_H

#include "kern/conform.h"

#define HEARD_MOST 64
#define ROWS_MOST  64

struct rows {
	struct sa_spec sa[ROWS_MOST];
	struct sa_usage usage[ROWS_MOST];
	struct sp_spec sp[ROWS_MOST];
	size_t nsa, nsp, sockets; /* policies of sockets are only counted */
};

/* One process runs one case: so this is all there is. */
struct fix {
	const struct conform_backend *b;
	struct kern *kern; /* ours */
	struct kern_event heard[HEARD_MOST];
	size_t nheard; /* may be more than was kept */
	struct addr us, peer;
	struct rows rows; /* of the last dump_*() */
	char *skipped;    /* the reason goes here */
	size_t skipped_cap;
};

extern struct fix fix;

/* The other program's handle. */
struct kern *
other(void);

/* The case has nothing to try here. */
#define SKIP(why)                  \
	do {                       \
		conform_skip(why); \
		return;            \
	} while (0)

void
conform_skip(const char *why);

#define NEEDS(feature, word)                               \
	do {                                               \
		if ((fix.kern->features & (feature)) == 0) \
			SKIP("this kernel has no " word);  \
	} while (0)
#define NEEDS_ESP()    NEEDS(KERN_ESP, "ESP")
#define NEEDS_EVENTS() NEEDS(KERN_EVENTS_ALL, "events of others' changes")

struct addr
ip(const char *s);

struct sa_id
esp_id(uint32_t spi, const struct addr *dst);

/* An outbound transport SA that every back end can make: AES-CBC, HMAC-SHA1. */
struct sa_spec
esp(uint32_t spi);
/* The same towards us. */
struct sa_spec
esp_in(uint32_t spi);

/* An outbound (or mirrored) policy for UDP between the hosts, with one transport template and reqid 42. */
struct sp_spec
policy(enum sp_dir dir);

struct sa_keys
keys_for(const struct sa_spec *s);

ike_err
install_by(struct kern *k, const struct sa_spec *s, bool larval);
ike_err
install(const struct sa_spec *s, bool larval);
ike_err
get(const struct sa_id *id, struct sa_spec *spec);
/* An inbound SPI for transport mode and reqid 42. */
ike_err
reserve(uint32_t spi);
ike_err
put(const struct sp_spec *sp);

/* Dump with |k| into fix.rows. */
void
dump_by(struct kern *k, unsigned what);
void
dump(unsigned what);

/* The row of the last dump, or NULL. */
const struct sa_spec *
row_of_sa(const struct sa_id *id);
const struct sp_spec *
row_of_sp(const struct sp_id *id);

/* Stops the case unless |got| is what |want| says a kernel should hold. */
void
same_sa(const struct sa_spec *want, const struct sa_spec *got);
void
same_sp(const struct sp_spec *want, const struct sp_spec *got);

/* Deliver what has happened. */
void
pump(void);

/* The number of events of |kind| so far, and the |nth| (0..), which must be there. */
size_t
count(enum kern_event_kind kind);
const struct kern_event *
nth(enum kern_event_kind kind, size_t n);
const struct kern_event *
first(enum kern_event_kind kind);

/* Forget what was heard. */
void
forget(void);

/* A UDP packet from us to the peer, port 7777; false: dropped. */
bool
packet(void);

/* Give each case of a file to |fn|, in order. */
typedef void
case_fn(void *arg, const TTest *t);

void
conform_sa_cases(case_fn *fn, void *arg);
void
conform_alg_cases(case_fn *fn, void *arg);
void
conform_sp_cases(case_fn *fn, void *arg);
void
conform_event_cases(case_fn *fn, void *arg);
void
conform_life_cases(case_fn *fn, void *arg);
void
conform_acquire_cases(case_fn *fn, void *arg);
void
conform_mirror_cases(case_fn *fn, void *arg);

#endif
